/** What filament looks like: its colour alone, matt. */

/** The colours of `core/filaments.py`, toned down to plastic. */
export const COLOURS = {
  white: "#e6e3dc",
  black: "#34353a",
  grey: "#85888c",
  silver: "#b4b6b8",
  red: "#c8342f",
  orange: "#e07a2a",
  yellow: "#e8cd45",
  green: "#3a9350",
  blue: "#2f5cc0",
  cyan: "#35b4cc",
  purple: "#7a3d96",
  magenta: "#cf3a97",
  pink: "#f093b4",
  brown: "#74482f",
  beige: "#dfd0b2",
  gold: "#c79a3a",
};
export const USUAL = "white-pla";

/**
 * @param {string} material such as "white-pla", "white", or "#rrggbb"
 * @returns {string} "#rrggbb"
 */
export function colourOf(material) {
  if (/^#[0-9a-f]{6}$/i.test(material)) return material;
  return COLOURS[material.toLowerCase().split(/[\s-]/)[0]] ?? COLOURS.white;
}
