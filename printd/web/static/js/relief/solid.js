/** A piece as the graphics card has it: one grid for the surface, walls round it, and a back. */
import * as three from "three";
import { wallsOf } from "./outline.js";
import { PROGRAMS } from "./shading.js";

const BACK_STRIPS = 64; // enough for a ring to look round

/** Draws one field; its shape may change with every frame. */
export class Solid {
  #field = null;
  #isRing = false;

  constructor() {
    this.group = new three.Group();
    this.uniforms = {
      heights: { value: null },
      keeps: { value: null },
      grid: { value: new three.Vector2(2, 2) },
      size: { value: new three.Vector2(1, 1) },
      low: { value: 0 },
      span: { value: 0 },
      inverted: { value: false },
      mirrored: { value: false },
      hasKeep: { value: false },
      isOpen: { value: false },
      curve: { value: 0 },
      colour: { value: new three.Color() },
      glows: { value: false },
      absorption: { value: 1 },
      thinnest: { value: 0 },
    };
    this.parts = Object.fromEntries(
      Object.entries(PROGRAMS).map(([name, [vertexShader, fragmentShader]]) => {
        const { uniforms } = this;
        const material = new three.ShaderMaterial({ vertexShader, fragmentShader, uniforms, side: three.DoubleSide });
        const mesh = new three.Mesh(new three.BufferGeometry(), material);
        mesh.frustumCulled = false; // its vertices are placed by the program
        this.group.add(mesh);
        return [name, mesh];
      }),
    );
  }

  /** Triangles that are drawn. */
  get triangles() {
    return Object.values(this.parts)
      .filter((mesh) => mesh.visible && mesh.geometry.index)
      .reduce((sum, mesh) => sum + mesh.geometry.index.count / 3, 0);
  }

  /**
   * Take the heights of another field.
   * @param {import("./field.js").Field} field
   * @param {import("./shape.js").Shape} shape
   */
  load(field, shape) {
    const { cols, rows } = field;
    const isOther = this.#field?.cols !== cols || this.#field?.rows !== rows;
    const hadKeep = Boolean(this.#field?.keep);
    this.#field = field;
    const { uniforms } = this;
    uniforms.heights.value?.dispose();
    uniforms.heights.value = heightsTexture(field);
    uniforms.keeps.value?.dispose();
    uniforms.keeps.value = keepTexture(field);
    uniforms.hasKeep.value = field.keep !== null;
    uniforms.grid.value.set(cols, rows);
    if (isOther) {
      replace(this.parts.top, gridOf(cols, rows, cols, rows));
      replace(this.parts.back, gridOf(Math.min(cols, BACK_STRIPS + 1), 2, cols, rows));
    }
    if (isOther || hadKeep || field.keep || shape.isRing !== this.#isRing) this.#raiseWalls(shape.isRing);
  }

  /**
   * Show the field in this shape.
   * @param {import("./shape.js").Shape} shape
   */
  wear(shape) {
    const { uniforms } = this;
    uniforms.size.value.set(shape.widthMm, shape.heightMm);
    uniforms.low.value = shape.low;
    uniforms.span.value = shape.span;
    uniforms.thinnest.value = shape.low;
    uniforms.inverted.value = shape.inverted;
    uniforms.mirrored.value = shape.mirrored;
    uniforms.isOpen.value = !shape.isSolid;
    uniforms.absorption.value = shape.absorption;
    uniforms.curve.value = shape.side === "none" ? 0 : (shape.side === "outer" ? 1 : -1) / shape.radiusMm;
    this.parts.wall.visible = this.parts.back.visible = shape.isSolid;
    if (shape.isRing !== this.#isRing) this.#raiseWalls(shape.isRing);
  }

  #raiseWalls(isRing) {
    this.#isRing = isRing;
    const { ends, along, outward, index } = wallsOf(this.#field, isRing);
    const geometry = new three.BufferGeometry();
    geometry.setAttribute("ends", new three.BufferAttribute(ends, 4));
    geometry.setAttribute("along", new three.BufferAttribute(along, 2));
    geometry.setAttribute("outward", new three.BufferAttribute(outward, 2));
    geometry.setIndex(new three.BufferAttribute(index, 1));
    replace(this.parts.wall, geometry);
  }

  /** Free what the graphics card holds. */
  dispose() {
    for (const mesh of Object.values(this.parts)) {
      mesh.geometry.dispose();
      mesh.material.dispose();
    }
    this.uniforms.heights.value?.dispose();
    this.uniforms.keeps.value?.dispose();
  }
}

function replace(mesh, geometry) {
  mesh.geometry.dispose();
  mesh.geometry = geometry;
}

/** A grid over the samples of a field, with so many of its own across and down. */
function gridOf(across, down, cols, rows) {
  const cell = new Float32Array(across * down * 2);
  const index = new Uint32Array((across - 1) * (down - 1) * 6);
  let at = 0;
  for (let j = 0; j < down; j++) {
    for (let i = 0; i < across; i++) {
      cell[at++] = (i * (cols - 1)) / (across - 1);
      cell[at++] = (j * (rows - 1)) / (down - 1);
    }
  }
  at = 0;
  for (let j = 0; j + 1 < down; j++) {
    for (let i = 0; i + 1 < across; i++) {
      const a = j * across + i;
      const [b, c, d] = [a + 1, a + across, a + across + 1];
      index[at++] = a;
      index[at++] = c;
      index[at++] = b;
      index[at++] = b;
      index[at++] = c;
      index[at++] = d;
    }
  }
  const geometry = new three.BufferGeometry();
  geometry.setAttribute("cell", new three.BufferAttribute(cell, 2));
  geometry.setIndex(new three.BufferAttribute(index, 1));
  return geometry;
}

/** Whole numbers: no graphics card rounds them, and every one of WebGL 2 can read them. */
function heightsTexture({ heights, cols, rows }) {
  const texture = new three.DataTexture(heights, cols, rows, three.RedIntegerFormat, three.UnsignedShortType);
  texture.internalFormat = "R16UI";
  texture.unpackAlignment = 2;
  texture.needsUpdate = true;
  return texture;
}

function keepTexture({ keep, cols, rows }) {
  const texture = keep
    ? new three.DataTexture(keep, cols, rows, three.RedFormat, three.UnsignedByteType)
    : new three.DataTexture(new Uint8Array([255]), 1, 1, three.RedFormat, three.UnsignedByteType);
  texture.magFilter = texture.minFilter = three.LinearFilter;
  texture.unpackAlignment = 1;
  texture.needsUpdate = true;
  return texture;
}
