/**
 * Buttons that act: `data-act` is a path of the API, `data-body` what is sent.
 *
 * - `data-hold`: it must be kept pressed for a second (by key as well).
 * - `data-ask`: a question comes first.
 * - `data-later`: it is done in ten seconds, unless somebody presses Undo before; for what cannot
 *   be taken back. A page that is left does it at once.
 * - `data-undo`: `{"to": path, "body": …}` takes it back; offered for ten seconds.
 */
import { ask } from "./ask.js";
import { refusal, toast, word } from "./toast.js";

const HOLD_MS = 900;

/** Let the buttons within `root` act, those that come later too. */
export function actOn(root) {
  root.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-act]");
    if (!button || !root.contains(button)) return;
    event.preventDefault();
    if (button.dataset.hold === undefined) begin(button);
    // A screen reader, or a script for one, clicks without a pointer or a key: it is asked instead.
    else if (event.detail === 0 && !keyed) question(holdWords(button)).then((yes) => yes && begin(button));
  });
  root.addEventListener("pointerdown", (event) => press(event.target, event.button === 0));
  root.addEventListener("keydown", (event) => {
    const isPress = event.key === "Enter" || event.key === " ";
    if (!isPress || !event.target.closest?.("[data-act][data-hold]")) return;
    event.preventDefault();
    keyed = true;
    if (!event.repeat) press(event.target, true);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave", "keyup", "blur"]) {
    root.addEventListener(end, release, true);
  }
}

const waiting = new Set(); // what is done in ten seconds; its button may be drawn anew meanwhile
let keyed = false;
let pressing = null;

function holdWords(button) {
  return `${button.textContent.trim()}?`;
}

function press(target, isMain) {
  const button = target.closest?.("[data-act][data-hold]");
  if (!button || !isMain || button.disabled) return;
  button.dataset.pressed = "";
  const meant = meaning(button);
  pressing = { button, timer: setTimeout(() => held(button, meant), HOLD_MS) };
}

/** What a button does: a region that is fetched again may make another one of it meanwhile. */
function meaning(button) {
  return `${button.dataset.act} ${button.dataset.body}`;
}

function held(button, meant) {
  pressing = null;
  delete button.dataset.pressed;
  if (meaning(button) === meant) begin(button);
}

function release(event) {
  if (event.type === "keyup") setTimeout(() => (keyed = false));
  if (!pressing || (event.type === "pointerleave" && event.target !== pressing.button)) return;
  clearTimeout(pressing.timer);
  delete pressing.button.dataset.pressed;
  if (event.type === "pointerup" || event.type === "keyup") toast(word("hold"));
  pressing = null;
}

async function begin(button) {
  // A double tap is one tap.
  if (button.getAttribute("aria-busy") === "true" || waiting.has(meaning(button))) return;
  if (button.dataset.ask && !(await question(button.dataset.ask))) return;
  if (button.dataset.later) later(button);
  else await act(button, button.dataset.act, parsed(button.dataset.body));
}

function parsed(text) {
  return text ? JSON.parse(text) : undefined;
}

function later(button) {
  button.setAttribute("aria-busy", "true");
  const meant = meaning(button);
  const { act: path, body } = button.dataset;
  waiting.add(meant);
  let isOver = false;
  const end = (send, more) => {
    if (isOver) return;
    isOver = true;
    waiting.delete(meant);
    window.removeEventListener("pagehide", left);
    button.removeAttribute("aria-busy");
    if (send) act(button, path, parsed(body), more);
  };
  const left = () => end(true, { keepalive: true });
  window.addEventListener("pagehide", left);
  toast(button.dataset.later, {
    button: word("undo"),
    pressed: () => end(false),
    gone: () => end(true),
  });
}

async function act(button, path, body, more = {}) {
  button.setAttribute("aria-busy", "true");
  try {
    await ask(path, { method: "POST", json: body, ...more });
    if (button.dataset.undo) offerUndo(button);
    document.body.dispatchEvent(new CustomEvent("changed"));
    button.dispatchEvent(new CustomEvent("acted", { bubbles: true }));
  } catch (error) {
    refusal(error);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function offerUndo(button) {
  const { to, body } = JSON.parse(button.dataset.undo);
  toast(button.textContent.trim(), { button: word("undo"), pressed: () => act(button, to, body) });
}

/**
 * Ask a question; the answer No comes first.
 * @param {string} words
 * @returns {Promise<boolean>}
 */
export function question(words) {
  const dialog = document.createElement("dialog");
  const form = document.createElement("form");
  form.method = "dialog";
  const text = document.createElement("p");
  text.id = `question-${Math.random().toString(36).slice(2)}`;
  text.textContent = words;
  dialog.setAttribute("aria-labelledby", text.id);
  const row = document.createElement("div");
  row.className = "row";
  for (const [value, kind] of [["no", ""], ["yes", "danger"]]) {
    const button = document.createElement("button");
    button.value = value;
    button.className = `button ${kind}`;
    button.textContent = word(value);
    row.append(button);
  }
  form.append(text, row);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
