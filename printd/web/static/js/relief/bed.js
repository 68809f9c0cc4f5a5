/** What gives a piece its scale: the bed with its outline, lines every 10 mm, and a coin. */
import * as three from "three";
import { PLAIN } from "./shading.js";

const LINE_MM = 10;
const BELOW_MM = 0.05; // under the piece, whose back lies at 0
const COIN_MM = { across: 23.25, thick: 2.33, rim: 1.6, deep: 0.15 }; // of 1 euro
const BESIDE_MM = 8; // between the piece and the coin
const TONES = { bed: 0x525a63, line: 0x656e78, edge: 0x9aa5b0, coin: "#8f9499" };

/** The bed, lying in the plane of x and y; the piece stands on its middle. */
export class Bed {
  /** @param {[number, number]} sizeMm */
  constructor([widthMm, depthMm]) {
    this.group = new three.Group();
    const plate = new three.Mesh(
      new three.PlaneGeometry(widthMm, depthMm),
      new three.MeshBasicMaterial({ color: TONES.bed, transparent: true, opacity: 0.55, depthWrite: false }),
    );
    plate.position.z = -2 * BELOW_MM;
    const lines = pairs([...linesAcross(widthMm, depthMm), ...linesAcross(depthMm, widthMm).map(([a, b]) => [b, a])]);
    const grid = new three.LineSegments(lines, new three.LineBasicMaterial({ color: TONES.line }));
    const [right, far] = [widthMm / 2, depthMm / 2];
    const corners = [[-right, -far], [right, -far], [right, far], [-right, far]];
    const edge = new three.LineLoop(pairs(corners), new three.LineBasicMaterial({ color: TONES.edge }));
    for (const part of [grid, edge]) part.position.z = -BELOW_MM;
    this.group.add(plate, grid, edge);
  }
}

/** Lines at every 10 mm from the middle, as `[across, along]` of their ends. */
function linesAcross(widthMm, depthMm) {
  const ends = [];
  for (let at = 0; at <= widthMm / 2; at += LINE_MM) {
    for (const x of at ? [-at, at] : [0]) ends.push([x, -depthMm / 2], [x, depthMm / 2]);
  }
  return ends;
}

function pairs(points) {
  const places = points.flatMap(([x, y]) => [x, y, 0]);
  return new three.BufferGeometry().setAttribute("position", new three.Float32BufferAttribute(places, 3));
}

/** A disc as large as a coin of 1 euro, lying flat: its axis is z. */
export class Coin {
  constructor() {
    const { across, thick, rim, deep } = COIN_MM;
    const radius = across / 2;
    const side = [
      [0, 0],
      [radius, 0],
      [radius, thick],
      [radius - rim, thick],
      [radius - rim, thick - deep],
      [0, thick - deep],
    ].map(([x, y]) => new three.Vector2(x, y));
    // Each part has its own corners, so that edges stay sharp.
    const rings = side.slice(1).map((to, i) => new three.LatheGeometry([side[i], to], 64));
    const [vertexShader, fragmentShader] = PLAIN;
    const uniforms = { colour: { value: new three.Color(TONES.coin) } };
    const material = new three.ShaderMaterial({ vertexShader, fragmentShader, uniforms, side: three.DoubleSide });
    this.group = new three.Group();
    for (const ring of rings) {
      const part = new three.Mesh(ring, material);
      part.rotation.x = Math.PI / 2;
      this.group.add(part);
    }
  }

  /**
   * Lay it beside a piece.
   * @param {{min: number[], max: number[]}} extent of the piece on the bed: along x, y, z
   * @param {boolean} below there is more room under the piece than to its right
   * @returns {{min: number[], max: number[]}} of the coin
   */
  lieBeside(extent, below) {
    const radius = COIN_MM.across / 2;
    const x = below ? extent.min[0] + radius : extent.max[0] + BESIDE_MM + radius;
    const y = below ? extent.min[1] - BESIDE_MM - radius : extent.min[1] + radius;
    this.group.position.set(x, y, 0);
    return { min: [x - radius, y - radius, 0], max: [x + radius, y + radius, COIN_MM.thick] };
  }
}
