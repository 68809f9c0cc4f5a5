/** One job: its shape and its toolpath in 3D, and its small forms. */
import { ask } from "../ask.js";
import { refusal } from "../toast.js";

const photo = document.querySelector("[data-photo]");
photo?.addEventListener("error", () => {
  photo.hidden = true;
  photo.nextElementSibling.hidden = false;
});
if (photo?.complete && photo.naturalWidth === 0) photo.dispatchEvent(new Event("error"));

// What is drawn, and by which module; it is loaded when it is wanted.
const DRAWN = { shape: "./shape.js", toolpath: "./toolpath.js" };

for (const [kind, module] of Object.entries(DRAWN)) {
  const figure = document.querySelector(`[data-${kind}]`);
  if (!figure) continue;
  const button = figure.querySelector("[data-load]");
  const draw = async () => {
    button.disabled = true;
    try {
      const { show } = await import(module);
      await show(figure);
      button.remove();
    } catch (error) {
      button.disabled = false;
      refusal(error);
    }
  };
  button.addEventListener("click", draw);
  if (kind === "shape" && Number(figure.dataset.bytes) <= Number(figure.dataset.most)) draw();
}

document.body.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-json]");
  if (!form) return;
  event.preventDefault();
  try {
    await ask(form.dataset.json, { method: "POST", json: Object.fromEntries(new FormData(form)) });
    document.body.dispatchEvent(new CustomEvent("changed"));
  } catch (error) {
    refusal(error);
  }
});
