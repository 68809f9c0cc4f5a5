/** What is known of a piece before it is made, and what would mend it. */
import { counted, filled, lasting, money, number, size } from "./said.js";

/** The figures as short words, by their names on the page. */
export function figuresOf(facts, words) {
  const { size_mm, layers, layer_mm, grams, seconds, price, triangles } = facts;
  return {
    size: size(size_mm),
    layers: `${counted(words.layers, layers)} (${number(layer_mm, 2)} mm)`,
    grams: `${number(grams.about, 0)} g (${number(grams.least, 0)}–${number(grams.most, 0)})`,
    time: lasting(seconds.about, words),
    price: price ? filled(words.estimate, { price: money(price) }) : "–",
    triangles: number(triangles, 0),
  };
}

/** Fill the list of the page. */
export function showFigures(list, said) {
  for (const row of list.querySelectorAll("[data-figure]")) {
    row.querySelector("dd").textContent = said[row.dataset.figure];
  }
}

/**
 * Show the hints, each with the button that mends it.
 * @param {HTMLElement} list
 * @param {object} facts of the server
 * @param {object} words of the page
 * @param {import("./controls.js").Controls} controls
 * @param {(mend: object) => void} mended
 */
export function showAdvice(list, facts, words, controls, mended) {
  const lines = [...facts.warnings, ...facts.hints];
  if (facts.depth_final) lines.push({ sentence: filled(words.other_depth, { source: facts.depth_final }) });
  list.replaceChildren(...lines.map((line) => lineOf(line, words, controls, mended)));
}

function lineOf({ code, sentence, mend = {} }, words, controls, mended) {
  const line = document.createElement("li");
  line.className = "notice amber";
  const text = document.createElement("p");
  // The server says it in English, with its numbers.
  const isEnglish = (document.documentElement.lang || "en") === "en";
  text.textContent = isEnglish ? sentence : (words.hints[code] ?? sentence);
  line.append(text);
  const changes = Object.entries(mend);
  if (changes.length) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = changes.map(([name, value]) => filled(words.mend, controls.worded(name, value))).join(", ");
    button.addEventListener("click", () => mended(mend));
    line.append(button);
  }
  return line;
}
