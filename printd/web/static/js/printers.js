/** The printers: their cameras, what is loaded, and what a piece that is not good asks for. */
import "./cameras.js";
import { ask } from "./ask.js";
import { refusal, toast } from "./toast.js";

const load = document.getElementById("load");

load.addEventListener("opened", (event) => {
  const { materials, material } = event.detail;
  const found = materials.map((one) => new Option(one, one, one === material, one === material));
  load.querySelector("select[name=material]").replaceChildren(...found);
});

const dialog = document.getElementById("sign-off");
const form = dialog.querySelector("form");

function showFor(word) {
  for (const part of form.querySelectorAll("[data-for-word]")) {
    part.hidden = !part.dataset.forWord.split(" ").includes(word);
    for (const field of part.querySelectorAll("input, select")) field.disabled = part.hidden;
  }
  form.elements.reason.required = word === "bad";
}

dialog.addEventListener("opened", () => showFor(""));
form.addEventListener("change", () => showFor(form.elements.word.value));
form.addEventListener("answered", (event) => {
  const job = event.detail;
  if (job.sign_off?.word === "good" || !job.can.includes("again")) return;
  toast(form.dataset.again.replace("{}", job.number), {
    button: form.dataset.againButton,
    pressed: async () => {
      try {
        await ask(`/api/v1/jobs/${job.number}/again`, { method: "POST" });
        document.body.dispatchEvent(new CustomEvent("changed"));
      } catch (error) {
        refusal(error);
      }
    },
  });
});
