/** The part of a picture that counts: the setting `crop`, and a box in fractions. */

/** The setting `crop` for a box. */
export function cropOf(box) {
  const [left, top, right, bottom] = box.map((side) => Number(side.toFixed(4)));
  const isWhole = left <= 0.002 && top <= 0.002 && right >= 0.998 && bottom >= 0.998;
  return isWhole ? "none" : [left, top, right, bottom].join(",");
}

/** The box of a setting `crop`, on a picture of this shape. */
export function boxOf(crop, width, height) {
  if (crop.includes(",")) return crop.split(",").map(Number);
  if (crop === "none") return [0, 0, 1, 1];
  const [across, down] = crop === "square" ? [1, 1] : crop.split(":").map(Number);
  const aspect = across / down;
  const wide = Math.min(1, (aspect * height) / width);
  const tall = Math.min(1, width / height / aspect);
  return [(1 - wide) / 2, (1 - tall) / 2, (1 + wide) / 2, (1 + tall) / 2];
}
