// Documents with a topic's words marked.

/** Documents per language that are shown at first. */
const FIRST_DOCUMENTS = 2;

/** Mark places of a text: marks are [start, end) in UTF-16 code units. */
function markedText(text, marks, attributesOf = () => ({})) {
  const parts = [];
  let place = 0;
  marks.forEach(([start, end], number) => {
    if (start < place) return;
    parts.push(text.slice(place, start), make("mark", attributesOf(number), text.slice(start, end)));
    place = end;
  });
  return [...parts, text.slice(place)];
}

/** Show a document: the topic's share, the text, and its id, label and date. */
function documentCard(code, document) {
  const known = [document.id, document.label, document.date].filter((value) => value !== null && value !== undefined);
  return make(
    "article",
    { class: "document" },
    make(
      "p",
      { class: "about" },
      make("b", {}, formatPercent(document.proportion)),
      known.map((value) => make("span", { dir: "auto" }, String(value))),
    ),
    inLanguage(code, markedText(document.text, document.marks), "p", { class: "text" }),
    document.cut && make("p", { class: "note" }, "Shortened."),
  );
}

/** Show the most typical documents of a topic, in a column per language. */
function typicalDocuments(topic) {
  const columns = languagesInOrder()
    .filter((code) => topic.documents[code]?.length)
    .map((code) => {
      const cards = topic.documents[code].map((document) => documentCard(code, document));
      const further = make("div", { class: "further-documents", hidden: true, id: freshId("documents") }, cards.slice(FIRST_DOCUMENTS));
      const element = make(
        "section",
        { class: `document-column language-${toneOf(code)}` },
        make("h3", {}, languageMark(code)),
        cards.slice(0, FIRST_DOCUMENTS),
        cards.length > FIRST_DOCUMENTS && [unfolder(further, cards.length - FIRST_DOCUMENTS, languageName(code)), further],
      );
      return { code, element };
    });
  if (!columns.length) return null;
  const grid = make("div", { class: "document-columns" });
  const others = foldLanguages(grid, columns, "documents");
  // Rows of similar length: five columns become three and two, rather than four and one.
  const rows = Math.ceil(columns.length / 4);
  grid.style.setProperty("--columns", Math.ceil(columns.length / rows));
  return make("div", {}, grid, others);
}

/** Link to all documents that are mainly about a topic; null without documents to read. */
function allDocumentsLink(topic) {
  if (!summary.documents) return null;
  const count = mainlyOf(topic) ?? 0;
  const total = Object.values(summary.documents.totals).reduce((sum, each) => sum + each, 0);
  // The list adds up what is merged in the page, and has documents without their hidden topics: it may have others.
  const exact = !topic.estimated && !summary.hidden.length;
  const whole = exact && (summary.documents.count ?? summary.documents.ids.length) === total && count > 1;
  const text = whole ? `All ${formatCount(count)} documents that are mainly about this topic` : "All documents of this report that are mainly about this topic";
  return make("p", { class: "all-documents" }, make("a", { href: documentsAddress({ topic: topic.id }) }, text));
}

/** Make a button that shows what is folded. */
function unfolder(folded, count, where) {
  const texts = { false: `${count} more`, true: "Fewer" };
  const button = make(
    "button",
    { type: "button", class: "quiet unfold", "aria-expanded": "false", "aria-controls": folded.id },
    texts.false,
    make("span", { class: "offscreen" }, ` in ${where}`),
  );
  button.addEventListener("click", () => {
    folded.hidden = !folded.hidden;
    button.setAttribute("aria-expanded", String(!folded.hidden));
    button.firstChild.textContent = texts[!folded.hidden];
  });
  return button;
}
