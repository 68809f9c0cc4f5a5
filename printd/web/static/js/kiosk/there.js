/**
 * Whether the house answers. Before a screen is left it is asked: a browser that finds nobody shows
 * a page of its own, and no visitor gets away from there.
 */
const AGAIN_MS = 1500;
const icon = document.querySelector("link[rel=icon]").href; // whatever answers for it is enough

/** Wait until somebody answers; the screen says so meanwhile. */
export async function whenThere() {
  const away = document.getElementById("away");
  for (;;) {
    try {
      await fetch(icon, { method: "HEAD", cache: "no-store" });
      if (away) away.hidden = true;
      return;
    } catch {
      if (away) away.hidden = false;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/**
 * Send a form until somebody answers; everything that the kiosk sends may come twice.
 * @param {string} path
 * @param {URLSearchParams} body
 * @returns {Promise<{next?: string, code?: string, problem?: string, action?: string}>}
 */
export async function sent(path, body) {
  for (;;) {
    await whenThere();
    try {
      const answer = await fetch(path, { method: "POST", body, headers: { Accept: "application/json" } });
      const isTold = answer.headers.get("Content-Type")?.includes("json");
      return isTold ? await answer.json() : { next: location.pathname };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS)); // it has gone just now
    }
  }
}

/** Go to another screen, when somebody answers. */
export async function goTo(path) {
  await whenThere();
  location.assign(path);
}
