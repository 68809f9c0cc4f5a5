/** The phone of a visitor: a photo that is chosen is sent at once. */
import { send } from "./send.js";

const form = document.getElementById("phone-form");
const words = JSON.parse(document.querySelector("main").dataset.words);

form?.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("file")?.addEventListener("change", async (event) => {
  const [file] = event.target.files;
  const refused = document.getElementById("refused");
  const progress = document.getElementById("progress");
  if (!file || form.dataset.sent) return;
  form.dataset.sent = "1";
  refused.hidden = true;
  progress.hidden = false;
  try {
    await send(form.getAttribute("action"), file, file.name, {
      lost: words.lost,
      progress: (share) => (progress.value = share),
    });
    form.remove();
    document.getElementById("sent").hidden = false;
  } catch (error) {
    refused.textContent = error.message;
    refused.hidden = false;
    delete form.dataset.sent;
  } finally {
    progress.hidden = true;
    event.target.value = "";
  }
});
