/**
 * A relief on its bed, drawn from the heights that the server sends; see `ReliefView`.
 *
 * What a graphics card can do itself is seen at once; everything else the server is asked for, and
 * the old shape stays until it answers. Where no 3D is drawn, the server draws a picture instead.
 */
import { extentOf, sizeOf } from "./extent.js";
import { fieldOf } from "./field.js";
import { USUAL } from "./materials.js";
import { Newest } from "./newest.js";
import { Picture } from "./picture.js";
import { queryOf } from "./query.js";
import { isExact, shapeOf } from "./shape.js";
import { NoGraphics, Stage } from "./stage.js";

const BED_MM = [256, 256];
const SAMPLES = 256;
const BUSY_MS = 150; // before the bar is shown that something is being made
const QUIET_MS = 700; // without another change, until it is told to those who do not see it
const AGAIN_MS = 1000; // after the graphics card was lost
const LIGHT_ON = "light-on";

/** The shape of one draft, in one place of the page. */
export class ReliefView {
  #newest = new Newest();
  #field = null;
  #made = null; // {asked, effective}: what the field was made for
  #now = null; // {asked, effective}
  #shape = null;
  #stage = null;
  #picture = null;
  #losses = 0;
  #frames = 0;
  #timers = {};
  #look = "front";
  #state = "";
  #watch = new AbortController();

  /**
   * @param {HTMLElement} root the `.relief` of the template `relief_view.html`
   * @param {{
   *   draftUrl?: string,
   *   settings?: Record<string, unknown>,
   *   material?: string,
   *   limits?: {bedMm?: [number, number], samples?: number, orbit?: "front" | "all", coin?: boolean},
   * }} [begin]
   */
  constructor(root, { draftUrl = "", settings = {}, material = USUAL, limits = {} } = {}) {
    this.root = root;
    this.host = root.querySelector(".relief-host");
    this.words = JSON.parse(root.dataset.words);
    this.limits = { bedMm: BED_MM, samples: SAMPLES, orbit: "front", coin: true, ...limits };
    this.material = material;
    this.bar = document.createElement("div");
    this.bar.className = "relief-busy";
    this.bar.hidden = true;
    this.host.append(this.bar);
    this.host.setAttribute("role", "img");
    this.#tell();
    // The first view of a page is the one that tests and people's consoles ask.
    window.printd ??= {};
    window.printd.view ??= this;
    this.#begin();
    this.#listen();
    if (draftUrl) this.open(draftUrl, settings);
  }

  /** Show another draft, and its first settings. */
  open(draftUrl, settings, effective = settings) {
    this.draftUrl = draftUrl;
    this.#made = null;
    this.set(settings, effective);
  }

  /**
   * Show these settings: at once what can be, the rest when the server has answered.
   * @param {Record<string, unknown>} asked what the server is asked for, whole
   * @param {Record<string, unknown>} [effective] the same, with what recipe and preset mean
   */
  set(asked, effective = asked) {
    this.#now = { asked: { ...asked }, effective: { ...effective } };
    if (!this.draftUrl) return;
    if (this.#made && this.#field) {
      this.#wear();
      if (isExact(this.#field, this.#made.effective, this.#now.effective) && this.#isSameRecipe()) {
        this.#newest.stop();
        this.#rest();
        this.#pictured();
        return;
      }
    }
    this.#request();
    this.#pictured();
  }

  /** Look from `front`, `tilted`, `side`, `back`, or at the light behind: `light-on`. */
  look(name) {
    this.#look = name;
    const isGlowing = name === LIGHT_ON;
    this.#stage?.glow(isGlowing);
    this.#stage?.look(isGlowing ? "front" : name);
    this.root.classList.toggle("lamp", isGlowing);
    this.#press(name);
    this.#pictured();
    this.#say("relief-looked", name);
  }

  /** Colour it like this filament: "white-pla", or "#rrggbb". */
  paint(material) {
    this.material = material;
    this.#stage?.paint(material);
    this.#pictured();
  }

  /** Come nearer, or go farther away. */
  zoom(isNearer) {
    this.#stage?.zoom(isNearer);
    this.#say("relief-turned");
  }

  /** Stand where another view stands; it says `relief-turned` and `relief-looked` when it moves. */
  stand(other) {
    if (other.#stage) this.#stage?.stand(other.#stage);
  }

  /**
   * Return what is shown, in numbers; null: nothing yet.
   * @returns {{triangles: number, sizeMm: number[], pictureMm: number[], field: object,
   *   state: string, look: string, frame: number} | null}
   */
  info() {
    if (!this.#field || !this.#shape) return null;
    const extent = extentOf(this.#field, this.#shape);
    const { cols, rows, params, warnings, depth } = this.#field;
    return {
      triangles: this.#stage?.solid.triangles ?? 0,
      sizeMm: sizeOf(extent, this.#shape),
      pictureMm: [this.#shape.widthMm, this.#shape.heightMm],
      field: { cols, rows, params, warnings, depth },
      state: this.#state,
      look: this.#look,
      frame: this.#frames,
    };
  }

  /** Let everything go. */
  close() {
    this.#newest.stop();
    Object.values(this.#timers).forEach(clearTimeout);
    this.#watch.abort();
    this.#stage?.dispose();
    this.#picture?.dispose();
    this.#stage = this.#picture = this.#field = this.#shape = this.#made = null;
    this.draftUrl = "";
    this.bar.remove();
    if (window.printd.view !== this) return;
    delete window.printd.view;
    delete document.body.dataset.view;
    delete document.body.dataset.frame;
  }

  #begin() {
    try {
      this.#stage = new Stage(this.host, {
        bedMm: this.limits.bedMm,
        isFree: this.limits.orbit === "all",
        hasCoin: this.limits.coin,
        drawn: () => this.#drawn("ready"),
        lost: () => this.#lost(),
        turned: () => {
          this.#press("");
          this.#say("relief-turned");
        },
      });
      this.#stage.paint(this.material);
    } catch (error) {
      if (!(error instanceof NoGraphics)) throw error;
      this.#fallBack("none");
    }
  }

  #listen() {
    const { signal } = this.#watch;
    for (const button of this.root.querySelectorAll("[data-look]")) {
      button.addEventListener("click", () => this.look(button.dataset.look), { signal });
    }
    for (const button of this.root.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => this.zoom(button.dataset.zoom === "in"), { signal });
    }
  }

  #press(name) {
    for (const button of this.root.querySelectorAll("[data-look]")) {
      button.setAttribute("aria-pressed", String(button.dataset.look === name));
    }
  }

  /** Recipe and preset are not in the effective settings; another one is another field. */
  #isSameRecipe() {
    return ["recipe", "preset"].every((name) => this.#made.asked[name] === this.#now.asked[name]);
  }

  #request() {
    const asked = this.#now;
    this.host.setAttribute("aria-busy", "true");
    this.#timers.busy ??= setTimeout(() => (this.bar.hidden = false), BUSY_MS);
    this.#say("relief-asked");
    const query = queryOf(asked.asked, { n: this.limits.samples });
    const answered = async (answer) => this.#take(await fieldOf(answer), asked);
    this.#newest.ask(`${this.draftUrl}/heights?${query}`, answered, (error) => this.#refused(error));
  }

