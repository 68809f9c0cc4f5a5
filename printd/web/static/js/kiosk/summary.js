/** K5: the object beside a coin, the colour that is chosen, and keys to type a name. */
const root = document.getElementById("summary");
const begin = JSON.parse(root.dataset.begin);
const keys = document.getElementById("keys");
const name = document.getElementById("name");

if (document.getElementById("shape")) shape();
if (name) typing();

async function shape() {
  const { ReliefView } = await import("../relief/view.js");
  const view = new ReliefView(document.getElementById("shape"), {
    material: chosen() || "white-pla",
    limits: { samples: 256, orbit: "front", coin: true },
  });
  view.open(begin.draft, begin.settings, begin.effective);
  view.look("tilted");
  for (const chip of root.querySelectorAll("input[name=material]")) {
    chip.addEventListener("change", () => view.paint(chosen()));
  }
  window.addEventListener("pagehide", () => view.close());
}

/** The colour of the chip that is chosen, as "#rrggbb"; "" where it has none. */
function chosen() {
  const chip = root.querySelector("input[name=material]:checked");
  const colour = chip?.value.split("/")[1];
  return colour ? `#${colour}` : "";
}

function typing() {
  const say = () => (document.getElementById("keys-said").textContent = name.value);
  name.addEventListener("focus", () => {
    keys.hidden = false;
    say();
  });
  name.addEventListener("input", say);
  keys.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  keys.addEventListener("click", (event) => {
    const button = event.target.closest("[data-key]");
    if (!button) return;
    const key = button.dataset.key;
    if (key === "Done") {
      keys.hidden = true;
      name.blur();
    } else if (key === "Backspace") {
      name.value = [...name.value].slice(0, -1).join("");
    } else if (name.value.length < name.maxLength) {
      const small = name.value && !/[\s-]$/.test(name.value);
      name.value += small ? key.toLowerCase() : key;
    }
    say();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") keys.hidden = true;
  });
  document.addEventListener("pointerdown", (event) => {
    if (!keys.contains(event.target) && event.target !== name) keys.hidden = true;
  });
}
