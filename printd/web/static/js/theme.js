/** Light or dark: as the system has it, until somebody chooses. */
const KEY = "printd.theme";

/** Show the page as it was chosen, and let the switch of the page choose another way. */
export function wearTheme() {
  const root = document.documentElement;
  const chosen = localStorage.getItem(KEY);
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  for (const button of document.querySelectorAll("[data-theme-switch]")) {
    button.addEventListener("click", () => {
      const isDark = getComputedStyle(root).colorScheme === "dark";
      root.dataset.theme = isDark ? "light" : "dark";
      localStorage.setItem(KEY, root.dataset.theme);
    });
  }
}
