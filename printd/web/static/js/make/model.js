/**
 * What a person wants: a recipe, a preset in place of the recipe's, and settings of their own.
 *
 * Layers and sizes follow the rules of `ReliefSettings` on the server, which has the last word.
 */
import { boxOf } from "../crop_box.js";

const MAP_PX = 1024; // of which `smoothing_px` are pixels
const TONES = 255; // of which `noise_reduction` are steps
const DERIVED = new Set(["rim_mm", "relief_mm", "base_mm", "longest_mm", "rim_height_mm"]); // where none is said

/** The wish of now. */
export class Model {
  /** @param {object} known what the page brought: defaults, presets, recipes, same */
  constructor(known) {
    this.known = known;
    this.recipe = Object.keys(known.recipes)[0] ?? "default";
    this.preset = "";
    this.own = {};
    this.photo = { width: 4, height: 3 };
    this.layerMm = known.layer_mm;
  }

  /** Every setting, with what recipe and preset mean. */
  get effective() {
    const { defaults, presets, recipes } = this.known;
    const recipe = recipes[this.recipe];
    const preset = this.preset || recipe?.preset;
    return this.#layered(defaults, presets[preset] ?? {}, recipe?.settings ?? {}, this.own);
  }

  /** What differs from a relief of which nothing is said; for a preset. */
  get said() {
    const { presets, recipes } = this.known;
    const recipe = recipes[this.recipe];
    const said = this.#layered(presets[this.preset || recipe?.preset] ?? {}, recipe?.settings ?? {}, this.own);
    if (String(said.crop).includes(",")) delete said.crop; // a part of this very photo
    return said;
  }

  /** What the server is asked for; settings that do nothing now are left out. */
  get asked() {
    const asked = { recipe: this.recipe, preset: this.preset };
    const effective = this.effective;
    for (const [name, value] of Object.entries(this.own)) {
      if (this.isOn(name, effective)) asked[name] = value;
    }
    return asked;
  }

  /** Tell whether a setting does something; `only` of its control says when. */
  isOn(name, effective = this.effective) {
    const only = this.onlyOf?.(name);
    if (!only) return true;
    return Object.entries(only).every(([other, values]) =>
      values === ">0" ? this.value(other, effective) > 0 : values.includes(effective[other]),
    );
  }

  /** Tell whether a setting may be another one than the recipe's. */
  may(name) {
    const may = this.known.recipes[this.recipe]?.may;
    return !may || may.includes(name);
  }

  /** Width to height of the part of the photo that counts. */
  get aspect() {
    const { width, height } = this.photo;
    const [left, top, right, bottom] = boxOf(String(this.effective.crop), width, height);
    return ((right - left) * width) / ((bottom - top) * height);
  }

  /** The longest side, mm. */
  longestMm(effective = this.effective) {
    if (effective.longest_mm) return effective.longest_mm;
    return (effective.width_mm || 80) * Math.max(1, 1 / this.aspect);
  }

  /** A setting as a number or word, shares of the longest side turned into mm. */
  value(name, effective = this.effective) {
    const longest = () => this.longestMm(effective);
    const known = effective[name];
    if (DERIVED.has(name) && (known === null || known === undefined)) {
      if (name === "longest_mm") return longest();
      if (name === "relief_mm") return effective.depth_intensity * longest();
      if (name === "base_mm") return effective.base_thickness * longest();
      if (name === "rim_mm") return effective.rim_width * longest();
      return this.value("base_mm", effective) + this.value("relief_mm", effective);
    }
    return known;
  }

  /** What one of a setting's own units is, as people read it. */
  factor(scale, effective = this.effective) {
    if (scale === "map") return this.longestMm(effective) / MAP_PX;
    if (scale === "noise") return Math.max(0.01, this.value("relief_mm", effective)) / TONES;
    return Number(scale);
  }

  /** Set one; what says the same otherwise goes. */
  set(name, value) {
    for (const [of, others] of Object.entries(this.known.same)) {
      if (of === name || others.includes(name)) delete this.own[of];
      if (of === name) others.forEach((other) => delete this.own[other]);
    }
    this.own[name] = value;
  }

  /** Begin from another recipe or preset; the size and the part of the photo stay. */
  begin({ recipe = this.recipe, preset = "" }) {
    this.recipe = recipe;
    this.preset = preset;
    const stay = ["crop", "longest_mm", "width_mm"];
    this.own = Object.fromEntries(Object.entries(this.own).filter(([name]) => stay.includes(name)));
  }

  /** Begin from what was made before; its values that are not the recipe's are a person's own. */
  resume({ recipe, relief }) {
    Object.assign(this, { recipe, preset: "", own: {} });
    for (const [name, value] of Object.entries(relief)) {
      if (this.may(name) && this.effective[name] !== value) this.own[name] = value;
    }
  }

  /** Forget a person's own settings; the part of the photo stays. */
  reset() {
    const { crop } = this.own;
    this.own = crop ? { crop } : {};
  }

  /** Take a copy, to come back to. */
  copy() {
    return { recipe: this.recipe, preset: this.preset, own: { ...this.own } };
  }

  /** Come back to a copy. */
  restore({ recipe, preset, own }) {
    Object.assign(this, { recipe, preset, own: { ...own } });
  }

  #layered(...layers) {
    const values = {};
    for (const layer of layers) {
      for (const name of Object.keys(layer)) {
        for (const other of this.known.same[name] ?? []) {
          if (!(other in layer)) delete values[other];
        }
      }
      Object.assign(values, layer);
    }
    return values;
  }
}
