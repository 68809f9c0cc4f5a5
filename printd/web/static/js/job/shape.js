/** The shape of a job, turned by hand. */
import { Mesh, MeshStandardMaterial } from "three";
import { STLLoader } from "three/addons/loaders/STLLoader.js";

import { ask } from "../ask.js";
import { Stage } from "./stage.js";

const PLASTIC = 0xd9d5c8;

/** Draw the shape over the picture of a figure; without WebGL the picture stays. */
export async function show(figure) {
  const answer = await ask(figure.dataset.shape, { headers: { Accept: "*/*" } });
  const shape = new STLLoader().parse(await answer.arrayBuffer());
  const frame = figure.querySelector(".frame");
  let stage;
  try {
    stage = new Stage(frame, frame.querySelector("img").alt);
  } catch {
    document.body.dataset.view = "none";
    return;
  }
  const material = new MeshStandardMaterial({ color: PLASTIC, roughness: 0.85, flatShading: true });
  stage.put(new Mesh(shape, material));
  const views = figure.querySelector(".views");
  views.hidden = false;
  views.addEventListener("click", (event) => {
    const name = event.target.closest("[data-look]")?.dataset.look;
    if (name) stage.look(name);
  });
  document.body.dataset.view = "ready";
  const { min, max } = stage.box;
  window.printd = {
    view: {
      info: () => ({
        triangles: shape.attributes.position.count / 3,
        sizeMm: [max.x - min.x, max.y - min.y, max.z - min.z],
      }),
    },
  };
}
