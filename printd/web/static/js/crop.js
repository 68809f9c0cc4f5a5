/** A frame on a picture: the part that counts. Dragged, or moved by the buttons beside it. */
import Cropper from "cropperjs";

const STEP = 0.02; // of the picture's longer side, for one press
const LEAST = 0.05; // of the picture, at least
const TEMPLATE = `<cropper-canvas><cropper-image initial-center-size="contain"></cropper-image>
  <cropper-shade></cropper-shade>
  <cropper-selection movable resizable outlined theme-color="#ffffff">
    <cropper-handle action="move" theme-color="rgba(255, 255, 255, 0.08)"></cropper-handle>
    ${["n", "e", "s", "w", "ne", "nw", "se", "sw"].map((side) => `<cropper-handle action="${side}-resize" theme-color="#ffffff"></cropper-handle>`).join("")}
  </cropper-selection></cropper-canvas>`;

/** The frame of one picture; `box` is left, top, right, bottom from 0 to 1. */
export class CropFrame {
  /**
   * @param {HTMLElement} host has a size
   * @param {string} source of the picture
   * @param {number[]} [box] to begin with
   * @returns {Promise<CropFrame>} when it is shown
   */
  static async over(host, source, box = [0, 0, 1, 1]) {
    const picture = new Image();
    picture.src = source;
    picture.alt = "";
    await picture.decode();
    return new CropFrame(host, picture, box);
  }

  constructor(host, picture, box) {
    this.host = host;
    this.aspect = NaN;
    // The canvas has the shape of the picture, so that they cover each other.
    host.replaceChildren(picture);
    const fits = Math.min(host.clientWidth / picture.naturalWidth, host.clientHeight / picture.naturalHeight);
    this.size = [picture.naturalWidth, picture.naturalHeight].map((side) => Math.floor(side * fits));
    this.cropper = new Cropper(picture, { container: host, template: TEMPLATE });
    const canvas = this.cropper.getCropperCanvas();
    [canvas.style.width, canvas.style.height] = this.size.map((side) => `${side}px`);
    this.selection = this.cropper.getCropperSelection();
    this.selection.addEventListener("change", (event) => {
      const { x, y, width, height } = event.detail;
      const [wide, tall] = this.size;
      const slack = 0.5;
      const isInside = x >= -slack && y >= -slack && x + width <= wide + slack && y + height <= tall + slack;
      if (!isInside) event.preventDefault();
    });
    this.box = box;
  }

  get box() {
    const { x, y, width, height } = this.selection;
    const [wide, tall] = this.size;
    const share = (value) => Math.min(1, Math.max(0, value));
    return [share(x / wide), share(y / tall), share((x + width) / wide), share((y + height) / tall)];
  }

  set box([left, top, right, bottom]) {
    const [wide, tall] = this.size;
    this.selection.$change(left * wide, top * tall, (right - left) * wide, (bottom - top) * tall, this.aspect, true);
  }

  /** Keep a shape, width to height; NaN: any. The frame becomes as large as it can be. */
  shape(aspect) {
    this.aspect = aspect;
    this.selection.aspectRatio = aspect;
    const [wide, tall] = this.size;
    if (Number.isNaN(aspect)) return;
    const across = Math.min(1, (aspect * tall) / wide);
    const down = Math.min(1, wide / tall / aspect);
    this.box = [(1 - across) / 2, (1 - down) / 2, (1 + across) / 2, (1 + down) / 2];
  }

  /** All of the picture. */
  whole() {
    this.aspect = NaN;
    this.selection.aspectRatio = NaN;
    this.box = [0, 0, 1, 1];
  }

  /** Move it by steps to the right and downwards. */
  move(right, down) {
    const [left, top, far, low] = this.box;
    const [wide, tall] = this.size;
    const step = STEP * Math.max(wide, tall);
    const across = Math.min(1 - far, Math.max(-left, (right * step) / wide));
    const along = Math.min(1 - low, Math.max(-top, (down * step) / tall));
    this.box = [left + across, top + along, far + across, low + along];
  }

  /** Make it so many times as large, about its middle, as far as there is room. */
  grow(times) {
    const [left, top, right, bottom] = this.box;
    const [wide, tall] = [right - left, bottom - top];
    const most = Math.min(1 / wide, 1 / tall);
    const grown = Math.min(most, Math.max(times, LEAST / Math.min(wide, tall)));
    const begin = (from, length) => Math.min(1 - length * grown, Math.max(0, from - (length * (grown - 1)) / 2));
    const [x, y] = [begin(left, wide), begin(top, tall)];
    this.box = [x, y, x + wide * grown, y + tall * grown];
  }

  /** Take it away. */
  close() {
    this.cropper.destroy();
    this.host.replaceChildren();
  }
}
