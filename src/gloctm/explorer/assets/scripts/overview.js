// The overview: what was found, and all topics.

/** Names of the parts of the loss: in nats per document, summed over languages; CKA has no unit. */
const CURVES = {
  loss: "total loss",
  local: "local reconstruction",
  shared: "shared reconstruction",
  regularization: "regularization",
  cka: "alignment of encoders (CKA)",
};

function overviewView() {
  const parts = [
    section("Findings", findings()),
    section("Topics", mapWithList(), doubtNote(summary.topics), topicsButton()),
    section("Languages", languagesTable()),
  ];
  return {
    title: null,
    content: [
      make("h1", {}, make("span", { dir: "auto" }, summary.title)),
      make("p", { class: "lead" }, leadSentence()),
      jumpLinks(parts),
      parts,
      section("What this rests on", hiddenNote(), summary.sampled && make("p", { class: "note" }, summary.sampled), make("p", {}, make("a", { href: address({ view: "about" }) }, "Quality, training, settings and how to cite"))),
    ],
  };
}

/** Count topics, languages and documents in one sentence, without the languages if the title names them all. */
function leadSentence() {
  const names = summary.languages.map((language) => language.name);
  const documents = summary.languages.map((language) => language.documents);
  const count = `${summary.topics.length} ${summary.topics.length === 1 ? "topic" : "topics"}`;
  const named = names.every((name) => summary.title.includes(name));
  const shared = named ? `${names.length} languages` : formatList(names);
  if (!documents.every(isNumber)) return `${count} shared by ${shared}.`;
  const total = documents.reduce((sum, number) => sum + number, 0);
  return `${count} shared by ${shared}, in ${formatCount(total)} documents.`;
}

function languagesTable() {
  const counted = summary.languages.some((language) => isNumber(language.documents));
  const column = (label, key) => ({
    label,
    value: (language) => language[key],
    text: (language) => formatCount(language[key]),
    numeric: true,
  });
  return dataTable({
    caption: "languages",
    rows: summary.languages,
    columns: [
      { label: "language", value: (language) => language.name, node: (language) => languageMark(language.code), header: true },
      { label: "code", value: (language) => language.code },
      ...(counted ? [column("documents", "documents")] : []),
      column("words in the vocabulary", "words"),
      ...(counted ? [column("words in documents", "tokens")] : []),
    ],
  });
}

/** Make a table per group of measures: measures are rows, what they are of are columns. */
function qualityTables() {
  const groups = [...new Set(summary.quality.map((figure) => figure.group))];
  return groups.map((group) => {
    const figures = summary.quality.filter((figure) => figure.group === group);
    const wheres = [...new Set(figures.map((figure) => figure.where))];
    const find = (measure, where) => figures.find((figure) => figure.measure === measure && figure.where === where)?.value;
    const table = dataTable({
      caption: `quality ${group}`,
      rows: [...new Set(figures.map((figure) => figure.measure))],
      columns: [
        { label: "measure", value: (measure) => measure, node: measureName, header: true },
        ...wheres.map((where) => ({
          label: whereText(where),
          value: (measure) => find(measure, where),
          text: (measure) => formatMeasure(find(measure, where)),
          numeric: true,
        })),
      ],
    });
    return make("div", {}, groups.length > 1 && make("h3", {}, group), table);
  });
}

function trainingCurve() {
  const { history } = summary;
  const keys = Object.keys(CURVES).filter((key) => history[key]?.some(isNumber));
  const holder = make("div");

  function draw(key) {
    const name = CURVES[key];
    const unit = key === "cka" ? "" : "nats";
    const [first, last] = [history[key][0], history[key].at(-1)];
    const rows = history.epoch.map((epoch, place) => ({ x: epoch, y: history[key][place], details: `epoch ${epoch}: ${formatFigure(history[key][place])}` }));
    const parameters = { x: "epoch", y: unit ? `${name} (${unit})` : name };
    const description = `${unit ? "In nats per document, summed over languages. " : ""}From ${formatFigure(first)} in epoch ${history.epoch[0]} to ${formatFigure(last)} in epoch ${history.epoch.at(-1)}.`;
    const table = dataTable({
      caption: "training",
      rows: history.epoch.map((_, place) => place),
      columns: ["epoch", ...keys].map((column) => ({
        label: CURVES[column] ?? column,
        value: (place) => history[column][place],
        text: (place) => formatFigure(history[column][place]),
        numeric: true,
        header: column === "epoch",
      })),
    });
    const controls = [choice("Curve", keys.map((option) => [option, CURVES[option]]), key, draw)];
    holder.replaceChildren(chartFigure({ title: `Training: ${name}`, description, kind: "curve", rows, parameters, height: 260, table, controls }));
    holder.querySelector("select").focus({ preventScroll: true });
    releaseCharts();
  }

  draw(keys[0]);
  return holder;
}

/** Show settings, seed, encoder and so on: what is needed to reproduce the model. */
function settingsPart() {
  const { settings = {}, environment = {}, ...others } = summary.about ?? {};
  return make(
    "div",
    { class: "columns" },
    definitions("Model", { ...others, "proportions inferred by": hasPrevalence() ? inferredBy() : null, ...settings }),
    Object.keys(environment ?? {}).length > 0 && definitions("Environment", environment),
  );
}

function definitions(title, values) {
  const entries = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return make(
    "details",
    {},
    make("summary", {}, title),
    make(
      "dl",
      {},
      entries.map(([name, value]) =>
        make("div", {}, make("dt", {}, name.replaceAll("_", " ")), make("dd", { dir: "auto" }, plainValue(value))),
      ),
    ),
  );
}

/** Return a setting as text: objects and lists as JSON. */
const plainValue = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));

function citationPart() {
  return make(
    "div",
    {},
    make("p", {}, "If these topics help your research, please cite the paper, whose method made them or is the basis of the one that did, and the software. Add the paper's authors from the proceedings: this page does not know them."),
    make("pre", { tabindex: "0", "aria-label": "Citation" }, citation()),
    make(
      "div",
      { class: "buttons" },
      copyButton("Copy BibTeX", citation),
      saveButton("BibTeX", () => saveBlob(new Blob([citation()], { type: "text/plain" }), "gloctm.bib"), "Save the citation as BibTeX"),
    ),
  );
}
