/** A stage for things in millimetres: drawn only when something changes, lit from the camera. */
import {
  Box3,
  Color,
  DirectionalLight,
  GridHelper,
  HemisphereLight,
  PerspectiveCamera,
  Scene,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";

const FIELD_DEG = 35;
const CELL_MM = 10;
const GRID = 0xdfe6ea;
const LOOKS = {
  tilted: [0.35, -1, 0.9],
  front: [0, -0.02, 1],
  side: [1, -0.15, 0.25],
  back: [-0.35, 1, 0.9],
};

export class Stage {
  /** @param {HTMLElement} frame the picture in it is covered by the canvas */
  constructor(frame, label) {
    this.frame = frame;
    this.renderer = new WebGLRenderer({ antialias: true, alpha: true });
    this.renderer.setPixelRatio(Math.min(2, devicePixelRatio));
    const canvas = this.renderer.domElement;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
    this.scene = new Scene();
    this.camera = new PerspectiveCamera(FIELD_DEG, 1, 1, 5000);
    this.camera.up.set(0, 0, 1);
    this.scene.add(this.camera, new HemisphereLight(0xffffff, 0x777777, 1.1));
    const lamp = new DirectionalLight(0xffffff, 2.2);
    lamp.position.set(-1, 1, 1); // upper left of whoever looks, however the thing is turned
    this.camera.add(lamp, lamp.target);
    lamp.target.position.set(0, 0, -1);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.addEventListener("change", () => this.draw());
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      canvas.remove(); // the picture behind it is seen again
      document.body.dataset.view = "lost";
    });
    frame.append(canvas);
    new ResizeObserver(() => this.#fit()).observe(frame);
    this.#fit();
  }

  /** Put a thing on the stage, with a grid of centimetres under it. */
  put(thing) {
    this.scene.add(thing);
    this.box = new Box3().setFromObject(thing);
    const size = this.box.getSize(new Vector3());
    const span = Math.ceil((Math.max(size.x, size.y) * 1.4) / CELL_MM) * CELL_MM;
    const colour = new Color(GRID);
    const grid = new GridHelper(span, span / CELL_MM, colour, colour);
    grid.material.transparent = true;
    grid.material.opacity = 0.35;
    grid.rotation.x = Math.PI / 2;
    const middle = this.box.getCenter(new Vector3());
    grid.position.set(middle.x, middle.y, this.box.min.z - 0.05);
    this.scene.add(grid);
    this.look("tilted");
  }

  /** Look from a side that has a name. */
  look(name) {
    const middle = this.box.getCenter(new Vector3());
    const reach = this.box.getSize(new Vector3()).length();
    const away = (reach / 2 / Math.tan((FIELD_DEG * Math.PI) / 360)) * 0.95;
    this.camera.position.copy(middle).add(new Vector3(...LOOKS[name]).normalize().multiplyScalar(away));
    this.controls.target.copy(middle);
    this.controls.update();
    this.draw();
  }

  /** Draw once, when the browser next has time. */
  draw() {
    if (this.due) return;
    this.due = requestAnimationFrame(() => {
      this.due = 0;
      this.renderer.render(this.scene, this.camera);
      document.body.dataset.frame = Number(document.body.dataset.frame ?? 0) + 1;
    });
  }

  #fit() {
    const { clientWidth: width, clientHeight: height } = this.frame;
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / Math.max(1, height);
    this.camera.updateProjectionMatrix();
    this.draw();
  }
}
