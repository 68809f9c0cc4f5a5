/** How large a piece is, from its samples: as its file has it, and as the camera sees it. */
import { OUTLINE } from "./field.js";
import { bentPoint } from "./shape.js";

/**
 * @param {import("./field.js").Field} field
 * @param {import("./shape.js").Shape} shape
 * @returns {{min: number[], max: number[]}} across, up, to the front, in mm; the middle of the
 *   picture's lower edge is at 0
 */
export function extentOf(field, shape) {
  const { cols, rows, heights, keep } = field;
  const [left, near, right, far] = field.bounds.map((edge) => (edge / field.widthMm) * shape.widthMm);
  const seen = { min: [Infinity, near, Infinity], max: [-Infinity, far, -Infinity] };
  const take = (x, z) => {
    const [across, front] = bentPoint(shape, shape.mirrored ? shape.widthMm - x : x, z);
    seen.min[0] = Math.min(seen.min[0], across);
    seen.max[0] = Math.max(seen.max[0], across);
    seen.min[2] = Math.min(seen.min[2], front);
    seen.max[2] = Math.max(seen.max[2], front);
  };
  const cellMm = shape.widthMm / (cols - 1);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const at = row * cols + col;
      if (keep !== null && keep[at] < OUTLINE) continue;
      const share = heights[at] / 65535;
      const x = Math.min(right, Math.max(left, col * cellMm));
      take(x, shape.low + shape.span * (shape.inverted ? 1 - share : share));
      if (shape.isSolid && (shape.side !== "none" || row === 0)) take(x, 0);
    }
  }
  if (shape.isSolid && shape.side === "none") {
    // The outline crosses between samples.
    take(left, 0);
    take(right, 0);
  }
  return seen;
}

/**
 * @param {{min: number[], max: number[]}} extent
 * @param {import("./shape.js").Shape} shape
 * @returns {number[]} along x, y and z of the bed
 */
export function sizeOf({ min, max }, shape) {
  const [across, up, front] = max.map((most, axis) => most - min[axis]);
  return shape.upright ? [across, front, up] : [across, up, front];
}
