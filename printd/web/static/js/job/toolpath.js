/** The toolpath of a job, layer by layer. */
import { WebGLPreview } from "gcode-preview";

import { ask } from "../ask.js";

const BACK = "#333b46";
const LINE = "#8fb7c9";
const TOP = "#ffd166";
const FIELD_DEG = 40;

/** Draw the toolpath over the picture of a figure, with a slider for its layers. */
export async function show(figure) {
  const answer = await ask(figure.dataset.toolpath, { headers: { Accept: "*/*" } });
  const text = await answer.text();
  const frame = figure.querySelector(".frame");
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", frame.querySelector("img").alt);
  frame.append(canvas);
  let path;
  try {
    path = new WebGLPreview({
      canvas,
      renderTravel: false,
      lineWidth: 2,
      backgroundColor: BACK,
      extrusionColor: LINE,
      topLayerColor: TOP,
    });
  } catch {
    canvas.remove(); // no WebGL: the picture is there
    return;
  }
  // It would draw all day; here it draws when something changes.
  cancelAnimationFrame(path.animationFrameId);
  const draw = () => path.renderer.render(path.scene, path.camera);
  path.controls.addEventListener("change", draw);
  new ResizeObserver(() => {
    path.resize();
    draw();
  }).observe(frame);
  path.processGCode(text);
  lookAt(path, JSON.parse(figure.dataset.bounds));
  withSlider(figure, path, draw);
}

/** Look at the print from the front and above; the library turns z up and moves the bed. */
function lookAt(path, [left, front, low, right, rear, high]) {
  const [x, y, z] = [(left + right) / 2 - 100, (low + high) / 2, 100 - (front + rear) / 2];
  const reach = Math.hypot(right - left, rear - front, high - low);
  const away = (reach / 2 / Math.tan((FIELD_DEG * Math.PI) / 360)) * 1.1;
  path.camera.fov = FIELD_DEG;
  path.camera.updateProjectionMatrix();
  path.controls.target.set(x, y, z);
  path.camera.position.set(x, y + away * 0.75, z + away * 0.65);
  path.controls.update();
}

function withSlider(figure, path, draw) {
  const box = figure.querySelector(".layers");
  const slider = box.querySelector("input");
  const words = box.querySelector("[data-layer]");
  const layers = path.layers.length;
  slider.max = layers;
  slider.value = layers;
  const shown = () => {
    path.endLayer = Number(slider.value);
    path.render();
    draw();
    words.textContent = `${slider.value} / ${layers}`;
    slider.setAttribute("aria-valuetext", words.textContent);
  };
  slider.addEventListener("input", shown);
  box.hidden = false;
  shown();
  figure.dataset.layers = layers;
}
