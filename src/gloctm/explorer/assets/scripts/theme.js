// Runs in the page's head, before anything is painted, so that a dark page never flashes white.

/** Key of the reader's choice. Under file://, some browsers keep nothing, or refuse access. */
const THEME_KEY = "gloctm-theme";

/** Return the theme that was chosen before, or null. */
function rememberedTheme() {
  try {
    const theme = localStorage.getItem(THEME_KEY);
    return theme === "dark" || theme === "light" ? theme : null;
  } catch {
    return null;
  }
}

/** Return the theme that the system prefers. */
function systemTheme() {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

document.documentElement.dataset.theme = rememberedTheme() ?? systemTheme();
