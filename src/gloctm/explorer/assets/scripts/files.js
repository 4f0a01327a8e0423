// What readers copy or save: tables, images, the citation.

/** Escape a text that a spreadsheet would run as a formula: words, labels and ids come from documents. */
function savedText(value) {
  if (value === null || value === undefined) return "";
  const text = String(value);
  return typeof value !== "number" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** Write a field of CSV (RFC 4180). */
function csvField(value) {
  const text = savedText(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Write rows as CSV. */
const csv = (rows) => rows.map((row) => row.map(csvField).join(",")).join("\r\n") + "\r\n";

/** Write rows as spreadsheets read them from the clipboard. */
const tabbed = (rows) =>
  rows.map((row) => row.map((value) => savedText(value).replace(/[\t\r\n]+/g, " ")).join("\t")).join("\n");

/** Make a file's name of the report's title and its content. */
function fileName(what, ending) {
  const plain = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}\p{M}]+/gu, "-").replace(/^-+|-+$/g, "");
  return `${[plain(summary.title).slice(0, 60), plain(what)].filter(Boolean).join("-")}.${ending}`;
}

/** Save a blob under a name. */
function saveBlob(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = make("a", { href: url, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  // Browsers begin the download after the click.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  announce(`Saved ${name}.`);
}

/** Save rows as CSV. The byte order mark tells spreadsheets that it is UTF-8. */
function saveCsv(rows, what) {
  saveBlob(new Blob(["\uFEFF", csv(rows)], { type: "text/csv;charset=utf-8" }), fileName(what, "csv"));
}

/** Copy a selection, for browsers that deny the clipboard to pages opened as files. */
function copyBySelection(text) {
  const area = make("textarea", { class: "offscreen", readonly: true });
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}

/** Put a text on the clipboard, and return whether it worked. */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** Make a button that copies, and says for a moment whether it did. */
function copyButton(label, text) {
  const button = make("button", { type: "button", class: "quiet" }, label);
  button.addEventListener("click", async () => {
    const copied = await copyText(text());
    button.focus();
    button.textContent = copied ? "Copied" : "Could not copy";
    announce(button.textContent);
    setTimeout(() => {
      button.textContent = label;
    }, 1500);
  });
  return button;
}

/** Make a button that saves something. */
const saveButton = (label, save, description) =>
  make("button", { type: "button", class: "quiet", onclick: save, "aria-label": description }, label);

/** Make both buttons of a table; rows() is called when one is pressed, so that the current order is saved. */
function tableButtons(rows, what) {
  return make(
    "div",
    { class: "buttons" },
    copyButton("Copy table", () => tabbed(rows())),
    saveButton("CSV", () => saveCsv(rows(), what), `Save ${what} as CSV`),
  );
}

/**
 * Return the citation: the paper, and the software with its version. The page does not know the authors; BibTeX sorts
 * entries without authors by their keys.
 */
function citation() {
  const version = String(summary.about?.gloctm ?? "").replace(/[^\w.+-]/g, "");
  return [
    "@inproceedings{gloctm-paper,",
    "  key       = {GloCTM},",
    "  title     = {{GloCTM}: Cross-Lingual Topic Modeling via a Global Context Space},",
    "  booktitle = {Proceedings of the AAAI Conference on Artificial Intelligence},",
    "  year      = {2026}",
    "}",
    "",
    "@software{gloctm-software,",
    "  key     = {GloCTM},",
    "  title   = {{GloCTM}: Cross-Lingual Topic Modeling in Python},",
    ...(version ? [`  version = {${version}},`] : []),
    "  license = {Apache-2.0}",
    "}",
    "",
  ].join("\n");
}

/** Return every topic's words in every language, a row per word. */
function topicRows() {
  const head = ["topic", "name", "language", "label", "rank", "word", "weight"];
  const rows = summary.topics.flatMap((topic) =>
    summary.languages.flatMap(({ code }) =>
      (topic.words[code] ?? []).map(([word, weight], rank) => [
        ...[topic.id, topicTitle(topic), code, topic.labels[code]],
        ...[rank + 1, word, weight],
      ]),
    ),
  );
  return [head, ...rows];
}

/** Make a button that saves them. */
function topicsButton() {
  const button = saveButton("All words and weights as CSV", () => saveCsv(topicRows(), "topics"), "Save all words and weights as CSV");
  return make("div", { class: "buttons" }, button);
}
