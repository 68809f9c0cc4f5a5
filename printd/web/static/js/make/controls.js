/** The controls of the settings: they show the model, and change it. */
import { counted, number } from "./said.js";

const BIG = 10; // steps of PageUp and PageDown

/** All controls within a form. */
export class Controls {
  /**
   * @param {HTMLFormElement} form
   * @param {import("./model.js").Model} model
   * @param {object} words
   * @param {() => void} changed
   */
  constructor(form, model, words, changed) {
    Object.assign(this, { form, model, words, changed });
    this.controls = [...form.querySelectorAll("[data-setting]")].map((element) => ({
      element,
      name: element.dataset.setting,
      kind: element.dataset.kind,
      only: element.dataset.only ? JSON.parse(element.dataset.only) : null,
      label: labelOf(element),
    }));
    this.byName = Object.fromEntries(this.controls.map((control) => [control.name, control]));
    model.onlyOf = (name) => this.byName[name]?.only;
    for (const control of this.controls) this.#listen(control);
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  /** Show the model. */
  show() {
    const effective = this.model.effective;
    for (const control of this.controls) {
      control.element.hidden = !this.model.may(control.name) || !this.model.isOn(control.name, effective);
      if (!control.element.hidden) this.#fill(control, effective);
    }
    for (const note of this.form.querySelectorAll("[data-note-only]")) {
      const only = JSON.parse(note.dataset.noteOnly);
      note.hidden = !Object.entries(only).every(([name, values]) => values.includes(effective[name]));
    }
  }

  /** A setting and a value of it, in words: "Base", "1.2 mm, 6 layers". */
  worded(name, value, effective = this.model.effective) {
    const control = this.byName[name] ?? this.byName[SPOKEN[name]];
    if (!control) return { what: name, value: String(value) };
    if (control.kind === "switch") return { what: control.label, value: value ? this.words.on : this.words.off };
    if (control.kind === "choice") {
      const chosen = control.element.querySelector(`input[value="${CSS.escape(String(value))}"]`);
      return { what: control.label, value: chosen?.parentElement.textContent.trim() ?? String(value) };
    }
    if (control.kind === "text") return { what: control.label, value: value ?? "" };
    const longest = this.model.longestMm(effective);
    const inMm = SPOKEN[name] && name !== "width_mm" ? value * longest : value;
    return { what: control.label, value: this.#read(control, inMm, effective) };
  }

  #listen(control) {
    const { element, name, kind } = control;
    if (kind === "number") return this.#listenNumber(control);
    const field = element.querySelector("input");
    element.addEventListener(kind === "text" ? "change" : "input", (event) => {
      let value = event.target.value;
      if (kind === "switch") value = field.checked;
      else if (element.dataset.number !== undefined) value = Number(value);
      else if (kind === "text") value = value.trim() || null;
      this.#set(name, value);
    });
  }

  #listenNumber(control) {
    const { element, name } = control;
    const [range, field] = element.querySelectorAll("input");
    const set = (shown) => {
      if (!Number.isFinite(shown)) return;
      this.#set(name, this.#own(control, shown));
    };
    const move = (steps) => {
      const [least, most] = [Number(range.min), Number(range.max)];
      set(Math.min(most, Math.max(least, Number(range.value) + steps * Number(range.step))));
    };
    range.addEventListener("input", () => set(range.valueAsNumber));
    range.addEventListener("keydown", (event) => {
      const steps = { PageUp: BIG, PageDown: -BIG }[event.key];
      if (!steps) return;
      event.preventDefault();
      move(steps);
    });
    field.addEventListener("change", () => {
      if (field.value !== "" && field.checkValidity()) set(field.valueAsNumber);
      else this.show();
    });
    for (const button of element.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => move(Number(button.dataset.step)));
    }
  }

  #set(name, value) {
    this.model.set(name, value);
    this.changed();
    this.show();
  }

  /** What is shown, in the setting's own unit and range; whole where that is whole. */
  #own({ name, element }, shown) {
    const [least, most] = this.model.known.ranges[name];
    const wanted = shown / this.model.factor(element.dataset.scale);
    const value = Math.min(most ?? wanted, Math.max(least ?? wanted, wanted));
    return WHOLE.has(name) ? Math.round(value) : Number(value.toPrecision(6));
  }

  #fill(control, effective) {
    const { element, name, kind } = control;
    const value = this.model.value(name, effective);
    if (kind === "switch") element.querySelector("input").checked = Boolean(value);
    else if (kind === "text") element.querySelector("input").value = value ?? "";
    else if (kind === "choice") {
      for (const one of element.querySelectorAll("input")) one.checked = one.value === String(value);
    } else {
      const [range, field] = element.querySelectorAll("input");
      const shown = value * this.model.factor(element.dataset.scale, effective);
      const read = this.#read(control, value, effective);
      if (document.activeElement !== range || range.valueAsNumber !== shown) range.value = String(shown);
      if (document.activeElement !== field) field.value = String(Number(shown < 10 ? shown.toPrecision(3) : shown.toFixed(1)));
      range.setAttribute("aria-valuetext", read);
      element.querySelector(".value").textContent = read;
    }
  }

  #read({ name, element }, value, effective) {
    const { unit, scale, layers } = element.dataset;
    const shown = value * this.model.factor(scale, effective);
    const digits = shown < 1 ? 2 : 1;
    const parts = [`${number(shown, digits)}${unit === "°" ? "°" : unit ? ` ${unit}` : ""}`];
    const { model, words } = this;
    if (layers !== undefined) parts.push(counted(words.layers, Math.round(shown / model.layerMm)));
    if (name === "depth_cutoff_pct") parts.push(`${number((value / 100) * model.value("relief_mm", effective), 1)} mm`);
    if (name === "mesh_quality") {
      parts.push(words.cell.replace("{mm}", number(model.longestMm(effective) / value, 2)));
    }
    return parts.join(", ");
  }
}

const WHOLE = new Set(["surface_smoothing", "mesh_quality", "holes"]);
// Settings that are a share of the longest side, or a size of another side, and where they are shown.
const SPOKEN = { depth_intensity: "relief_mm", base_thickness: "base_mm", rim_width: "rim_mm", width_mm: "longest_mm" };

function labelOf(element) {
  return (element.querySelector("legend") ?? element.querySelector("label")).textContent.trim();
}
