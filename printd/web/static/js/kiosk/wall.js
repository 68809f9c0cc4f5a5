/** The board on the wall looks again every few seconds; what it knew stays while nobody answers. */
const LOOK_MS = 5000;

setInterval(async () => {
  let text;
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    text = await answer.text();
  } catch {
    return;
  }
  const after = new DOMParser().parseFromString(text, "text/html").getElementById("wall");
  const before = document.getElementById("wall");
  if (after && after.innerHTML !== before.innerHTML) before.replaceWith(document.adoptNode(after));
}, LOOK_MS);
