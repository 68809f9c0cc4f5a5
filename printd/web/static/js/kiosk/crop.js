/**
 * K3: a frame that stands still, and the photo behind it, moved by fingers or by buttons.
 *
 * What is sent is the framed part as fractions of the upright photo. A photo that is turned is sent
 * anew, as it is seen.
 */
import Cropper from "cropperjs";

import { formWord } from "../ask.js";
import { boxOf, cropOf } from "../crop_box.js";
import { turned as turnedFile } from "../turn.js";
import { busy, over } from "./idle.js";
import { send } from "./send.js";

const ZOOM = 0.12;
const NUDGE_PX = 24;
const SHARE = 0.94; // of the view, that the frame fills
const LEAST_SHARE = 0.002; // of an edge; less is a matter of rounding

const root = document.getElementById("crop");
const begin = JSON.parse(root.dataset.begin);
const host = document.getElementById("crop-view");
const note = document.getElementById("crop-note");
const form = document.getElementById("crop-form");
const next = form.querySelector("button");
let shape = begin.shape; // width by height; "": the whole photo
let isTurned = false;
let photo = null; // as it is seen
let picture = null;
let cropper = null;

/** What lies between tags of cropper: no way to move but the photo. */
const TEMPLATE = `<cropper-canvas background>
  <cropper-image scalable translatable alt=""></cropper-image>
  <cropper-shade></cropper-shade>
  <cropper-handle action="move" plain></cropper-handle>
  <cropper-selection outlined><cropper-grid role="grid" covered></cropper-grid></cropper-selection>
</cropper-canvas>`;

start();

async function start() {
  const answer = await fetch(begin.picture).catch(() => null);
  if (!answer?.ok) return over(); // it is erased, or whoever had it is gone
  photo = await answer.blob();
  picture = await loaded(photo);
  await lay();
  root.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.crop) act(button.dataset.crop);
    if (button?.dataset.shape) choose(button);
  });
  form.addEventListener("submit", submit);
  new ResizeObserver(() => lay()).observe(host);
}

function drawn() {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}

/** The picture of a file; that of before is let go. */
async function loaded(file) {
  if (picture) URL.revokeObjectURL(picture.src);
  const image = new Image();
  image.src = URL.createObjectURL(file);
  await image.decode();
  return image;
}

let laidOut = "";
let layings = 0;
let isLaid = false;

/** Put photo and frame into the view as large as they fit; what counts stays, unless it is made anew. */
async function lay(anew = false) {
  const key = `${host.clientWidth}x${host.clientHeight}`;
  if ((!anew && key === laidOut) || !host.clientWidth || !host.clientHeight) return;
  laidOut = key;
  const laying = ++layings;
  const kept = !anew && isLaid ? part() : null;
  isLaid = false;
  cropper?.destroy();
  host.replaceChildren();
  const image = document.createElement("img");
  image.src = picture.src;
  image.alt = "";
  host.append(image);
  cropper = new Cropper(image, { container: host, template: TEMPLATE });
  const canvas = cropper.getCropperCanvas();
  const shown = cropper.getCropperImage();
  const frame = cropper.getCropperSelection();
  await shown.$ready();
  await drawn(); // it puts itself into the middle once
  if (laying !== layings) return; // laid anew meanwhile
  const { clientWidth: across, clientHeight: down } = host;
  const ratio = shape ? Number(shape) : picture.naturalWidth / picture.naturalHeight;
  const width = Math.min(across * SHARE, down * SHARE * ratio);
  frame.$change((across - width) / 2, (down - width / ratio) / 2, width, width / ratio);
  const [wide, tall] = [picture.naturalWidth, picture.naturalHeight];
  const [left, top, right] = kept ?? centred(ratio);
  const scale = width / ((right - left) * wide);
  const x = frame.x - left * wide * scale - (wide - wide * scale) / 2;
  const y = frame.y - top * tall * scale - (tall - tall * scale) / 2;
  shown.$setTransform(scale, 0, 0, scale, x, y);
  isLaid = true;
  shown.addEventListener("transform", keepFilled);
  canvas.addEventListener("actionend", () => tell());
  tell();
}

