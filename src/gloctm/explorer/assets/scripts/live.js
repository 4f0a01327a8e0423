// "Try a text": the model infers texts of the reader's own. Only in pages that a server hands out.

/** Topics of a text that are shown at first. */
const MOST_TOPICS = 8;
/** A word that changes a topic's share by less, one percentage point, is not marked. */
const LEAST_WEIGHT = 0.01;
/** The option for a language that is named by its code. */
const BY_CODE = "by code";

/** The code of a language that could not be identified. */
const UNIDENTIFIED = "und";

/** The token that the server needs, kept while the page is open. */
let token = null;

/** Send a request to the server; its errors become sentences. */
async function ask(path, body, headers = {}) {
  const authorization = token ? { Authorization: `Bearer ${token}` } : {};
  let response;
  try {
    response = await fetch(path, { method: "POST", body, headers: { ...headers, ...authorization } });
  } catch {
    throw new Error("The server can't be reached.");
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  const error = new Error(asSentence(typeof answer.detail === "string" ? answer.detail : `the server answered ${response.status}`));
  error.status = response.status;
  // Of changes that come after someone else's.
  error.view = answer.view;
  error.wantsToken = response.status === 401;
  throw error;
}

/** Turn what the server says into a sentence of a page. */
function asSentence(text) {
  const told = text.replace(/documents\[(\d+)\]/, (_, place) => `line ${Number(place) + 1}`);
  const begun = `${told.slice(0, 1).toUpperCase()}${told.slice(1)}`;
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

/** Name a language, trained or not. */
function nameOfAny(code) {
  if (code === UNIDENTIFIED) return "unknown language";
  if (languageNamed(code) || !languageTag(code)) return languageName(code);
  return knownLanguages.of(code);
}

/** Show the server's warnings. */
const warningParts = (warnings) => warnings.map((warning) => make("p", { class: "warning" }, make("strong", {}, "Warning: "), asSentence(warning)));

function tryView() {
  return {
    title: "Try a text",
    content: [
      make("h1", {}, "Try a text"),
      make("p", { class: "lead" }, "Type or paste a text in any language that the model's encoder knows, and see what it is about."),
      textForm(),
      section("Many texts at once", fileForm()),
    ],
  };
}

/** Make a choice of a language: to be identified, trained, or any other by its code; value() returns it. */
function languageChoice(label) {
  const id = freshId("code");
  const code = make("input", { id, size: "12", maxlength: "35", required: true, autocapitalize: "off", autocomplete: "off", spellcheck: "false" });
  const other = make("div", { class: "choice" }, make("label", { for: id }, "Its code, as in fr or zh-Hant"), code);
  const named = summary.languages.map((language) => [language.code, language.name]);
  const picked = choice(label, [["", "identify it"], ...named, [BY_CODE, "another, by its code"]], "", (chosen) => {
    if (chosen === BY_CODE) {
      picked.after(other);
      code.focus();
    } else other.remove();
  });
  const select = picked.querySelector("select");
  return { element: picked, value: () => (select.value === BY_CODE ? code.value.trim() : select.value) || null };
}

function textForm() {
  const text = make("textarea", { id: "text", rows: "6", dir: "auto", required: true });
  const language = languageChoice("Language");
  const lines = make("input", { type: "checkbox", id: "lines" });
  const each = make("div", { class: "choice", hidden: true }, lines, make("label", { for: "lines" }, "Each line is a text of its own"));
  const result = make("div", { class: "result", role: "status" });
  const button = make("button", { class: "main" }, "Find its topics");
  const form = make(
    "form",
    {},
    make("label", { for: "text" }, "Text"),
    text,
    make("div", { class: "row" }, language.element, each, button),
  );
  form.addEventListener("input", () => {
    each.hidden = linesOf(text.value).length < 2;
    forget(button, result);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const several = lines.checked && !each.hidden;
    const texts = several ? linesOf(text.value) : [text.value];
    const documents = texts.map((line, place) => ({ text: line, lang: language.value(), id: place + 1 }));
    run(button, result, async () => {
      const body = JSON.stringify({ documents, explain: !several, via: "page", keep_unidentified: several });
      const response = await ask("api/transform", body, { "Content-Type": "application/json" });
      const answer = await response.json();
      return several ? linesResult(texts, answer) : textResult(texts[0], answer);
    });
  });
  return make("div", {}, form, result);
}

/** Remove the result for the previous text once the text changes. */
function forget(button, result) {
  if (!button.getAttribute("aria-disabled")) result.replaceChildren();
}

/** Run something that takes a while, once at a time, and show its result or its error. */
async function run(button, place, work) {
  if (button.getAttribute("aria-disabled")) return;
  button.setAttribute("aria-disabled", "true");
  place.replaceChildren(make("p", { class: "note" }, "One moment…"));
  try {
    place.replaceChildren(await work());
  } catch (error) {
    place.replaceChildren(make("p", { class: "problem" }, error.message), ...(error.wantsToken ? [tokenForm()] : []));
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** Ask for the token that a server needs if others can reach it. */
function tokenForm() {
  const input = make("input", { type: "password", autocomplete: "off", id: "token" });
  const form = make("form", { class: "row" }, make("label", { for: "token" }, "Token of the server"), input, make("button", {}, "Use it"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    token = input.value.trim() || null;
    form.replaceWith(make("p", {}, "Now try again."));
  });
  return form;
}

/** Show a text's topics, and the words that led there. */
function textResult(text, { topics, documents: [{ lang, theta, words }], warnings }) {
  const trained = Boolean(languageNamed(lang));
  const language = make("p", { class: "note" }, `Language: ${nameOfAny(lang)}. ${trained ? `Inferred by ${inferredBy()}, like all figures here.` : "The model was not trained on it, so its words are linked to those of the languages here."}`);
  const above = [language, ...warningParts(warnings)];
  if (!theta) return make("div", {}, above);
  return make("div", {}, above, make("h2", {}, "Its topics"), softNote(), shareLists(topics, theta), make("h2", {}, "The words that led there"), ledThere(text, lang, words));
}

/** Return the lines that have something in them. */
const linesOf = (text) => text.split(/\r\n|\r|\n/).filter((line) => line.trim());

/** Speak of lines, whose ids are their numbers, where the server speaks of documents. */
const aboutLines = (warning) => warning.replace("documents, the first with the id", "lines, the first in line").replace(" (und)", "");

/** Show the largest topic of each of several texts. */
function linesResult(texts, { topics, documents, warnings }) {
  const rows = documents.map(({ lang, theta }, place) => {
    const [largest = null] = theta ? sharesOf(topics, theta) : [];
    return { text: texts[place], lang, topic: largest?.topic ?? null, share: largest?.share ?? null };
  });
  const table = dataTable({
    caption: "topics of the lines",
    rows,
    columns: [
      { label: "text", value: ({ text }) => text, node: ({ text, lang }) => make("span", { dir: "auto", lang: languageTag(lang) }, text), header: true },
      { label: "language", value: ({ lang }) => nameOfAny(lang) },
      { label: "largest topic", value: ({ topic }) => topic?.id, node: ({ topic }) => (topic ? topicLink(topic) : NOTHING), save: ({ topic }) => topic && topicText(topic) },
      { label: "share", value: ({ share }) => share, text: ({ share }) => (share === null ? NOTHING : formatPercent(share)), numeric: true },
    ],
  });
  return make("div", {}, ...warningParts(warnings.map(aboutLines)), make("h2", {}, "Their topics"), softNote(), table);
}

function softNote() {
  const text = softShares("Shares are soft, so topics that are hardly present have some, too: read the first ones.");
  return text && make("p", { class: "note" }, text);
}

/**
 * Return the shares of the topics that the page shows, the largest first: those that it has merged add up, and those that
 * it hides are left out. The server may show others, if somebody has changed its view since.
 */
function sharesOf(topics, theta) {
  const sums = new Map();
  theta.forEach((share, place) => {
    const topic = topicOf(topics[place]);
    if (topic) sums.set(topic, (sums.get(topic) ?? 0) + share);
  });
  return [...sums].map(([topic, share]) => ({ topic, share })).sort((one, other) => other.share - one.share);
}

/** List the topics of a text, the largest first; small ones are folded. */
function shareLists(topics, theta) {
  const shares = sharesOf(topics, theta);
  const largest = Math.max(shares[0]?.share ?? 0, Number.MIN_VALUE);
  const list = (some, attributes = {}) =>
    make(
      "ol",
      { class: "bars topic-list", ...attributes },
      some.map(({ share, topic }) => make("li", {}, barOf(share / largest), topicLink(topic), make("span", { class: "figures" }, formatPercent(share)))),
    );
  const further = list(shares.slice(MOST_TOPICS), { id: freshId("topics"), hidden: true });
  const rest = shares.length - MOST_TOPICS;
  return rest > 0 ? [list(shares.slice(0, MOST_TOPICS)), unfolder(further, rest, "its topics"), further] : [list(shares)];
}

/** Show the text with the words that changed a topic's share, and by how much. */
function ledThere(text, lang, words) {
  const telling = words
    .map((word) => ({ ...word, topics: word.topics.filter(([id, weight]) => weight >= LEAST_WEIGHT && topicOf(id)) }))
    .filter(({ topics }) => topics.length);
  const marks = telling.map(({ start, end }) => [start, end]);
  const once = [...new Map(telling.map((word) => [word.word, word])).values()];
  const says = once.length
    ? `Without a marked word, the topic's share would be smaller by the percentage points below. Words that are not marked ${summary.inference === "context" ? "change little" : "are in none of the model's vocabularies, or change little"}.`
    : "No word by itself changes a topic's share by a percentage point.";
  return [
    make("p", { class: "note" }, says),
    make("p", { class: "document text", lang: languageTag(lang), dir: "auto" }, markedText(text, marks, (number) => wordAttributes(telling[number]))),
    once.length > 0 && wordsTable(once),
  ];
}

/** Return the title of a marked word: its topics. */
function wordAttributes({ topics }) {
  return { title: topics.map(([id]) => topicText(topicOf(id))).join("; ") };
}

function wordsTable(words) {
  return dataTable({
    caption: "words of the text",
    rows: words,
    columns: [
      { label: "word", value: ({ word }) => word, node: ({ word }) => make("span", { dir: "auto" }, word), header: true },
      {
        label: "raises (percentage points)",
        value: ({ topics }) => topics.map(([id, weight]) => `${id}: ${(100 * weight).toFixed(1)}`).join("; "),
        node: ({ topics }) =>
          make(
            "ul",
            { class: "plain" },
            topics.map(([id, weight]) => make("li", {}, topicLink(topicOf(id)), ` ${formatPoints(weight)}`)),
          ),
      },
    ],
  });
}

function fileForm() {
  const file = make("input", { type: "file", id: "file", required: true, accept: ".jsonl,.json,.ndjson,.csv,.tsv,.txt" });
  const column = make("input", { id: "column", value: "text", size: "12", maxlength: "200", required: true, autocomplete: "off", spellcheck: "false" });
  const language = languageChoice("Language of texts that name none");
  const format = choice("Result as", [["csv", "CSV"], ["jsonl", "JSON lines"]], "csv", () => {});
  const result = make("div", { class: "result", role: "status" });
  const button = make("button", { class: "main" }, "Upload and save the result");
  const form = make(
    "form",
    {},
    make("label", { for: "file" }, "A file of texts: CSV, TSV, JSON lines, or plain text with one text per line"),
    file,
    make(
      "div",
      { class: "row" },
      make("div", { class: "choice" }, make("label", { for: "column" }, "Column of the texts"), column),
      language.element,
      format,
      button,
    ),
  );
  form.addEventListener("input", () => forget(button, result));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(button, result, async () => {
      const ending = format.querySelector("select").value;
      const fields = { file: file.files[0], format: ending, text_column: column.value, lang: language.value() ?? "", via: "page" };
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) body.append(name, value);
      const response = await ask("api/transform/file", body);
      const name = fileName(`theta ${file.files[0].name.replace(/\.[^.]*$/, "")}`, ending);
      saveBlob(await response.blob(), name);
      const warnings = JSON.parse(response.headers.get("gloctm-warnings") ?? "[]");
      return make("div", {}, make("p", {}, `Saved as ${name}.`), warningParts(warnings));
    });
  });
  return make("div", {}, form, result);
}
