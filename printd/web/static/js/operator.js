/** What every page of an operator does: acts, follows the shop, remembers light or dark. */
import { actOn } from "./act.js";
import { follow } from "./live.js";
import { wearTheme } from "./theme.js";

/** A menu closes when something else is touched, and by Escape. */
function closeMenus(event) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (event.type === "click" ? menu.contains(event.target) : event.key !== "Escape") continue;
    const wasIn = menu.contains(document.activeElement);
    menu.open = false;
    if (wasIn && event.type === "keydown") menu.querySelector("summary").focus();
  }
}

document.addEventListener("click", closeMenus);
document.addEventListener("keydown", closeMenus);
wearTheme();
actOn(document);
follow(document.getElementById("connection"));
