/** Numbers as people read them, in the language of the page. */

const language = document.documentElement.lang || "en";
const plural = new Intl.PluralRules(language);
const TIMES = " × ";
const FEW_MINUTES_S = 600;
const ROUNDED_MIN = 5;

/** Put values into words such as "Set {what} to {value}". */
export function filled(words, values) {
  return words.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function number(value, digits = 1) {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

/** A price in its currency. */
export function money({ amount, currency }) {
  return new Intl.NumberFormat(language, { style: "currency", currency }).format(amount);
}

/** Lengths side by side: 80 × 60 × 4.2 mm. */
export function size(sidesMm) {
  return `${sidesMm.map((side) => number(side, side < 10 ? 1 : 0)).join(TIMES)} mm`;
}

/** One of two forms, by how many there are. */
export function counted([one, more], n) {
  return filled(plural.select(n) === "one" ? one : more, { n: number(n, 0) });
}

/** How long something takes, to within what is known. */
export function lasting(seconds, words) {
  if (seconds < FEW_MINUTES_S) return words.few_minutes;
  const minutes = Math.round(seconds / 60 / ROUNDED_MIN) * ROUNDED_MIN;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const time = [hours ? `${hours} h` : "", rest ? `${rest} min` : ""].filter(Boolean).join(" ");
  return filled(words.about, { time });
}