/** The largest part of this shape, in the middle. */
function centred(ratio) {
  return boxOf(`${ratio}:1`, picture.naturalWidth, picture.naturalHeight);
}

/** Refuse a move that would leave a part of the frame empty. */
function keepFilled(event) {
  const [scale, , , , x, y] = event.detail.matrix;
  const { naturalWidth: width, naturalHeight: height } = picture;
  const left = x + (width - width * scale) / 2;
  const top = y + (height - height * scale) / 2;
  const frame = cropper.getCropperSelection();
  const off = 0.5;
  const isFilled =
    left <= frame.x + off &&
    top <= frame.y + off &&
    left + width * scale >= frame.x + frame.width - off &&
    top + height * scale >= frame.y + frame.height - off;
  if (!isFilled) event.preventDefault();
  else requestAnimationFrame(tell);
}

/** Where the frame lies on the photo, as fractions. */
function part() {
  const [scale, , , , x, y] = cropper.getCropperImage().$getTransform();
  const { naturalWidth: width, naturalHeight: height } = picture;
  const left = x + (width - width * scale) / 2;
  const top = y + (height - height * scale) / 2;
  const frame = cropper.getCropperSelection();
  const share = (value) => (value < LEAST_SHARE ? 0 : value > 1 - LEAST_SHARE ? 1 : value);
  return [
    share((frame.x - left) / (width * scale)),
    share((frame.y - top) / (height * scale)),
    share((frame.x + frame.width - left) / (width * scale)),
    share((frame.y + frame.height - top) / (height * scale)),
  ];
}

/** Say when the part is small, and what is sent of it. */
function tell() {
  const [left, top, right, bottom] = part();
  const [width, height] = sides();
  const across = Math.round((right - left) * width);
  const down = Math.round((bottom - top) * height);
  const least = Math.min(across, down);
  const sentence = least < begin.least ? begin.words.small : least < begin.soft ? begin.words.soft : "";
  note.textContent = sentence.replace("{size}", `${across} × ${down}`);
  note.hidden = !sentence;
  next.disabled = least < begin.least;
  document.getElementById("crop-said").value = cropOf([left, top, right, bottom]);
}

/** The dots of the photo: those of the original, while that is what is sent. */
function sides() {
  return isTurned ? [picture.naturalWidth, picture.naturalHeight] : [begin.width, begin.height];
}

function act(what) {
  const shown = cropper.getCropperImage();
  const moves = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };
  if (what === "in") shown.$zoom(ZOOM);
  else if (what === "out") shrink(shown);
  else if (what === "turn") turn();
  else shown.$move(...moves[what].map((one) => one * NUDGE_PX));
  tell();
}

/** Zoom out as far as the frame stays filled; at its edge the photo comes back to the middle. */
function shrink(shown) {
  const before = shown.$getTransform()[0];
  shown.$zoom(-ZOOM);
  if (shown.$getTransform()[0] === before) lay(true);
}

async function turn() {
  photo = await turnedFile(photo, 1, "photo.jpg");
  picture = await loaded(photo);
  isTurned = true;
  await lay(true);
}

function choose(button) {
  shape = button.dataset.shape === "whole" ? "" : button.dataset.shape;
  for (const one of root.querySelectorAll("[data-shape]")) {
    one.setAttribute("aria-pressed", String(one === button));
  }
  lay(true);
}

/** Send a photo that was turned, before its part. */
async function submit(event) {
  if (!isTurned || form.dataset.turned) return;
  event.preventDefault();
  form.dataset.turned = "1";
  next.disabled = true;
  try {
    await busy(() => send("/kiosk/photo", photo, photo.name, { form: formWord(), lost: begin.words.lost }));
    next.disabled = false;
    form.requestSubmit();
  } catch (error) {
    if (error.code === "visit_over") return over();
    delete form.dataset.turned;
    next.disabled = false;
    note.textContent = error.message;
    note.hidden = false;
  }
}
