/** Short words at the foot of the page: what was refused, what can be undone. */
const STAYS_MS = 10000;

function shelf() {
  return document.getElementById("toasts");
}

/** The words of this page, in its language. */
export function word(name) {
  return shelf()?.dataset[name] ?? name;
}

/**
 * Show something for ten seconds.
 * @param {string} words
 * @param {{tone?: string, button?: string, pressed?: () => void, gone?: () => void}} [more]
 *   `gone` is called when the time is over and nobody has pressed the button.
 */
export function toast(words, { tone = "", button = "", pressed, gone } = {}) {
  const shown = document.createElement("div");
  shown.className = `toast ${tone}`;
  const text = document.createElement("span");
  text.textContent = words;
  shown.append(text);
  let isOpen = true;
  const end = (then) => {
    if (!isOpen) return;
    isOpen = false;
    clearTimeout(timer);
    shown.remove();
    then?.();
  };
  const timer = setTimeout(() => end(gone), STAYS_MS);
  if (button) {
    const press = document.createElement("button");
    press.type = "button";
    press.className = "button";
    press.textContent = button;
    press.addEventListener("click", () => end(pressed));
    shown.append(press);
  }
  shelf().append(shown);
}

/** Show why something was not done, and what to do. */
export function refusal(error) {
  const { problem, action } = error.words ?? {};
  toast(problem ? `${problem} ${action}` : word("lost"), { tone: "red" });
}
