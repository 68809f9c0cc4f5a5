/** Asking a server that is slower than a slider: one question at a time, and the newest wins. */
import { ask } from "../ask.js";

const APART_MS = 60; // between two questions
const PATIENCE_MS = 250; // for an answer, while a newer question waits;
const PATIENCE = 1.5; // or so many times what the last one took, so that slow servers are heard, too

/** One thing that is asked for again and again. */
export class Newest {
  #asking = null; // {stop: AbortController, since}
  #next = null; // {path, answered, refused}
  #timer = 0;
  #asked = -Infinity;
  #took = 0; // ms, of the last answer

  /**
   * Ask; a question that waits is forgotten. One that is under way may still be answered, so that
   * something new is seen while a slider moves; when that takes long it is given up.
   * @param {string} path
   * @param {(answer: Response) => Promise<void>} answered reads the answer
   * @param {(error: Error) => void} refused
   */
  ask(path, answered, refused) {
    this.#next = { path, answered, refused };
    clearTimeout(this.#timer);
    const now = performance.now();
    const patience = Math.max(PATIENCE_MS, PATIENCE * this.#took);
    const free = this.#asking ? this.#asking.since + patience : now;
    this.#timer = setTimeout(() => this.#begin(), Math.max(0, free - now, this.#asked + APART_MS - now));
  }

  /** Forget what was asked. */
  stop() {
    clearTimeout(this.#timer);
    this.#next = null;
    this.#asking?.stop.abort();
    this.#asking = null;
  }

  async #begin() {
    clearTimeout(this.#timer);
    const { path, answered, refused } = this.#next;
    this.#next = null;
    this.#asking?.stop.abort();
    const mine = { stop: new AbortController(), since: performance.now() };
    this.#asking = mine;
    this.#asked = mine.since;
    try {
      const answer = await ask(path, { signal: mine.stop.signal });
      await answered(answer);
      this.#took = performance.now() - mine.since;
    } catch (error) {
      if (this.#asking === mine && error.name !== "AbortError") refused(error);
    } finally {
      if (this.#asking === mine) this.#asking = null;
    }
    if (!this.#asking && this.#next) {
      clearTimeout(this.#timer);
      const wait = this.#asked + APART_MS - performance.now();
      this.#timer = setTimeout(() => this.#begin(), Math.max(0, wait));
    }
  }
}
