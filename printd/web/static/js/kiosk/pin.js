/** The number pad of the staff corner; left alone for a while it goes back to the visitors. */
import { goTo } from "./there.js";

const LEAVE_MS = 30_000;
const digits = document.getElementById("digits");
let timer = setTimeout(leave, LEAVE_MS);

document.getElementById("pin-form").addEventListener("click", (event) => {
  const button = event.target.closest("[data-digit]");
  if (!button) return;
  clearTimeout(timer);
  timer = setTimeout(leave, LEAVE_MS);
  const digit = button.dataset.digit;
  digits.value = digit ? (digits.value + digit).slice(0, digits.maxLength) : digits.value.slice(0, -1);
});

function leave() {
  goTo("/kiosk");
}
