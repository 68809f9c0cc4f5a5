/** Two shapes side by side: A is kept, B is changed. A shape is settings and a view. */
import { ReliefView } from "../relief/view.js";

const at = (id) => document.getElementById(id);

/** The second view of the page; it exists only while shapes are compared. */
export class Comparison {
  #kept = null; // {settings, asked, effective}
  #view = null;
  #said = "";

  /**
   * @param {{view: ReliefView, controls: object, model: object, words: object, limits: object,
   *   restored: () => void}} page
   */
  constructor(page) {
    Object.assign(this, page);
    at("kept-use").addEventListener("click", () => this.#goOn());
    this.view.root.addEventListener("relief-turned", () => this.#view?.stand(this.view));
    this.view.root.addEventListener("relief-looked", (event) => this.#view?.look(event.detail));
  }

  /** Begin or end. */
  toggle(draftUrl) {
    if (this.#view) return this.stop();
    const { model } = this;
    this.#kept = { settings: model.copy(), asked: model.asked, effective: model.effective };
    this.#frame(true);
    this.#view = new ReliefView(at("kept-view"), { limits: this.limits, material: this.view.material });
    this.#view.open(draftUrl, this.#kept.asked, this.#kept.effective);
    this.#view.look(this.view.root.querySelector("[data-look][aria-pressed=true]").dataset.look);
    at("kept-figures").textContent = this.#said;
    this.differ();
  }

  stop() {
    this.#view?.close();
    this.#view = this.#kept = null;
    this.#frame(false);
  }

  /** Another draft of the same photo. */
  open(draftUrl) {
    this.#view?.open(draftUrl, this.#kept.asked, this.#kept.effective);
  }

  /** Remember the figures of the shape that is changed, in one line. */
  figures(line) {
    this.#said = line;
  }

  /** List in what the two differ. */
  differ() {
    const list = at("differences");
    list.hidden = !this.#kept;
    if (!this.#kept) return;
    const now = this.model.effective;
    const before = this.#kept.effective;
    const names = Object.keys(now).filter((name) => before[name] !== now[name] && now[name] !== undefined);
    const lines = names.filter((name) => name !== "crop" && now[name] !== null).map((name) => {
      const { what, value } = this.controls.worded(name, now[name], now);
      const was = before[name] === null || before[name] === undefined ? this.#derived(name, before) : before[name];
      return `${what}: ${this.controls.worded(name, was, before).value} → ${value}`;
    });
    if (!lines.length) lines.push(this.words.same);
    list.replaceChildren(
      ...lines.map((line) => {
        const item = document.createElement("li");
        item.textContent = line;
        return item;
      }),
    );
  }

  #derived(name, effective) {
    return this.model.value(name, effective);
  }

  /** Change A instead: what was B is gone. */
  #goOn() {
    this.model.restore(this.#kept.settings);
    this.restored();
  }

  #frame(isOpen) {
    at("kept").hidden = !isOpen;
    at("shapes").classList.toggle("two", isOpen);
    at("compare").setAttribute("aria-pressed", String(isOpen));
    const name = at("live-name");
    name.classList.toggle("visually-hidden", !isOpen);
    name.textContent = isOpen ? this.words.changed : name.dataset.alone;
    at("differences").hidden = !isOpen;
  }
}
