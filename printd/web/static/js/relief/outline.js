/**
 * The walls of a piece: where its surface ends, at the picture's edges and along its outline.
 *
 * Each cell is two triangles, as they are drawn; the outline crosses them in straight lines.
 */
import { OUTLINE } from "./field.js";

/**
 * @typedef {object} Walls
 * @property {Uint16Array} ends (4 per vertex) two samples: column, row, column, row
 * @property {Float32Array} along (2 per vertex) how far from the first to the second; 0 foot, 1 top
 * @property {Float32Array} outward (2 per vertex) to the right, and up in the picture
 * @property {Uint32Array} index
 */

/**
 * @param {import("./field.js").Field} field
 * @param {boolean} isRing left and right are joined: no walls there
 * @returns {Walls}
 */
export function wallsOf(field, isRing) {
  const lines = [...edgeLines(field, isRing), ...(field.keep ? outlineLines(field) : [])];
  const ends = new Uint16Array(lines.length * 16);
  const along = new Float32Array(lines.length * 8);
  const outward = new Float32Array(lines.length * 8);
  const index = new Uint32Array(lines.length * 6);
  lines.forEach((line, number) => {
    line.forEach((point, end) => {
      for (const top of [0, 1]) {
        const vertex = number * 4 + end * 2 + top;
        ends.set(point.ends, vertex * 4);
        along.set([point.share, top], vertex * 2);
        outward.set(point.outward, vertex * 2);
      }
    });
    const first = number * 4;
    index.set([first, first + 2, first + 1, first + 1, first + 2, first + 3], number * 6);
  });
  return { ends, along, outward, index };
}

/** The parts of the picture's edges that stay. */
function* edgeLines({ cols, rows, keep }, isRing) {
  const sides = [
    { count: cols, at: (i) => [i, 0], outward: [0, 1] },
    { count: cols, at: (i) => [i, rows - 1], outward: [0, -1] },
    { count: rows, at: (i) => [0, i], outward: [-1, 0] },
    { count: rows, at: (i) => [cols - 1, i], outward: [1, 0] },
  ].slice(0, isRing ? 2 : 4);
  const stays = ([col, row]) => keep === null || keep[row * cols + col] > OUTLINE;
  for (const { count, at, outward } of sides) {
    for (let i = 0; i + 1 < count; i++) {
      const [a, b] = [at(i), at(i + 1)];
      const [isA, isB] = [stays(a), stays(b)];
      if (!isA && !isB) continue;
      const share = isA === isB ? 0 : crossing(keep[a[1] * cols + a[0]], keep[b[1] * cols + b[0]]);
      const ends = [...a, ...b];
      yield [
        { ends, share: isA ? 0 : share, outward },
        { ends, share: isB ? 1 : share, outward },
      ];
    }
  }
}

/** The outline itself, triangle by triangle. */
function* outlineLines({ cols, rows, keep }) {
  const point = (from, to) => {
    const ends = [from % cols, Math.floor(from / cols), to % cols, Math.floor(to / cols)];
    return { ends, share: crossing(keep[from], keep[to]), outward: downhill(keep, cols, rows, ends) };
  };
  for (let row = 0; row + 1 < rows; row++) {
    for (let col = 0; col + 1 < cols; col++) {
      const a = row * cols + col;
      const [b, c, d] = [a + 1, a + cols, a + cols + 1];
      const count = (keep[a] > OUTLINE) + (keep[b] > OUTLINE) + (keep[c] > OUTLINE) + (keep[d] > OUTLINE);
      if (count === 0 || count === 4) continue;
      for (const corners of [[a, c, b], [b, c, d]]) {
        const line = [];
        for (let i = 0; i < 3; i++) {
          const [from, to] = [corners[i], corners[(i + 1) % 3]];
          if (keep[from] > OUTLINE !== keep[to] > OUTLINE) line.push(point(from, to));
        }
        if (line.length === 2) yield line;
      }
    }
  }
}

function crossing(from, to) {
  return (OUTLINE - from) / (to - from);
}

/** The direction in which less stays, between two samples: smooth round a circle. */
function downhill(keep, cols, rows, [fromCol, fromRow, toCol, toRow]) {
  const at = (col, row) => keep[Math.min(rows - 1, Math.max(0, row)) * cols + Math.min(cols - 1, Math.max(0, col))];
  let right = 0;
  let up = 0;
  for (const [col, row] of [[fromCol, fromRow], [toCol, toRow]]) {
    right -= at(col + 1, row) - at(col - 1, row);
    up -= at(col, row - 1) - at(col, row + 1);
  }
  const length = Math.hypot(right, up) || 1;
  return [right / length, up / length];
}
