/** The page Make: a photo, its shape, its settings, and the order. */
import { ask } from "../ask.js";
import { Newest } from "../relief/newest.js";
import { queryOf } from "../relief/query.js";
import { ReliefView } from "../relief/view.js";
import { refusal, toast } from "../toast.js";
import { Comparison } from "./comparison.js";
import { Controls } from "./controls.js";
import { cropDialog } from "./crop_dialog.js";
import { figuresOf, showAdvice, showFigures } from "./figures.js";
import { copyText, presetLines } from "./lines.js";
import { Model } from "./model.js";
import { Photo } from "./photo.js";
import { filled } from "./said.js";

const FIGURES_MS = 200; // after the last change: what is seen comes first
const at = (id) => document.getElementById(id);
const root = at("make");
const known = JSON.parse(root.dataset.known);
const words = JSON.parse(root.dataset.words);
const model = new Model(known);
const controls = new Controls(at("settings"), model, words, changed);
const figures = new Newest();
const photo = new Photo({ busy: showBusy, ready: begin, refused: refusal });
const openCrop = cropDialog(at("crop"), { photo, model, chosen: crop });
// What stands outside of the controls, by the name of what it changes.
const parts = {
  preset: at("presets").parentElement,
  crop: at("crop-open"),
  name: at("job-name").parentElement,
  copies: at("copies").parentElement,
  material: at("material").parentElement,
  colour: at("colour").parentElement,
};
let view = null;
let comparison = null;
let facts = null;
let orderKey = newKey();
let figuresLater = 0;

photo.hear(at("photo-file"), document.body);
listen();
if (known.again) beginAgain(known.again);

/** What was made before is to be made otherwise. */
async function beginAgain(job) {
  await photo.takeOf(job.number, job.name);
  if (!photo.draft) return;
  model.resume(job);
  for (const name of ["material", "colour", "copies"]) at(name).value = job[name];
  view.paint(filament());
  restored();
}

function showBusy(isBusy) {
  const line = at("make-busy");
  line.textContent = isBusy ? words.looking : "";
  line.hidden = !isBusy;
}

/** A photo is there. */
function begin({ draft, url, name }, isSame) {
  model.photo = { width: draft.width_px, height: draft.height_px };
  if (isSame) return comparison.open(url), refresh();
  at("make-empty").hidden = true;
  at("make-bench").hidden = false;
  at("job-name").value = name;
  if (String(model.own.crop ?? "").includes(",")) delete model.own.crop;
  view ??= new ReliefView(at("live-view"), { limits: limits(), material: filament() });
  comparison ??= new Comparison({ view, controls, model, words, limits: limits(), restored });
  comparison.stop();
  comparison.open(url);
  controls.show();
  refresh();
}

function limits() {
  return { bedMm: known.bed_mm, orbit: "all" };
}

function filament() {
  return at("colour").value || "white";
}

/** A setting is another one. */
function changed() {
  refresh();
}

function refresh() {
  orderKey = newKey();
  at("reset").hidden = Object.keys(model.own).every((name) => name === "crop");
  if (!photo.draft) return;
  const asked = model.asked;
  view.draftUrl === photo.url ? view.set(asked, model.effective) : view.open(photo.url, asked, model.effective);
  const query = queryOf(asked, allowed({ material: at("material").value }));
  clearTimeout(figuresLater);
  const answered = async (answer) => showFacts(await answer.json());
  figuresLater = setTimeout(() => figures.ask(`${photo.url}/figures?${query}`, answered, refused), FIGURES_MS);
  comparison.differ();
}

function showFacts(told) {
  facts = told;
  model.layerMm = facts.layer_mm;
  at("refused").hidden = true;
  const said = figuresOf(facts, words);
  showFigures(at("figures"), said);
  comparison.figures(`${said.size} · ${said.grams} · ${said.time}`);
  showAdvice(at("advice"), facts, words, controls, (mend) => {
    for (const [name, value] of Object.entries(mend)) model.set(name, value);
    controls.show();
    refresh();
  });
}

/** The server does not make such a shape, or has forgotten the photo. */
function refused(error) {
  if (error.words?.code === "no_such_draft") return photo.again();
  const { problem, action } = error.words ?? {};
  const line = at("refused");
  line.textContent = [problem, action].filter(Boolean).join(" ") || document.getElementById("toasts").dataset.lost;
  line.hidden = false;
}

function crop(part) {
  delete model.own.crop;
  if (part !== model.effective.crop) model.set("crop", part);
  controls.show();
  refresh();
}

/** Settings came from elsewhere: the choices above the controls show them, too. */
function restored() {
  at("recipe").value = model.recipe;
  for (const one of at("presets").querySelectorAll("input")) one.checked = one.value === model.preset;
  for (const [name, part] of Object.entries(parts)) part.hidden = !model.may(name);
  controls.show();
  refresh();
}

function choose(what) {
  model.begin(what);
  const recipe = known.recipes[model.recipe];
  if (what.recipe) {
    at("material").value = recipe.material;
    at("colour").value = recipe.colour;
    at("copies").value = recipe.copies;
    view?.paint(filament());
  }
  restored();
}

/** Those of some values that may be other ones than the recipe's. */
function allowed(values) {
  return Object.fromEntries(Object.entries(values).filter(([name]) => model.may(name)));
}

function listen() {
  at("recipe").addEventListener("change", (event) => choose({ recipe: event.target.value }));
  at("presets").addEventListener("change", (event) => choose({ preset: event.target.value }));
  at("reset").addEventListener("click", () => {
    model.reset();
    restored();
  });
  at("crop-open").addEventListener("click", () => openCrop().catch(refusal));
  at("compare").addEventListener("click", () => comparison.toggle(photo.url));
  at("colour").addEventListener("change", () => view?.paint(filament()));
  at("material").addEventListener("change", refresh);
  at("print").addEventListener("click", print);
  at("live-view").addEventListener("relief-refused", (event) => refused(event.detail));
  at("live-view").addEventListener("relief-shape", () => (at("refused").hidden = true));
  at("save-preset")?.addEventListener("click", () => {
    showLines();
    at("preset").showModal();
  });
  at("preset-word").addEventListener("input", showLines);
  at("preset-copy").addEventListener("click", async () => {
    await copyText(at("preset-lines"));
    toast(words.copied);
  });
  choose({ recipe: model.recipe });
}

function showLines() {
  const name = at("preset-word");
  at("preset-lines").value = name.value && name.checkValidity() ? presetLines(name.value, model.said) : "";
}

/** One press is one job, however often it is sent. */
async function print() {
  const button = at("print");
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  const { recipe, preset, ...settings } = model.asked;
  const own = allowed({ name: at("job-name").value.trim(), copies: at("copies").valueAsNumber || 1 });
  const plastic = allowed({ material: at("material").value, colour: at("colour").value });
  const json = { recipe, preset: preset || null, ...own, settings: { ...settings, ...plastic }, keep: true };
  try {
    const headers = { "Idempotency-Key": orderKey };
    const job = await (await ask(`${photo.url}/job`, { method: "POST", json, headers })).json();
    orderKey = newKey();
    const pressed = () => location.assign(`/jobs/${job.number}`);
    toast(filled(words.job, { number: job.number }), { button: words.open, pressed });
  } catch (error) {
    if (error.words?.code === "no_such_draft") await photo.again();
    refusal(error);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** `crypto.randomUUID` is there only on encrypted pages. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}
