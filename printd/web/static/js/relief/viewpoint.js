/** From where a piece is looked at: prepared views, and turning it by hand. */
import * as three from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";

const FIELD_DEG = 26; // narrow: little distortion, like a picture of a product
const MARGIN = 1.06;
const SIDEWAYS_RAD = (85 * Math.PI) / 180; // how far it turns from its front
const NEAREST = 0.25; // of the distance at which it just fits
const FARTHEST = 4;
const STEP = 1.25; // of one press on nearer or farther
// Towards the viewer: to the right, up in the picture, to the front.
const LYING = { front: [0, 0, 1], tilted: [0.24, -0.55, 1], side: [0, -1, 0.22], back: [0.25, -0.25, -1] };
const UPRIGHT = { front: [0, 0, 1], tilted: [0.55, 0.3, 1], side: [1, 0.06, 0.1], back: [-0.3, 0.2, -1] };

/** The camera of one view. */
export class Viewpoint {
  /** @param {HTMLElement} handle what is dragged */
  constructor(handle, { isFree, changed, turned }) {
    this.camera = new three.PerspectiveCamera(FIELD_DEG, 1, 1, 5000);
    this.camera.position.set(0, 0, 500);
    this.controls = new OrbitControls(this.camera, handle);
    this.controls.enablePan = isFree;
    this.controls.rotateSpeed = 0.5; // the whole height is half a turn
    this.controls.minPolarAngle = 0.02;
    this.controls.maxPolarAngle = Math.PI - 0.02;
    let isHeld = false;
    this.controls.addEventListener("start", () => (isHeld = true));
    this.controls.addEventListener("end", () => (isHeld = false));
    this.controls.addEventListener("change", () => {
      changed();
      if (isHeld) turned();
    });
    this.isFree = isFree;
  }

  /**
   * Look at everything within some corners.
   * @param {string} name of the view
   * @param {{min: number[], max: number[]}} extent across, up, to the front
   * @param {boolean} upright the piece stands
   */
  look(name, { min, max }, upright) {
    const direction = new three.Vector3(...(upright ? UPRIGHT : LYING)[name]).normalize();
    const target = new three.Vector3(...min.map((least, axis) => (least + max[axis]) / 2));
    const corners = [0, 1, 2, 3, 4, 5, 6, 7].map(
      (bits) => new three.Vector3(...min.map((least, axis) => (bits & (1 << axis) ? max[axis] : least))),
    );
    const distance = distanceFor(corners.map((corner) => corner.sub(target)), direction, this.camera);
    const { controls } = this;
    const middle = name === "back" ? Math.PI : 0;
    controls.minAzimuthAngle = this.isFree ? -Infinity : middle - SIDEWAYS_RAD;
    controls.maxAzimuthAngle = this.isFree ? Infinity : middle + SIDEWAYS_RAD;
    controls.minDistance = distance * NEAREST;
    controls.maxDistance = distance * FARTHEST;
    controls.target.copy(target);
    this.camera.position.copy(target).addScaledVector(direction, distance);
    this.camera.near = distance / 50;
    this.camera.far = distance * 20;
    this.camera.updateProjectionMatrix();
    controls.update();
  }

  /** Come nearer, or go farther away, by one step. */
  zoom(isNearer) {
    const { controls, camera } = this;
    const away = camera.position.clone().sub(controls.target);
    const wanted = away.length() * (isNearer ? 1 / STEP : STEP);
    away.setLength(Math.min(controls.maxDistance, Math.max(controls.minDistance, wanted)));
    camera.position.copy(controls.target).add(away);
    controls.update();
  }

  /** Stand where another one does. */
  follow({ camera, controls }) {
    this.controls.target.copy(controls.target);
    this.camera.position.copy(camera.position);
    this.controls.update();
  }

  /** Take a picture of another shape. */
  resize(aspect) {
    this.camera.aspect = aspect;
    this.camera.updateProjectionMatrix();
  }

  dispose() {
    this.controls.dispose();
  }
}

/** How far away a camera must be so that every corner is within its picture. */
function distanceFor(corners, direction, camera) {
  const right = new three.Vector3().crossVectors(camera.up, direction).normalize();
  const up = new three.Vector3().crossVectors(direction, right);
  const tall = Math.tan((camera.fov * Math.PI) / 360) / MARGIN;
  const wide = tall * camera.aspect;
  return Math.max(
    ...corners.map((corner) => {
      const sideways = Math.max(Math.abs(corner.dot(right)) / wide, Math.abs(corner.dot(up)) / tall);
      return corner.dot(direction) + sideways;
    }),
  );
}
