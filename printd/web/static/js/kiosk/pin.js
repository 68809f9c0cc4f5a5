/** The number pad of the staff corner. */
const digits = document.getElementById("digits");

document.getElementById("pin-form").addEventListener("click", (event) => {
  const button = event.target.closest("[data-digit]");
  if (!button) return;
  const digit = button.dataset.digit;
  digits.value = digit ? (digits.value + digit).slice(0, digits.maxLength) : digits.value.slice(0, -1);
});
document.getElementById("sorry").addEventListener("close", () => (digits.value = ""));
