/** The staff corner closes by itself. */
const rows = document.querySelector("[data-left-s]");
setTimeout(() => location.replace("/kiosk"), 1000 * rows.dataset.leftS);
