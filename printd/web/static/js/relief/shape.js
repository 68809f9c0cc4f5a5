/**
 * How heights are shown: at once by the settings of now, though they were made for others.
 *
 * What is exact need not be asked for again; what is not is near enough until the answer comes.
 */
import { RING_DEG } from "./field.js";

const SAME = { depth_intensity: "relief_mm", base_thickness: "base_mm" };

/**
 * @typedef {object} Shape
 * @property {number} widthMm
 * @property {number} heightMm
 * @property {number} low
 * @property {number} span
 * @property {boolean} inverted turned round against the field
 * @property {boolean} mirrored
 * @property {"none" | "outer" | "inner"} side
 * @property {number} radiusMm of the back; Infinity: flat
 * @property {boolean} isRing
 * @property {boolean} upright stands on the bed
 * @property {boolean} isSolid has a back
 * @property {boolean} isPlate seen with light behind it
 * @property {number} absorption of light, per mm
 */

/**
 * @param {import("./field.js").Field} field
 * @param {Record<string, unknown>} made effective settings that it was made with
 * @param {Record<string, unknown>} now effective settings of now
 * @returns {Shape}
 */
export function shapeOf(field, made, now) {
  const grown = growth(field, made, now);
  const widthMm = field.widthMm * grown;
  const heightMm = field.heightMm * grown;
  const longestMm = Math.max(widthMm, heightMm);
  const isPlate = now.surface === "lithophane";
  let baseMm = thickness(["base_mm", "base_thickness"], field.baseMm, longestMm, made, now);
  let reliefMm = thickness(["relief_mm", "depth_intensity"], field.reliefMm, longestMm, made, now);
  if (isPlate && made.surface === "lithophane") {
    baseMm = now.thinnest_mm ?? field.baseMm;
    reliefMm = (now.thickest_mm ?? field.baseMm + field.reliefMm) - baseMm;
  }
  if (now.mode === "planar") baseMm = field.baseMm;
  const steeper = field.reliefMm > 0 ? reliefMm / field.reliefMm : 1;
  const side = now.bend ?? field.bend.side;
  const deg = now.bend_deg ?? field.bend.deg;
  const isBent = side !== "none" && deg > 0;
  return {
    widthMm,
    heightMm,
    low: baseMm + (field.low - field.baseMm) * steeper,
    span: field.span * steeper,
    inverted: isOther("invert", made, now),
    mirrored: isOther("mirror", made, now),
    side: isBent ? side : "none",
    radiusMm: isBent ? (widthMm * 180) / Math.PI / (deg >= RING_DEG ? 360 : deg) : Infinity,
    isRing: isBent && deg >= RING_DEG,
    upright: isBent || Boolean(now.standing ?? field.standing),
    isSolid: now.mode !== "planar",
    isPlate,
    absorption: Number(now.absorption_per_mm ?? 1.05),
  };
}

/**
 * Tell whether the field shows these settings exactly, without asking for another one.
 * @param {import("./field.js").Field} field
 * @param {Record<string, unknown>} made
 * @param {Record<string, unknown>} now
 */
export function isExact(field, made, now) {
  const names = new Set([...Object.keys(made), ...Object.keys(now)]);
  return [...names].every(
    (name) => made[name] === now[name] || name === "mirror" || field.uniforms.has(SAME[name] ?? name),
  );
}

function isOther(name, made, now) {
  return Boolean(made[name]) !== Boolean(now[name]);
}

function growth(field, made, now) {
  if (now.width_mm && now.width_mm !== made.width_mm) return now.width_mm / field.widthMm;
  if (now.longest_mm && now.longest_mm !== made.longest_mm) {
    return now.longest_mm / Math.max(field.widthMm, field.heightMm);
  }
  return 1;
}

/** A thickness in mm, or as a share of the longest side; the field's own where neither is said. */
function thickness([inMm, asShare], madeMm, longestMm, made, now) {
  if (now[inMm] !== null && now[inMm] !== undefined) return now[inMm] === made[inMm] ? madeMm : now[inMm];
  if (now[asShare] !== null && now[asShare] !== undefined) return now[asShare] * longestMm;
  return madeMm;
}

/**
 * Where a point of the flat piece comes to lie: across, up and towards the viewer.
 * @param {Shape} shape
 * @param {number} x from the left edge, mm
 * @param {number} z over the back, mm
 * @returns {[number, number]} across from the middle, and to the front
 */
export function bentPoint({ side, radiusMm, widthMm }, x, z) {
  if (side === "none") return [x - widthMm / 2, z];
  const angle = (x - widthMm / 2) / radiusMm;
  const behind = 2 * radiusMm * Math.sin(angle / 2) ** 2;
  return side === "outer"
    ? [(radiusMm + z) * Math.sin(angle), z * Math.cos(angle) - behind]
    : [(radiusMm - z) * Math.sin(angle), z * Math.cos(angle) + behind];
}
