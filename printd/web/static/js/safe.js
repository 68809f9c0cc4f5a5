/** Safe mode: what is known is shown anew, and the page that was asked for as soon as there is one. */
const LOOK_MS = 10000;
const OUT_OF_ORDER = 503;

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.status !== OUT_OF_ORDER) return location.reload();
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    const main = document.querySelector("main");
    if (next && next.innerHTML !== main.innerHTML) main.replaceWith(next);
  } catch {
    // nobody answers: it is being mended
  }
}

setInterval(look, LOOK_MS);
