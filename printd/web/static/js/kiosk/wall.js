/** The board on the wall looks again every few seconds; what it knew stays while nobody answers. */
import { whenHeard } from "./heard.js";

const LOOK_MS = 5000;
const heard = whenHeard(document.getElementById("stale"));

setInterval(async () => {
  let text;
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    text = await answer.text();
    heard();
  } catch {
    return;
  }
  const after = new DOMParser().parseFromString(text, "text/html").getElementById("wall");
  const before = document.getElementById("wall");
  if (after && after.innerHTML !== before.innerHTML) before.replaceWith(document.adoptNode(after));
}, LOOK_MS);
