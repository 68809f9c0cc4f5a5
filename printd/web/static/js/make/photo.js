/** The photo on the page: chosen or dropped, handed to the server, turned, and let go. */
import { ask } from "../ask.js";
import { turned } from "../turn.js";

const DRAFTS = "/api/v1/drafts";
const LONGEST_PX = 2048; // of the picture that the server makes where a browser cannot read the photo

/** One draft at a time. */
export class Photo {
  /**
   * @param {{busy: (isBusy: boolean) => void, ready: (photo: Photo) => void,
   *   refused: (error: Error) => void}} wishes
   */
  constructor(wishes) {
    this.wishes = wishes;
    this.file = null;
    this.draft = null;
    window.addEventListener("pagehide", () => this.#forget(this.draft));
  }

  /** Where the server has it. */
  get url() {
    return this.draft ? `${DRAFTS}/${this.draft.id}` : "";
  }

  /** What people call it: its file's name without the ending. */
  get name() {
    return this.file.name.replace(/\.[^.]*$/, "");
  }

  /** Hear the file field, and whatever is dropped on the page. */
  hear(field, page) {
    field.addEventListener("change", () => {
      const [file] = field.files;
      field.value = ""; // the same one may be chosen again
      if (file) this.take(file);
    });
    page.addEventListener("dragover", (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      page.classList.add("dropping");
    });
    page.addEventListener("dragleave", (event) => {
      if (!page.contains(event.relatedTarget)) page.classList.remove("dropping");
    });
    page.addEventListener("drop", (event) => {
      event.preventDefault();
      page.classList.remove("dropping");
      const [file] = event.dataTransfer.files;
      if (file) this.take(file);
    });
  }

  /** Hand a photo to the server. */
  async take(file, { isSame = false } = {}) {
    this.wishes.busy(true);
    try {
      const body = new FormData();
      body.append("file", file, file.name);
      const answer = await ask(DRAFTS, { method: "POST", body });
      const before = this.draft;
      this.draft = await answer.json();
      this.file = file;
      this.#forget(before);
      this.wishes.ready(this, isSame);
    } catch (error) {
      this.wishes.refused(error);
    } finally {
      this.wishes.busy(false);
    }
  }

  /** Take the photo of a job. */
  async takeOf(number, name) {
    try {
      const answer = await ask(`/api/v1/jobs/${number}/photo`, { headers: { Accept: "*/*" } });
      await this.take(new File([await answer.blob()], name));
    } catch (error) {
      this.wishes.refused(error);
    }
  }

  /** Hand it in again: the server has forgotten it. Several may notice at once. */
  async again() {
    if (!this.draft) return;
    this.draft = null;
    await this.take(this.file, { isSame: true });
  }

  /** Turn it by quarters to the right. */
  async turn(quarters) {
    let source = this.file;
    const isReadable = await createImageBitmap(source).then((bitmap) => bitmap.close() ?? true, () => false);
    if (!isReadable) source = await (await ask(`${this.url}/picture?longest_px=${LONGEST_PX}`)).blob();
    await this.take(await turned(source, quarters, this.file.name));
  }

  #forget(draft) {
    if (!draft) return;
    ask(`${DRAFTS}/${draft.id}`, { method: "DELETE", keepalive: true }).catch(() => {
      // the server forgets it by itself after a while
    });
  }
}
