/** The window in which a part of the photo is chosen, and the photo turned. */
import { CropFrame } from "../crop.js";
import { boxOf, cropOf } from "../crop_box.js";
import { refusal } from "../toast.js";

const PICTURE_PX = 1024;

/**
 * @param {HTMLDialogElement} dialog
 * @param {{photo: import("./photo.js").Photo, model: import("./model.js").Model,
 *   chosen: (crop: string) => void}} page
 * @returns {() => Promise<void>} opens it
 */
export function cropDialog(dialog, { photo, model, chosen }) {
  const host = dialog.querySelector(".crop-frame");
  const aspects = [...dialog.querySelectorAll("[data-aspect]")];
  let frame = null;

  const press = (pressed) => aspects.forEach((one) => one.setAttribute("aria-pressed", String(one === pressed)));
  const show = async (crop) => {
    const { width, height } = model.photo;
    const source = `${photo.url}/picture?longest_px=${PICTURE_PX}`;
    press(aspects[0]);
    frame = await CropFrame.over(host, source, boxOf(crop, width, height));
  };
  for (const button of aspects) {
    button.addEventListener("click", () => {
      press(button);
      frame.shape(button.dataset.aspect ? Number(button.dataset.aspect) : NaN);
    });
  }
  dialog.addEventListener("click", (event) => {
    const { move, grow, turn, whole } = event.target.closest("button")?.dataset ?? {};
    if (move) frame.move(...move.split(",").map(Number));
    if (grow) frame.grow(Number(grow));
    if (turn) turnPhoto(Number(turn));
    if (whole !== undefined) {
      press(aspects[0]);
      frame.whole();
    }
  });
  const turnPhoto = async (quarters) => {
    try {
      await photo.turn(quarters);
      frame.close();
      await show("none");
    } catch (error) {
      refusal(error);
    }
  };
  dialog.querySelector("#crop-done").addEventListener("click", () => {
    chosen(cropOf(frame.box));
    dialog.close();
  });
  dialog.querySelector("#crop-leave").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => frame?.close());
  return async () => {
    dialog.showModal();
    await show(String(model.effective.crop));
  };
}
