/** K2: the camera of the kiosk, a file, and waiting for what a phone sends. */
import { formWord } from "../ask.js";
import { busy, over, stillHere } from "./idle.js";
import { send } from "./send.js";

const LOOK_MS = 1500;
const COUNT_MS = 1000;
const QUALITY = 0.92;
const WIDE_PX = { width: { ideal: 1920 }, height: { ideal: 1080 } };

const at = (id) => document.getElementById(id);
const sources = at("sources");
const words = JSON.parse(sources.dataset.words);
const view = at("camera-view");
const shot = at("camera-shot");
let stream = null;
let photo = null;
let isSending = false;

at("open-camera").addEventListener("click", open);
at("close-camera").addEventListener("click", close);
at("shoot").addEventListener("click", shoot);
at("again").addEventListener("click", again);
at("use").addEventListener("click", () => take(photo, "photo.jpg"));
at("file")?.addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (file) take(file, file.name).finally(() => (event.target.value = ""));
});
window.addEventListener("pagehide", stop);
navigator.mediaDevices?.addEventListener("devicechange", offer);
setInterval(look, LOOK_MS);
offer();

/** Offer the camera where there is one; until that is known no button stands where it may move. */
async function offer() {
  const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  const isThere = devices.some((one) => one.kind === "videoinput");
  at("camera-source").hidden = !isThere;
  delete at("ways").dataset.asking;
  if (!sources.querySelector(".source:not([hidden])")) refuse(words.none);
}

async function open() {
  refuse("");
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", ...WIDE_PX } });
  } catch {
    return refuse(words.camera);
  }
  view.srcObject = stream;
  await view.play();
  show("view");
}

function close() {
  stop();
  show("");
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  view.srcObject = null;
}

/** Count down, then keep what the camera sees; the preview is mirrored, the photo is not. */
async function shoot() {
  at("shoot").disabled = true;
  for (const count of [3, 2, 1]) {
    at("countdown").textContent = String(count);
    await new Promise((resolve) => setTimeout(resolve, COUNT_MS));
    if (!stream) break;
  }
  at("countdown").textContent = "";
  at("shoot").disabled = false;
  if (!stream) return;
  const canvas = document.createElement("canvas");
  canvas.width = view.videoWidth;
  canvas.height = view.videoHeight;
  canvas.getContext("2d").drawImage(view, 0, 0);
  photo = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  URL.revokeObjectURL(shot.src);
  shot.src = URL.createObjectURL(photo);
  show("shot");
}

function again() {
  photo = null;
  show("view");
}

/** Show the sources, the camera, or the photo that was taken, each with its buttons. */
function show(what) {
  sources.hidden = what !== "";
  at("camera").hidden = what === "";
  view.hidden = what !== "view";
  shot.hidden = what !== "shot";
  at("back").hidden = what !== "";
  if (at("keep")) at("keep").hidden = what !== "";
  at("close-camera").hidden = what === "";
  at("shoot").hidden = what !== "view";
  at("again").hidden = what !== "shot";
  at("use").hidden = what !== "shot";
}

/** Send the photo and go on; a double tap sends it once. */
async function take(file, name) {
  if (!file || isSending) return;
  isSending = true;
  refuse("");
  at("sending").hidden = false;
  try {
    const answer = await busy(() => send("/kiosk/photo", file, name, { form: formWord(), lost: words.lost }));
    stop();
    location.assign(answer.next);
  } catch (error) {
    if (error.code === "visit_over") return over();
    refuse(error.message);
    at("sending").hidden = true;
    isSending = false;
  }
}

function refuse(sentence) {
  at("refused").textContent = sentence;
  at("refused").hidden = !sentence;
}

/** Ask whether a phone has sent the photo; a code that is too old is shown anew. */
async function look() {
  if (isSending || document.hidden) return;
  try {
    const answer = await fetch(sources.dataset.now, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const now = await answer.json();
    if (now.comes) stillHere(); // somebody waits for their phone
    if (!stream) at("sending").hidden = !now.comes;
    if (now.over) location.replace("/kiosk");
    else if (now.next && !stream) location.assign(now.next);
    else if (!now.link && at("phone-code") && !stream) location.reload();
  } catch {
    // Nobody answers now; the next look will.
  }
}
