/** Profiles are tried out on their slicer when somebody asks; what comes of it stands beside them. */
import { ask } from "./ask.js";
import { refusal } from "./toast.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-check]");
  if (!button || button.getAttribute("aria-busy") === "true") return;
  const said = button.closest(".profile").querySelector(".checked");
  button.setAttribute("aria-busy", "true");
  said.className = "checked quiet";
  said.textContent = button.dataset.busy;
  try {
    const health = await (await ask(button.dataset.check, { method: "POST" })).json();
    said.className = `checked notice ${{ ok: "green", warn: "amber", fail: "red" }[health.verdict]}`;
    said.textContent = `${health.fact} ${health.remedy}`.trim();
  } catch (error) {
    said.textContent = "";
    refusal(error);
  } finally {
    button.removeAttribute("aria-busy");
  }
});
