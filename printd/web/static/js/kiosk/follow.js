/** A ticket follows its job: the part of the page that changes is asked for again and again. */
const LOOK_MS = 4000;
const DONE = new Set(["printed", "failed", "cancelled"]);
const root = document.querySelector("[data-follow]");

document.getElementById("photo-form")?.addEventListener("change", (event) => event.target.form.requestSubmit());
setInterval(look, LOOK_MS);

async function look() {
  const before = document.getElementById("said");
  if (document.hidden || !before) return;
  let text;
  try {
    const answer = await fetch(root.dataset.follow, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    text = await answer.text();
  } catch {
    return; // nobody answers now; the next look will
  }
  const after = new DOMParser().parseFromString(text, "text/html").getElementById("said");
  if (!after || after.innerHTML === before.innerHTML) return;
  // On a phone what may be done changes as well.
  const moved = after.dataset.state !== before.dataset.state;
  before.replaceWith(document.adoptNode(after));
  if (moved && (DONE.has(after.dataset.state) || after.dataset.state === "printing") && location.pathname.startsWith("/t/")) {
    location.reload();
  }
}
