/** The heights of one piece, as the server sends them: row 0 is the far edge, column 0 the left one. */

/** What stays is at least this, of 255; 128 lies on the outline. */
export const OUTLINE = 127.5;
export const RING_DEG = 359;

/**
 * @typedef {object} Field
 * @property {number} cols samples from the left edge to the right one
 * @property {number} rows samples from the far edge to the near one
 * @property {number} widthMm
 * @property {number} heightMm of the picture, not the thickness
 * @property {number[]} bounds left, near, right, far of what stays, mm
 * @property {number} baseMm
 * @property {number} reliefMm
 * @property {number} low the height of 0, mm over the back
 * @property {number} span what 65535 is higher, mm
 * @property {Uint16Array} heights
 * @property {Uint8Array | null} keep null: everything stays
 * @property {{side: string, deg: number}} bend side: none, outer, inner
 * @property {boolean} standing
 * @property {Set<string>} uniforms settings that may change without asking again
 * @property {string} params what it was made for
 * @property {string[]} warnings codes
 * @property {string} depth
 */

/**
 * Read an answer.
 * @param {Response} answer
 * @returns {Promise<Field>}
 */
export async function fieldOf(answer) {
  const said = (name) => answer.headers.get(name) ?? "";
  const numbers = (name, by = ",") => said(name).split(by).map(Number);
  const [cols, rows] = numbers("X-Grid", "x");
  const [widthMm, heightMm] = numbers("X-Size-Mm", "x");
  const [low, span] = numbers("X-Z-Mm");
  const [side, deg] = said("X-Bend").split(",");
  const body = await answer.arrayBuffer();
  const samples = cols * rows;
  const hasKeep = said("X-Keep") === "1";
  if (body.byteLength !== samples * (hasKeep ? 3 : 2)) throw new Error("heights: not the length that was said");
  return {
    cols,
    rows,
    widthMm,
    heightMm,
    bounds: numbers("X-Bounds-Mm"),
    baseMm: Number(said("X-Base-Mm")),
    reliefMm: Number(said("X-Relief-Mm")),
    low,
    span,
    heights: new Uint16Array(body, 0, samples),
    keep: hasKeep ? new Uint8Array(body, samples * 2, samples) : null,
    bend: { side: side || "none", deg: Number(deg) || 0 },
    standing: said("X-Standing") === "1",
    uniforms: new Set(words(said("X-Uniforms"))),
    params: said("X-Params"),
    warnings: words(said("X-Warnings")),
    depth: said("X-Depth-Final") || said("X-Depth"),
  };
}

function words(text) {
  return text.split(",").map((word) => word.trim()).filter(Boolean);
}
