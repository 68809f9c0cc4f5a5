/** What stands on a page may be old: it says so when nothing was heard for a while. */
const STALE_MS = 15_000;
const LOOK_MS = 1000;

/**
 * Watch from now on.
 * @param {HTMLElement} sign that says since when
 * @returns {() => void} to be called whenever something is heard
 */
export function whenHeard(sign) {
  let heardAt = Date.now();
  setInterval(() => {
    if (document.hidden || Date.now() - heardAt < STALE_MS) return;
    const clock = new Date(heardAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    sign.textContent = sign.dataset.words.replace("{}", clock);
    sign.hidden = false;
  }, LOOK_MS);
  return () => {
    heardAt = Date.now();
    sign.hidden = true;
  };
}
