/** A ticket follows its job: the parts of the page that change are asked for again and again. */
import { whenHeard } from "./heard.js";

const LOOK_MS = 4000;
const STILL_MS = 10_000;
const DONE = new Set(["printed", "failed", "cancelled"]);
const root = document.querySelector("[data-follow]");
const heard = whenHeard(document.getElementById("stale"));

document.getElementById("photo-form")?.addEventListener("change", (event) => event.target.form.requestSubmit());
setInterval(look, LOOK_MS);
document.addEventListener("visibilitychange", look); // a phone that is taken out again

// A camera is looked at again as often as there is a new picture; one that is away is not shown.
setInterval(() => {
  const still = document.querySelector("[data-still]");
  if (still && !document.hidden) still.src = `${still.dataset.still}?${Date.now()}`;
}, STILL_MS);
for (const kind of ["load", "error"]) {
  document.addEventListener(kind, (event) => "still" in event.target.dataset && (event.target.hidden = kind === "error"), true);
}

/** What a part of the page shows, in a word. */
function keyOf(part) {
  return part.dataset.key ?? part.innerHTML;
}

async function look() {
  const before = document.getElementById("said");
  if (document.hidden || !before) return;
  let text;
  try {
    const answer = await fetch(root.dataset.follow, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    text = await answer.text();
    heard();
  } catch {
    return; // nobody answers now; the next look will
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  const after = page.getElementById("said");
  if (!after) return;
  for (const id of ["piece", "choice"]) {
    const [shown, now] = [document.getElementById(id), page.getElementById(id)];
    if (keyOf(now) !== keyOf(shown)) shown.replaceWith(document.adoptNode(now));
  }
  if (after.innerHTML === before.innerHTML) return;
  // On a phone what may be done changes as well.
  const moved = after.dataset.state !== before.dataset.state;
  before.replaceWith(document.adoptNode(after));
  if (moved && (DONE.has(after.dataset.state) || after.dataset.state === "printing") && location.pathname.startsWith("/t/")) {
    location.reload();
  }
}
