/** The same piece as a picture that the server draws, for browsers that draw no 3D. */
import { drawLamp } from "./lamp.js";
import { colourOf } from "./materials.js";
import { Newest } from "./newest.js";
import { queryOf } from "./query.js";

const SHARPEST = 2;
const LONGEST_PX = 1600;

/** Stands where the canvas would. */
export class Picture {
  #newest = new Newest();
  #address = "";

  /**
   * @param {HTMLElement} host
   * @param {{drawn: () => void, refused: (error: Error) => void}} wishes
   */
  constructor(host, wishes) {
    this.host = host;
    this.wishes = wishes;
    this.image = document.createElement("img");
    this.image.alt = "";
    this.image.className = "relief-picture";
    this.lamp = document.createElement("canvas");
    this.lamp.className = "relief-picture relief-lamp";
    this.lamp.hidden = this.image.hidden = true;
    host.prepend(this.image, this.lamp);
  }

  /** Show what the server draws. */
  show(draftUrl, settings, view, material) {
    this.lamp.hidden = true;
    const sharp = Math.min(window.devicePixelRatio, SHARPEST);
    const [width, height] = [this.host.clientWidth, this.host.clientHeight].map((side) => side * sharp);
    const shrunk = Math.min(1, LONGEST_PX / Math.max(width, height, 1));
    const query = queryOf(settings, {
      view,
      look: colourOf(material),
      width_px: Math.max(64, Math.round(width * shrunk)),
      height_px: Math.max(64, Math.round(height * shrunk)),
    });
    const answered = async (answer) => this.#put(await answer.blob());
    this.#newest.ask(`${draftUrl}/picture-of-relief?${query}`, answered, this.wishes.refused);
  }

  /** Show a plate with the light on; drawn here. */
  glow(field, shape) {
    this.#newest.stop();
    drawLamp(this.lamp, field, shape);
    this.lamp.hidden = false;
    this.image.hidden = true;
    this.wishes.drawn();
  }

  dispose() {
    this.#newest.stop();
    URL.revokeObjectURL(this.#address);
    this.image.remove();
    this.lamp.remove();
  }

  async #put(blob) {
    const before = this.#address;
    this.#address = URL.createObjectURL(blob);
    this.image.src = this.#address;
    await this.image.decode();
    this.image.hidden = false;
    URL.revokeObjectURL(before);
    this.wishes.drawn();
  }
}
