// Runs in the page's head, before anything is painted, so that a dark page never flashes white.

/** Where a reader's choice is kept. Under file:// some browsers keep nothing, or refuse to be asked. */
const THEME_KEY = "gloctm-theme";

/** The theme chosen here before, or null. */
function rememberedTheme() {
  try {
    const theme = localStorage.getItem(THEME_KEY);
    return theme === "dark" || theme === "light" ? theme : null;
  } catch {
    return null;
  }
}

/** What the system prefers. */
function systemTheme() {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

document.documentElement.dataset.theme = rememberedTheme() ?? systemTheme();
