/**
 * Following the shop: events of the API, and looks at its state where no events come.
 *
 * Each change becomes the event `changed` on the body, on which the page's region is fetched again.
 */
const BROKEN_MS = 5000; // without a stream, until the state is looked at instead
const STALE_MS = 15000; // without any word, until the page says so
const LOOK_MS = 2000;

/**
 * Follow until the page is left.
 * @param {HTMLElement} sign where it is said that nothing is heard
 */
export function follow(sign) {
  let heardAt = Date.now();
  let tag = "";
  let looking = 0;
  const changed = () => document.body.dispatchEvent(new CustomEvent("changed"));
  const heard = () => {
    heardAt = Date.now();
    sign.hidden = true;
  };

  const stream = new EventSource(`/api/v1/events?after=${sign.dataset.seq}`);
  for (const kind of ["job", "printer", "queue", "notice"]) {
    stream.addEventListener(kind, () => {
      heard();
      changed();
    });
  }
  stream.addEventListener("open", () => {
    heard();
    clearInterval(looking);
    looking = 0;
  });
  stream.addEventListener("error", () => {
    const fell = Date.now();
    setTimeout(() => {
      if (stream.readyState !== EventSource.OPEN && !looking && Date.now() - fell >= BROKEN_MS) {
        looking = setInterval(look, LOOK_MS);
      }
    }, BROKEN_MS);
  });

  async function look() {
    try {
      const answer = await fetch("/api/v1/state", { headers: { "If-None-Match": tag } });
      if (answer.status === 401) return location.assign("/login");
      if (!answer.ok && answer.status !== 304) return;
      heard();
      if (answer.status === 200) {
        tag = answer.headers.get("ETag") ?? "";
        changed();
      }
    } catch {
      // nobody answers: the sign below says so
    }
  }

  setInterval(() => {
    if (stream.readyState === EventSource.OPEN) heardAt = Date.now();
    if (Date.now() - heardAt < Number(sign.dataset.staleMs ?? STALE_MS)) return;
    const clock = new Date(heardAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    sign.textContent = sign.dataset.words.replace("{}", clock);
    sign.hidden = false;
  }, 1000);
}
