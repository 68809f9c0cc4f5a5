/** What every page of an operator does: acts, follows the shop, remembers light or dark. */
import { actOn } from "./act.js";
import { follow } from "./live.js";
import { wearTheme } from "./theme.js";

wearTheme();
actOn(document);
follow(document.getElementById("connection"));
