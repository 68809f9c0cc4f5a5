/** What every screen of the kiosk does: no double taps, no menus, the end of a visit nobody goes on with. */
import { watchIdle } from "./idle.js";
import { goTo, whenThere } from "./there.js";

const frame = document.getElementById("kiosk");

// A tap is one tap: what was sent once is not sent again from the same screen.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.dataset.goes) return;
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
  await whenThere();
  form.dataset.goes = "1";
  form.requestSubmit(event.submitter);
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
if (frame) staffCorner();

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
