/** The lines of YAML that keep settings under a name. */

/**
 * @param {string} name
 * @param {Record<string, unknown>} settings
 */
export function presetLines(name, settings) {
  const lines = Object.entries(settings)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => `    ${key}: ${scalar(value)}`);
  return `presets:\n  ${name}:\n${lines.join("\n") || "    {}"}\n`;
}

/** Words in quotes: YAML takes `yes`, `no` and `4:3` for something else. */
function scalar(value) {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** Copy the text of a field; browsers let pages do it themselves only where they are encrypted. */
export async function copyText(field) {
  field.select();
  if (navigator.clipboard) await navigator.clipboard.writeText(field.value);
  else document.execCommand("copy");
}
