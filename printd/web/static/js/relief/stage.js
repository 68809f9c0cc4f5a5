/** The piece on its bed, drawn by the graphics card; only when something has changed. */
import * as three from "three";
import { Bed, Coin } from "./bed.js";
import { extentOf } from "./extent.js";
import { colourOf } from "./materials.js";
import { Solid } from "./solid.js";
import { Viewpoint } from "./viewpoint.js";

const SHARPEST = 2; // device pixels for one of the page's

/** Thrown where the browser draws no 3D. */
export class NoGraphics extends Error {}

/** One canvas. */
export class Stage {
  #frame = 0;
  #fitted = "";
  #isTurned = false;

  /**
   * @param {HTMLElement} host is filled with the canvas
   * @param {{bedMm: [number, number], isFree: boolean, hasCoin: boolean, drawn: () => void,
   *   lost: () => void, turned: () => void}} wishes
   * @throws {NoGraphics}
   */
  constructor(host, wishes) {
    this.host = host;
    this.wishes = wishes;
    this.canvas = document.createElement("canvas");
    const context = this.canvas.getContext("webgl2", { antialias: true, alpha: true });
    if (!context) throw new NoGraphics();
    this.renderer = new three.WebGLRenderer({ canvas: this.canvas, context, alpha: true });
    this.renderer.setClearColor(0, 0);
    this.canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      if (this.canvas.isConnected) wishes.lost();
    });
    this.scene = new three.Scene();
    this.solid = new Solid();
    this.bed = new Bed(wishes.bedMm);
    this.coin = new Coin();
    this.coin.group.visible = wishes.hasCoin;
    this.table = new three.Group();
    this.table.add(this.bed.group, this.coin.group);
    this.scene.add(this.solid.group, this.table);
    this.scene.visible = false;
    this.viewpoint = new Viewpoint(this.canvas, {
      isFree: wishes.isFree,
      changed: () => this.ask(),
      turned: () => {
        this.#isTurned = true;
        wishes.turned();
      },
    });
    this.view = "front";
    host.prepend(this.canvas);
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(host);
    this.resize();
  }

  /** Draw before the browser next shows the page. */
  ask() {
    this.#frame ||= requestAnimationFrame(() => this.draw());
  }

  /** Draw now. */
  draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (!this.scene.visible || this.renderer.getContext().isContextLost()) return;
    this.bed.group.visible = this.#isBeforeBed();
    this.renderer.render(this.scene, this.viewpoint.camera);
    this.wishes.drawn();
  }

  /**
   * Show other heights.
   * @param {import("./field.js").Field} field
   * @param {import("./shape.js").Shape} shape
   */
  load(field, shape) {
    this.field = field;
    this.solid.load(field, shape);
    this.scene.visible = true;
    this.wear(shape);
    this.draw(); // what was waited for need not wait for the next frame
  }

  /** Show the same heights otherwise. */
  wear(shape) {
    this.shape = shape;
    this.solid.wear(shape);
    this.#fit();
    this.ask();
  }

  /** Look from a prepared view. */
  look(view) {
    this.view = view;
    this.#isTurned = false;
    this.#fitted = "";
    if (this.shape) this.#fit();
    this.ask();
  }

  /** Let a lamp shine through from behind, or not. */
  glow(isOn) {
    this.solid.uniforms.glows.value = isOn;
    this.table.visible = !isOn;
    this.#fitted = "";
    if (this.shape) this.#fit();
    this.ask();
  }

  paint(material) {
    this.solid.uniforms.colour.value.set(colourOf(material));
    this.ask();
  }

  zoom(isNearer) {
    this.#isTurned = true;
    this.viewpoint.zoom(isNearer);
  }

  /** Stand where the camera of another one stands. */
  stand(other) {
    this.#isTurned = true;
    this.viewpoint.follow(other.viewpoint);
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!width || !height) return;
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio, SHARPEST));
    this.renderer.setSize(width, height, false);
    this.viewpoint.resize(width / height);
    this.#fitted = "";
    if (this.shape) this.#fit();
    this.draw();
  }

  dispose() {
    cancelAnimationFrame(this.#frame);
    this.resizing.disconnect();
    this.viewpoint.dispose();
    this.solid.dispose();
    for (const thing of [this.bed.group, this.coin.group]) {
      thing.traverse((part) => {
        part.geometry?.dispose();
        part.material?.dispose();
      });
    }
    this.renderer.dispose();
    if (!this.renderer.getContext().isContextLost()) this.renderer.forceContextLoss();
    this.canvas.remove();
  }

  /** Put the piece on the bed, and the camera where all of it is seen; heights alone move nothing. */
  #fit() {
    const { widthMm, heightMm, side, radiusMm, upright } = this.shape;
    const fitted = [widthMm, heightMm, side, radiusMm, upright, ...this.field.bounds, this.view].join();
    if (fitted === this.#fitted) return;
    const isFirst = this.#fitted === "";
    this.#fitted = fitted;
    const extent = extentOf(this.field, this.shape);
    this.#place(extent);
    const around = this.wishes.hasCoin && this.table.visible ? this.#around(extent) : extent;
    if (isFirst || !this.#isTurned) this.viewpoint.look(this.view, around, upright);
  }

  /** The bed lies behind a piece that lies, and under one that stands. */
  #place({ min, max }) {
    const middle = (axis) => (min[axis] + max[axis]) / 2;
    if (this.shape.upright) {
      this.table.rotation.x = -Math.PI / 2;
      this.table.position.set(middle(0), min[1], middle(2));
    } else {
      this.table.rotation.x = 0;
      this.table.position.set(middle(0), middle(1), min[2]);
    }
  }

  /** Lay the coin down, and return what must be seen. */
  #around({ min, max }) {
    const { upright } = this.shape;
    const half = max.map((most, axis) => (most - min[axis]) / 2);
    const onBed = upright ? [half[0], half[2]] : [half[0], half[1]];
    const [wide, tall] = [half[0], half[1]];
    const below = !upright && this.viewpoint.camera.aspect < wide / tall;
    const extent = { min: onBed.map((side) => -side), max: onBed };
    const lies = this.coin.lieBeside(extent, below);
    const { position } = this.table;
    const seen = (corner) =>
      upright
        ? [corner[0] + position.x, corner[2] + position.y, position.z - corner[1]]
        : [corner[0] + position.x, corner[1] + position.y, corner[2] + position.z];
    const corners = [min, max, seen(lies.min), seen(lies.max)];
    return {
      min: min.map((_, axis) => Math.min(...corners.map((corner) => corner[axis]))),
      max: max.map((_, axis) => Math.max(...corners.map((corner) => corner[axis]))),
    };
  }

  #isBeforeBed() {
    const { position } = this.viewpoint.camera;
    return this.shape.upright ? position.y > this.table.position.y : position.z > this.table.position.z;
  }
}
