/** A plate with a lamp behind it, on a canvas that needs no graphics card. */
import { OUTLINE } from "./field.js";

const SHADES = 1024;
const THICK = [1, 0.7, 0.38]; // linear light through thick parts: plastic holds back blue first
const THIN = [1, 0.86, 0.64];
const EYE = [0.2126, 0.7152, 0.0722];

/**
 * Draw it, one pixel for each sample; the page stretches the canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {import("./field.js").Field} field
 * @param {import("./shape.js").Shape} shape
 */
export function drawLamp(canvas, field, shape) {
  const { cols, rows, heights, keep } = field;
  canvas.width = cols;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(cols, rows);
  const pixels = new Uint32Array(picture.data.buffer);
  const shades = shadesOf(shape);
  const most = SHADES - 1;
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const at = row * cols + (shape.mirrored ? cols - 1 - col : col);
      if (keep !== null && keep[at] < OUTLINE) continue;
      const share = heights[at] / 65535;
      pixels[row * cols + col] = shades[Math.round(most * (shape.inverted ? 1 - share : share))];
    }
  }
  context.putImageData(picture, 0, 0);
}

/** The colour of each height from the lowest to the highest, as bytes red, green, blue, alpha. */
function shadesOf({ span, absorption }) {
  const bytes = new Uint8Array(SHADES * 4);
  for (let i = 0; i < SHADES; i++) {
    const light = Math.exp((-absorption * span * i) / (SHADES - 1));
    const tint = THICK.map((thick, band) => thick + (THIN[band] - thick) * light);
    const even = dot(THIN, EYE) / dot(tint, EYE);
    bytes.set([...tint.map((band) => Math.round(255 * encoded(light * band * even))), 255], i * 4);
  }
  return new Uint32Array(bytes.buffer);
}

function dot(a, b) {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/** The curve of sRGB. */
function encoded(light) {
  return light <= 0.0031308 ? 12.92 * light : 1.055 * Math.min(1, light) ** (1 / 2.4) - 0.055;
}
