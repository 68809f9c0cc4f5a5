/**
 * Following the shop: events of the API, and looks at its state where no events come.
 *
 * Each change becomes the event `changed` on the body, on which the page's region is fetched again.
 */
const BROKEN_MS = 5000; // without a stream, until the state is looked at instead, or a stream is asked for anew
const STALE_MS = 15000; // without any word, until the page says so
const QUIET_MS = 10000; // without a word of an open stream, until it is looked whether anybody is there
const ANSWER_MS = 4000; // for the answer to a look
const LOOK_MS = 2000; // between looks
const TICK_MS = 1000;

/**
 * Follow until the page is left.
 * @param {HTMLElement} sign where it is said that nothing is heard; `data-look` is what is looked at
 */
export function follow(sign) {
  let stream = null;
  let seq = sign.dataset.seq;
  let tag = "";
  let isLooking = false;
  let isDeaf = false; // the stream is open, and yet nobody answers: a line can die without a word
  let wordAt = Date.now(); // when anything was heard last
  let openAt = Date.now(); // when the stream was open last
  let askedAt = 0; // when it was asked for
  let lookedAt = 0;
  const changed = () => document.body.dispatchEvent(new CustomEvent("changed"));
  const heard = () => {
    wordAt = Date.now();
    isDeaf = false;
    sign.hidden = true;
  };

  function listen() {
    askedAt = Date.now();
    stream = new EventSource(`/api/v1/events?after=${seq}`);
    stream.addEventListener("open", heard);
    for (const kind of ["job", "printer", "queue", "notice"]) {
      stream.addEventListener(kind, (event) => {
        seq = event.lastEventId || seq;
        heard();
        changed();
      });
    }
  }

  async function look() {
    if (isLooking) return;
    isLooking = true;
    lookedAt = Date.now();
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const answer = await fetch(sign.dataset.look, { headers: { "If-None-Match": tag }, signal });
      if (answer.status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
      const told = answer.status === 304 ? {} : await answer.json();
      // There is another page for it, which says what is wrong.
      if ((told.code ?? told.queue?.paused?.code) === "safe_mode") location.reload();
      if (!answer.ok && answer.status !== 304) return;
      heard();
      if (answer.status === 200) {
        tag = answer.headers.get("ETag") ?? "";
        changed();
      }
    } catch {
      isDeaf = true; // the sign below says so
    } finally {
      isLooking = false;
    }
  }

  setInterval(() => {
    const now = Date.now();
    const isOpen = stream.readyState === EventSource.OPEN;
    if (isOpen) openAt = now;
    const waits = isOpen ? now - wordAt >= Number(sign.dataset.quietMs ?? QUIET_MS) : now - openAt >= BROKEN_MS;
    if (waits && now - lookedAt >= LOOK_MS) look();
    // A browser gives up a stream that was refused once, as by a daemon that is about to end.
    if (stream.readyState === EventSource.CLOSED && now - askedAt >= BROKEN_MS) listen();
    if ((isOpen && !isDeaf) || now - wordAt < Number(sign.dataset.staleMs ?? STALE_MS)) return;
    const clock = new Date(wordAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    sign.textContent = sign.dataset.words.replace("{}", clock);
    sign.hidden = false;
  }, TICK_MS);
  listen();
}
