/** The queue: filters that act at once, several jobs chosen, another place in line by dragging. */
import { question } from "./act.js";
import { ask } from "./ask.js";
import { refusal, toast } from "./toast.js";

const changed = () => document.body.dispatchEvent(new CustomEvent("changed"));
const several = document.getElementById("several");
const chosen = new Set();

document.querySelector("[data-filters]").addEventListener("change", (event) => {
  if (event.target.matches("select")) event.currentTarget.requestSubmit();
});

// A region that is fetched again forgets its ticks; they are kept here.
document.body.addEventListener("change", async (event) => {
  const box = event.target;
  if (box.name === "chosen") {
    if (box.checked) chosen.add(box.value);
    else chosen.delete(box.value);
    count();
  } else if (box.dataset?.change) {
    await change(box);
  }
});

async function change(field) {
  const value = field.dataset.number === undefined ? field.value || null : Number(field.value);
  await sent(field.dataset.change, { [field.dataset.key]: value });
  changed();
}

function count() {
  if (!several) return;
  several.hidden = chosen.size === 0;
  const words = several.querySelector("[data-chosen]");
  const said = words.dataset.chosen.replace("{}", chosen.size);
  if (words.textContent !== said) words.textContent = said; // what is seen below hears of changes
}

async function sent(path, json) {
  try {
    await ask(path, { method: "POST", json });
    return true;
  } catch (error) {
    refusal(error);
    return false;
  }
}

several?.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-several]");
  if (!button || (button.dataset.words && !(await question(button.dataset.words)))) return;
  const left = [];
  for (const number of [...chosen]) {
    const row = document.querySelector(`[data-job="${number}"]`);
    if (row?.dataset.can.split(" ").includes(button.dataset.several)) {
      await sent(`/api/v1/jobs/${number}/${button.dataset.several}`);
    } else {
      left.push(`#${number}`);
    }
    chosen.delete(number);
  }
  if (left.length) toast(several.dataset.left.replace("{}", left.join(", ")));
  tick();
  changed();
});

function tick() {
  const boxes = [...document.querySelectorAll("input[name=chosen]")];
  const there = new Set(boxes.map((box) => box.value));
  for (const number of [...chosen]) if (!there.has(number)) chosen.delete(number);
  for (const box of boxes) box.checked = chosen.has(box.value);
  count();
}

new MutationObserver(() => {
  tick();
  makeDraggable();
}).observe(document.querySelector("main"), { childList: true, subtree: true });

let dragged = null;

function makeDraggable() {
  for (const row of document.querySelectorAll("[data-line] [data-job]")) {
    row.draggable = row.dataset.can.split(" ").includes("reorder");
  }
}

makeDraggable();
document.body.addEventListener("dragstart", (event) => {
  const row = event.target.closest?.("[data-line] [data-job]");
  if (!row) return;
  dragged = row.dataset.job;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", `#${dragged}`);
});
document.body.addEventListener("dragover", (event) => {
  const row = event.target.closest?.("[data-line] [data-job]");
  if (dragged && row && row.dataset.job !== dragged) event.preventDefault();
});
document.body.addEventListener("drop", async (event) => {
  const row = event.target.closest?.("[data-line] [data-job]");
  if (!dragged || !row || row.dataset.job === dragged) return;
  event.preventDefault();
  const number = dragged;
  dragged = null;
  await sent(`/api/v1/jobs/${number}/reorder`, { before: Number(row.dataset.job) });
  changed();
});
document.body.addEventListener("dragend", () => (dragged = null));
