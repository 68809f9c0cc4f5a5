/**
 * Pictures of beds: `<canvas data-camera="/api/v1/printers/mk4/camera.jpg">`, a new one every ten
 * seconds while it is seen and the page is shown. Drawn, so that what is fetched again does not
 * make it flicker.
 */
const EVERY_MS = 10000;
const AWAY_MS = 30000; // a camera that gives nothing is asked less often
const shownAt = new WeakMap();

function isSeen(part) {
  const box = part.getBoundingClientRect();
  return box.bottom > 0 && box.top < window.innerHeight;
}

async function draw(canvas) {
  shownAt.set(canvas, Date.now());
  const words = canvas.nextElementSibling;
  try {
    const answer = await fetch(canvas.dataset.camera);
    if (!answer.ok) {
      canvas.dataset.state = "none";
      words.textContent = (await answer.json()).problem;
      return;
    }
    const picture = await createImageBitmap(await answer.blob());
    const scale = Math.max(canvas.width / picture.width, canvas.height / picture.height);
    const [width, height] = [picture.width * scale, picture.height * scale];
    canvas.getContext("2d").drawImage(picture, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
    canvas.dataset.state = "shown";
    words.textContent = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  } catch {
    canvas.dataset.state = "none"; // nobody answers, or it is no picture
    words.textContent = canvas.dataset.away;
  }
}

function look() {
  if (document.hidden) return;
  for (const canvas of document.querySelectorAll("canvas[data-camera]")) {
    const age = Date.now() - (shownAt.get(canvas) ?? 0);
    const every = canvas.dataset.state === "none" ? AWAY_MS : EVERY_MS;
    if (age >= every && isSeen(canvas.parentElement)) draw(canvas);
  }
}

setInterval(look, 1000);
document.addEventListener("visibilitychange", look);
look();
