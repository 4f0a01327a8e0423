// The reader's language: in which names of topics and words are shown.

/** Key of the reader's choice. Under file://, some browsers keep nothing, or refuse access. */
const LANGUAGE_KEY = "gloctm-language";

/** The reader's choice, a code or "all"; undefined until it is first needed. */
let readersChoice;

/** Return what is remembered under a key, or null. */
function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Remember a text under a key, or forget it with null; where nothing is kept, it lasts as long as the page. */
function remember(key, text) {
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    // Nothing to be done.
  }
}

/** Return the language in which names and words are shown, or "all". */
function readerLanguage() {
  readersChoice ??= remembered(LANGUAGE_KEY) ?? "all";
  // What is remembered may be of another report.
  return summary.languages.length > 1 && languageNamed(readersChoice) ? readersChoice : "all";
}

/** Return the codes of the languages whose words are shown: all, or the reader's. */
function shownLanguages() {
  const code = readerLanguage();
  return code === "all" ? summary.languages.map((language) => language.code) : [code];
}

/** Return the codes of all languages, the reader's first. */
function languagesInOrder() {
  const shown = shownLanguages();
  return [...shown, ...summary.languages.map(({ code }) => code).filter((code) => !shown.includes(code))];
}

/** Return a topic's name in the reader's language. */
function topicTitle(topic) {
  return topic.names?.[readerLanguage()] ?? topic.name;
}

/** Set up the switch in the header; reports in one language have none. */
function listenToLanguage(select) {
  const { languages } = summary;
  select.closest(".reader").hidden = languages.length < 2;
  const options = [["all", "all languages"], ...languages.map(({ code, name }) => [code, name])];
  select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
  select.value = readerLanguage();
  select.addEventListener("change", () => {
    readersChoice = select.value;
    remember(LANGUAGE_KEY, readersChoice);
    redraw();
    announce(readersChoice === "all" ? "Names and words in all languages." : `Names and words in ${languageName(readersChoice)}.`);
  });
}

/**
 * Make a grid of columns, one per language. With one language chosen, its column is first, and a button unfolds the others.
 *
 * @param {HTMLElement} grid where the columns go
 * @param {{code: string, element: HTMLElement}[]} columns in the order of languagesInOrder()
 * @param {string} what is in them: "words"
 * @param {function} [onUnfold] called after the others were shown or hidden
 * @returns {HTMLElement|null} the button; null if no column is folded
 */
function foldLanguages(grid, columns, what, onUnfold = () => {}) {
  const shown = shownLanguages();
  const others = columns.filter(({ code }) => !shown.includes(code));
  grid.append(...columns.map(({ element }) => element));
  // A topic without words in the reader's language shows the others.
  if (!others.length || others.length === columns.length) return null;
  const texts = { false: `Show ${what} in ${others.length === 1 ? languageName(others[0].code) : `${others.length} other languages`}`, true: `Hide ${what} in other languages` };
  const button = make("button", { type: "button", class: "others", "aria-expanded": "false" });
  const show = (all) => {
    for (const { element } of others) element.hidden = !all;
    grid.classList.toggle("alone", !all);
    button.setAttribute("aria-expanded", String(all));
    button.textContent = texts[all];
    onUnfold(all);
  };
  button.addEventListener("click", () => show(others[0].element.hidden));
  show(false);
  return button;
}
