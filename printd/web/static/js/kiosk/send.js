/** Sending a photo: one request, with its progress, and the words of a refusal. */

/** A refusal in the words of the page. */
export class NotSent extends Error {
  constructor(words) {
    super(`${words.problem} ${words.action}`.trim());
    this.code = words.code;
  }
}

/**
 * Send a photo.
 * @param {string} path
 * @param {Blob} photo
 * @param {string} name
 * @param {{form?: string, lost: string, progress?: (share: number) => void}} more
 * @returns {Promise<{next: string | null}>}
 * @throws {NotSent}
 */
export function send(path, photo, name, { form = "", lost, progress }) {
  const body = new FormData();
  body.append("file", photo, name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    if (form) request.setRequestHeader("X-Form-Word", form);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress?.(event.loaded / event.total);
    });
    const fail = () => reject(new NotSent({ code: "lost", problem: lost, action: "" }));
    request.addEventListener("error", fail);
    request.addEventListener("abort", fail);
    request.addEventListener("load", () => {
      if (request.status === 200 && request.response) resolve(request.response);
      else if (request.response?.problem) reject(new NotSent(request.response));
      else fail();
    });
    request.send(body);
  });
}
