/** K4: the shape, by preset chips and two sliders; and what it takes, in words. */
import { queryOf } from "../relief/query.js";
import { Newest } from "../relief/newest.js";
import { ReliefView } from "../relief/view.js";

const root = document.getElementById("look");
const begin = JSON.parse(root.dataset.begin);
const facts = document.getElementById("facts");
const bar = document.getElementById("bar");
const refused = document.getElementById("refused");
const figures = new Newest();
const view = new ReliefView(document.getElementById("shape"), {
  material: "white-pla",
  limits: { bedMm: begin.size, samples: 256, orbit: "front", coin: true },
});

for (const slider of root.querySelectorAll("[data-slider]")) bind(slider);
for (const chip of root.querySelectorAll("input[name=chip]")) chip.addEventListener("change", () => preset(chip));
for (const size of root.querySelectorAll("input[name=size]")) size.addEventListener("change", changed);
root.addEventListener("relief-asked", () => (bar.hidden = false));
root.addEventListener("relief-shape", () => {
  bar.hidden = true;
  refused.hidden = true;
});
// A light picture is one when its lamp is on.
const isLight = begin.effective.surface === "lithophane";
if (isLight) root.addEventListener("relief-shape", () => view.look("light-on"), { once: true });
root.addEventListener("relief-refused", (event) => {
  bar.hidden = true;
  const { status, words } = event.detail;
  if (status === 410) return location.replace("/kiosk");
  refused.textContent = [words?.problem, words?.action].filter(Boolean).join(" ");
  refused.hidden = !refused.textContent;
});
window.addEventListener("pagehide", () => view.close());
view.open(begin.draft, settings(), effective());
tell();

/** What is set now: what came along, the size, the chip, the sliders. */
function settings() {
  const said = { ...begin.settings };
  const size = root.querySelector("input[name=size]:checked");
  if (size) {
    delete said.width_mm;
    delete said.longest_mm;
    Object.assign(said, JSON.parse(size.dataset.settings));
  }
  const chip = root.querySelector("input[name=chip]:checked");
  if (chip) Object.assign(said, JSON.parse(chip.dataset.settings));
  for (const input of root.querySelectorAll("input[type=range]")) said[input.name] = Number(input.value);
  return said;
}

/** The same, with what the recipe means. */
function effective() {
  return { ...begin.effective, ...settings() };
}

function bind(slider) {
  const input = slider.querySelector("input");
  const said = slider.querySelector(".slider-said");
  const digits = Number(input.step) < 1 ? 1 : 0;
  const say = () => {
    const number = Number(input.value).toLocaleString(document.documentElement.lang, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    said.textContent = [number, said.dataset.unit].filter(Boolean).join(" ");
    input.setAttribute("aria-valuetext", said.textContent);
  };
  input.addEventListener("input", () => {
    say();
    changed();
  });
  for (const button of slider.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => {
      if (button.dataset.step === "1") input.stepUp();
      else input.stepDown();
      input.dispatchEvent(new Event("input"));
    });
  }
  input.say = say;
  say();
}

function preset(chip) {
  const said = JSON.parse(chip.dataset.settings);
  for (const input of root.querySelectorAll("input[type=range]")) {
    if (said[input.name] !== undefined) input.value = said[input.name];
    input.say();
  }
  changed();
}

function changed() {
  view.set(settings(), effective());
  tell();
}

/** Say what it takes; the words of before stay until the new ones are there. */
function tell() {
  const { recipe, ...said } = settings();
  const answered = async (answer) => {
    const now = await answer.json();
    facts.textContent = [now.size, now.time, now.grams, now.price].filter(Boolean).join(" · ");
  };
  const refuse = () => (facts.textContent = ""); // what is wrong is told where the shape is asked for
  figures.ask(`${facts.dataset.url}?${queryOf(said)}`, answered, refuse);
}
