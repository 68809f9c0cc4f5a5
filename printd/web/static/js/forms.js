/**
 * Forms that ask the API, and buttons that open them.
 *
 * `<form data-api="/api/v1/printers/{printer}/out">` sends its fields as JSON, empty ones left out,
 * numbers as numbers, ticks as true or false, days as their last moment. `data-method`: POST if
 * none is named. When it is done the form is emptied, its dialog closed, and it gets the event
 * `answered` with what came back. A refusal stands in the dialog, where nothing of it is lost.
 *
 * `<button data-opens="dialog" data-values='{"printer": "mk4"}'>` opens a dialog: the values fill
 * `{printer}` in the path, what says `data-say="printer"`, and the field `printer`, if there is one.
 * A dialog stands outside of what is fetched again, so nothing that is being typed is lost.
 */
import { ask } from "./ask.js";
import { refusal, word } from "./toast.js";

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-opens]");
  if (button) open(document.getElementById(button.dataset.opens), JSON.parse(button.dataset.values ?? "{}"));
  const close = event.target.closest?.("[data-closes]");
  if (close) close.closest("dialog").close();
  const words = event.target.closest?.("[data-fills]");
  if (words) {
    const field = document.getElementById(words.dataset.fills);
    field.value = words.textContent.trim();
    field.focus();
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.api === undefined) return;
  event.preventDefault();
  send(form, event.submitter);
});

function open(dialog, values) {
  const form = dialog.querySelector("form");
  form.reset();
  form.querySelector(".refusal")?.remove();
  form.values = values;
  for (const [name, value] of Object.entries(values)) {
    for (const place of dialog.querySelectorAll(`[data-say="${name}"]`)) place.textContent = value;
    const field = form.elements[name];
    if (field && field.type === "checkbox") field.dataset.is = value;
    else if (field) field.value = value;
  }
  dialog.dispatchEvent(new CustomEvent("opened", { detail: values }));
  dialog.showModal();
}

async function send(form, submitter) {
  if (form.getAttribute("aria-busy") === "true") return; // a double tap is one tap
  const { api, method = "POST" } = form.dataset;
  const path = api.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(form.values?.[name] ?? form.elements[name].value));
  form.setAttribute("aria-busy", "true");
  form.querySelector(".refusal")?.remove();
  try {
    const answer = await ask(path, method === "DELETE" ? { method } : { method, json: bodyOf(form, submitter) });
    form.dispatchEvent(new CustomEvent("answered", { bubbles: true, detail: await answer.json() }));
    form.closest("dialog")?.close();
    form.reset();
    document.body.dispatchEvent(new CustomEvent("changed"));
  } catch (error) {
    if (form.closest("dialog")) refuse(form, error);
    else refusal(error);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

function refuse(form, error) {
  const { problem, action } = error.words ?? {};
  const said = document.createElement("p");
  said.className = "refusal notice red";
  said.role = "alert";
  said.textContent = problem ? `${problem} ${action}` : word("lost");
  form.append(said);
}

function bodyOf(form, submitter) {
  const body = {};
  for (const field of [...form.elements, submitter]) {
    if (!field?.name || field.disabled || field.dataset.path !== undefined) continue;
    if (field.type === "submit" && field !== submitter) continue;
    if (field.type === "radio" && !field.checked) continue;
    const value = valueOf(field);
    if (value !== undefined) body[field.name] = value;
  }
  return body;
}

function valueOf(field) {
  if (field.type === "checkbox") {
    // One with a value of its own says that value or nothing.
    if (field.dataset.is !== undefined) return field.checked ? JSON.parse(field.dataset.is) : undefined;
    return field.checked;
  }
  if (field.value === "") return undefined;
  if (field.type === "number" || field.dataset.number !== undefined) return Number(field.value);
  if (field.type === "date") return new Date(`${field.value}T23:59:59`).toISOString();
  return field.value;
}
