/** Settings as the server takes them in an address. */

/**
 * @param {Record<string, unknown>} settings recipe, preset and settings of a relief, by their names
 * @param {Record<string, unknown>} [more]
 * @returns {URLSearchParams}
 */
export function queryOf(settings, more = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...settings, ...more })) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  return query;
}
