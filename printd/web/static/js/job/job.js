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

/** Let a figure be drawn. */
function wire(figure) {
  const kind = figure.dataset.figure;
  const button = figure.querySelector("[data-load]");
  if (!button) return;
  const draw = async () => {
    button.disabled = true;
    try {
      const { show } = await import(DRAWN[kind]);
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

const looks = document.getElementById("looks");
for (const figure of looks.querySelectorAll("[data-figure]")) wire(figure);

/** Show what has been made meanwhile; what is there stays as it was turned. */
async function showMore() {
  const text = await (await ask(location.pathname, { headers: { Accept: "text/html" } })).text();
  const made = new DOMParser().parseFromString(text, "text/html").querySelectorAll("#looks [data-figure]");
  for (const figure of made) {
    if (looks.querySelector(`[data-figure="${figure.dataset.figure}"]`)) continue;
    looks.append(figure);
    wire(figure);
  }
}

const state = () => document.getElementById("job-state")?.dataset.files;
let files = state();
new MutationObserver(() => {
  if (state() === files) return;
  files = state();
  showMore().catch(refusal);
}).observe(document.getElementById("live"), { attributeFilter: ["data-files"], subtree: true });

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
