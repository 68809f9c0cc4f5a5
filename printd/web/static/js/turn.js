/** A photo turned by a quarter, as a file of its own. */

const QUALITY = 0.95;

/**
 * @param {Blob} photo that the browser can read
 * @param {number} quarters to the right; -1: to the left
 * @param {string} name of the file
 * @returns {Promise<File>}
 */
export async function turned(photo, quarters, name) {
  const picture = await createImageBitmap(photo, { imageOrientation: "from-image" });
  const canvas = document.createElement("canvas");
  canvas.width = picture.height;
  canvas.height = picture.width;
  const context = canvas.getContext("2d");
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((quarters * Math.PI) / 2);
  context.drawImage(picture, -picture.width / 2, -picture.height / 2);
  picture.close();
  // Only PNG keeps what is transparent.
  const type = photo.type === "image/png" ? "image/png" : "image/jpeg";
  const blob = await new Promise((done) => canvas.toBlob(done, type, QUALITY));
  const stem = name.replace(/\.[^.]*$/, "");
  return new File([blob], `${stem}.${type === "image/png" ? "png" : "jpg"}`, { type });
}
