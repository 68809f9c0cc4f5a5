/** The staff corner closes by itself. */
import { goTo } from "./there.js";

const rows = document.querySelector("[data-left-s]");
setTimeout(() => goTo("/kiosk"), 1000 * rows.dataset.leftS);
