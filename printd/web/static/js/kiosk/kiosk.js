/** What every screen of the kiosk does: no double taps, no menus, the end of a visit nobody goes on with. */
import { busy, over, watchIdle } from "./idle.js";
import { goTo, sent } from "./there.js";

const frame = document.getElementById("kiosk");

// A tap is one tap: what is being sent is not sent again. The screen stays until an answer is there:
// a browser that finds nobody would show a page of its own, and no visitor gets away from that.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") return;
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "1";
  const buttons = [...document.querySelectorAll("button")].filter((one) => one.form === form);
  for (const button of buttons) button.setAttribute("aria-busy", "true");
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const answer = await busy(() => sent(form.getAttribute("action"), body));
  if (answer.next) return location.assign(answer.next);
  if (answer.code === "visit_over") return over();
  delete form.dataset.sent;
  for (const button of buttons) button.removeAttribute("aria-busy");
  sorry(answer);
});
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented) return;
  event.preventDefault();
  goTo(link.href);
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // a page of the browser's memory may be one of another visit
});
document.addEventListener("contextmenu", (event) => event.preventDefault());
document.addEventListener("dragstart", (event) => event.preventDefault());

if (frame?.classList.contains("attract")) refresh();
if (frame?.dataset.idleS) {
  watchIdle(1000 * frame.dataset.idleS, 1000 * frame.dataset.warnS);
}
if (frame?.dataset.leaveS) leaveAfter(1000 * frame.dataset.leaveS);
if (frame && location.pathname.startsWith("/kiosk")) staffCorner();

/** Say what could not be done; where the page shows what is no more, it is shown anew. */
function sorry({ code, problem, action }) {
  const OLD = new Set(["form_refused", "login_needed", "no_such_draft", "page_too_old"]);
  const dialog = document.getElementById("sorry");
  document.getElementById("sorry-problem").textContent = problem;
  document.getElementById("sorry-action").textContent = action;
  dialog.addEventListener("close", () => OLD.has(code) && goTo(location.pathname), { once: true });
  dialog.showModal();
}

/** A screen of nobody's visit goes back to the first one when it is left alone. */
function leaveAfter(ms) {
  let timer = setTimeout(() => goTo("/kiosk"), ms);
  document.addEventListener("pointerdown", () => {
    clearTimeout(timer);
    timer = setTimeout(() => goTo("/kiosk"), ms);
  });
}

/** The first screen stands for hours: it looks again whether the house is open. */
function refresh() {
  const LOOK_MS = 60_000;
  const QUIET_MS = 5000; // nobody is just about to touch it
  let touchedMs = 0;
  document.addEventListener("pointerdown", () => (touchedMs = performance.now()));
  setInterval(() => performance.now() - touchedMs > QUIET_MS && goTo(location.pathname), LOOK_MS);
}

/** The corner at the top left, held for two seconds, is where staff come in. */
function staffCorner() {
  const CORNER_PX = 88;
  const HOLD_MS = 2000;
  let timer = 0;
  const letGo = () => clearTimeout(timer);
  document.addEventListener("pointerdown", (event) => {
    letGo();
    if (event.clientX > CORNER_PX || event.clientY > CORNER_PX) return;
    timer = setTimeout(() => goTo("/kiosk/staff"), HOLD_MS);
  });
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, letGo);
}
