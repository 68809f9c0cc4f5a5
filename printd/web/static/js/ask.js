/** Asking the API: with the word of this login, and every refusal in the same four words. */

/** A refusal, or that nobody answered. */
export class Refused extends Error {
  constructor(words, status) {
    super(words.problem);
    this.words = words;
    this.status = status;
  }
}

/** The word that the pages of this login send with everything they change. */
export function formWord() {
  return document.querySelector("meta[name=form-word]")?.content ?? "";
}

/**
 * Ask the API.
 * @param {string} path
 * @param {RequestInit & {json?: unknown}} [more] `json`: the body
 * @returns {Promise<Response>}
 * @throws {Refused}
 */
export async function ask(path, more = {}) {
  const { json, headers, ...rest } = more;
  const asked = { ...rest, headers: { Accept: "application/json", ...headers } };
  if (asked.method && asked.method !== "GET") asked.headers["X-Form-Word"] = formWord();
  if (json !== undefined) {
    asked.headers["Content-Type"] = "application/json";
    asked.body = JSON.stringify(json);
  }
  let answer;
  try {
    answer = await fetch(path, asked);
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Refused({ code: "lost", problem: "", action: "" }, 0);
  }
  if (answer.ok) return answer;
  throw new Refused(await wordsOf(answer), answer.status);
}

async function wordsOf(answer) {
  try {
    return await answer.json();
  } catch {
    return { code: "lost", problem: "", action: "" };
  }
}
