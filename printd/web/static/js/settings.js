/** Settings: a new key is shown once, and copied; what a reload has changed is told. */
import { toast } from "./toast.js";

const look = document.getElementById("look");
const looking = document.getElementById("looking");
look?.addEventListener("click", () => {
  look.disabled = true;
  looking.textContent = look.dataset.words;
});
document.getElementById("doctor")?.addEventListener("htmx:finally:request", () => {
  look.disabled = false;
  looking.textContent = "";
});

const shown = document.getElementById("key-shown");
const text = document.getElementById("key-text");

document.addEventListener("answered", (event) => {
  if (event.target.dataset.newKey === undefined) return;
  text.textContent = event.detail.key;
  shown.showModal();
});
document.addEventListener("answered", (event) => {
  const words = event.target.dataset;
  if (words.reload === undefined) return;
  const { changed, after_restart: later } = event.detail;
  const said = [
    changed.length ? words.changed.replace("{}", changed.join(", ")) : "",
    later.length ? words.later.replace("{}", later.join(", ")) : "",
  ];
  toast(said.join(" ").trim() || words.same);
});
shown?.addEventListener("close", () => (text.textContent = ""));
document.getElementById("copy-key")?.addEventListener("click", async (event) => {
  const button = event.currentTarget;
  try {
    await navigator.clipboard.writeText(text.textContent);
    button.querySelector("span").textContent = button.dataset.copied;
  } catch {
    getSelection().selectAllChildren(text); // without a safe connection there is no clipboard
  }
});