  #take(field, made) {
    this.#field = field;
    this.#made = made;
    this.#shape = shapeOf(field, made.effective, this.#now.effective);
    this.#stage?.load(field, this.#shape);
    if (made === this.#now) this.#rest();
    this.#offerLight();
    this.#say("relief-shape", { field });
    if (this.#picture && this.#look === LIGHT_ON) this.#pictured();
  }

  #wear() {
    const before = this.#shape;
    this.#shape = shapeOf(this.#field, this.#made.effective, this.#now.effective);
    // What only the server can show is not worth a frame that shows the same.
    if (Object.keys(before).every((key) => before[key] === this.#shape[key])) return;
    this.#stage?.wear(this.#shape);
    this.#offerLight();
  }

  /** Nothing more is to come. */
  #rest() {
    clearTimeout(this.#timers.busy);
    this.#timers.busy = undefined;
    this.bar.hidden = true;
    this.host.setAttribute("aria-busy", "false");
    clearTimeout(this.#timers.tell);
    this.#timers.tell = setTimeout(() => this.#tell(this.words.updated), QUIET_MS);
  }

  #refused(error) {
    this.#rest();
    clearTimeout(this.#timers.tell);
    this.#say("relief-refused", error);
  }

  /** Only a plate is looked at with a lamp behind it; from the front it is off. */
  #offerLight() {
    const button = this.root.querySelector(`[data-look="${LIGHT_ON}"]`);
    const isPlate = this.#shape.isPlate;
    if (button) button.hidden = !isPlate;
    const front = this.root.querySelector('[data-look="front"] [data-plate]');
    if (front) front.textContent = isPlate ? front.dataset.plate : front.dataset.plain;
    if (!isPlate && this.#look === LIGHT_ON) this.look("front");
  }

  #pictured() {
    if (!this.#picture || !this.draftUrl || !this.#now) return;
    if (this.#look === LIGHT_ON && this.#field) this.#picture.glow(this.#field, this.#shape);
    else this.#picture.show(this.draftUrl, this.#now.asked, this.#look, this.material);
  }

  #fallBack(state) {
    this.#setState(state);
    this.#picture ??= new Picture(this.host, {
      drawn: () => this.#drawn(this.#state),
      refused: (error) => this.#refused(error),
    });
    this.#pictured();
  }

  /** The graphics card went away: a picture meanwhile, and one more try. */
  #lost() {
    this.#stage.dispose();
    this.#stage = null;
    this.#fallBack("lost");
    this.#losses += 1;
    if (this.#losses > 1) return;
    this.#timers.again = setTimeout(() => this.#retry(), AGAIN_MS);
  }

  #retry() {
    this.#begin();
    if (!this.#stage) return;
    this.#picture.dispose();
    this.#picture = null;
    if (this.#field) this.#stage.load(this.#field, this.#shape);
    this.look(this.#look);
  }

  #drawn(state) {
    this.#setState(state);
    this.#frames += 1;
    if (window.printd.view === this) document.body.dataset.frame = String(this.#frames);
    this.#say("relief-drawn");
  }

  #setState(state) {
    this.#state = state;
    if (window.printd.view === this) document.body.dataset.view = state;
  }

  /** State the facts to those who do not see them. */
  #tell(news = "") {
    const { name, label, empty } = this.words;
    let said = empty;
    if (this.#shape) {
      const numbers = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
      const [across, deep, tall] = sizeOf(extentOf(this.#field, this.#shape), this.#shape);
      const [height, thick] = this.#shape.upright ? [tall, deep] : [deep, tall];
      const values = { name, width: across, height, thick };
      said = label.replace(/\{(\w+)\}/g, (_, key) => (key === "name" ? name : numbers.format(values[key])));
    }
    this.host.setAttribute("aria-label", said);
    const region = this.root.querySelector("[role=status]");
    if (!region || !news) return;
    region.textContent = "";
    region.textContent = news;
  }

  #say(kind, detail = null) {
    this.root.dispatchEvent(new CustomEvent(kind, { detail, bubbles: true }));
  }
}
