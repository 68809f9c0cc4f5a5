/**
 * The end of a visit that nobody goes on with: a question after a while without a touch, and when
 * nobody answers it, everything is dropped. Never while something is being sent.
 */
import { formWord } from "../ask.js";
import { whenThere } from "./there.js";

const TELL_MS = 60_000; // the server hears of touches so often; it ends a visit after ten minutes
let holds = 0;

/** Run something that takes time; nobody is asked meanwhile. */
export async function busy(work) {
  holds += 1;
  try {
    return await work();
  } finally {
    holds -= 1;
    touched();
  }
}

let touched = () => {};

/** Count as a touch what somebody does elsewhere for this visit. */
export function stillHere() {
  touched();
}

/**
 * Watch until the page is left.
 * @param {number} idleMs without a touch
 * @param {number} warnMs that the question stands
 */
export function watchIdle(idleMs, warnMs) {
  const dialog = document.getElementById("idle");
  const left = document.getElementById("idle-left");
  let lastMs = performance.now();
  let toldMs = lastMs;
  let askedMs = 0;

  touched = () => {
    lastMs = performance.now();
    if (lastMs - toldMs < TELL_MS) return;
    toldMs = lastMs;
    fetch("/kiosk/here", { method: "POST", headers: { "X-Form-Word": formWord() } }).catch(() => {}); // the next one
  };
  for (const sign of ["pointerdown", "pointermove", "keydown", "wheel", "input"]) {
    document.addEventListener(sign, () => dialog.open || touched(), { passive: true });
  }
  const stay = () => {
    askedMs = 0;
    touched();
  };
  document.getElementById("idle-yes").addEventListener("click", () => {
    stay();
    dialog.close();
  });
  // By a key as well; one that is told late is no answer to the question that stands by then.
  dialog.addEventListener("close", () => dialog.open || stay());
  document.getElementById("idle-over").addEventListener("click", over);

  setInterval(() => {
    const nowMs = performance.now();
    if (holds > 0) {
      lastMs = nowMs;
      return;
    }
    if (!askedMs) {
      if (nowMs - lastMs < idleMs) return;
      askedMs = nowMs;
      dialog.showModal();
    }
    const leftMs = askedMs + warnMs - nowMs;
    left.textContent = String(Math.max(0, Math.ceil(leftMs / 1000)));
    if (leftMs <= 0) over();
  }, 250);
}

let isOver = false;

/** End the visit: the server erases, the screen goes back to its beginning. */
export async function over() {
  if (isOver) return;
  isOver = true;
  try {
    await fetch("/kiosk/over", { method: "POST", headers: { "X-Form-Word": formWord() }, redirect: "manual" });
  } catch {
    // Nobody answers: the server ends the visit by itself.
  }
  await whenThere();
  location.replace("/kiosk");
}
