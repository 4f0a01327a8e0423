// About the model and the report: how good the topics are, how they were made, how to cite them.

/** Names of the parts of the loss: in nats per document, summed over languages; CKA has no unit. */
const CURVES = {
  loss: "total loss",
  local: "local reconstruction",
  shared: "shared reconstruction",
  regularization: "regularization",
  cka: "alignment of encoders (CKA)",
};

function aboutView() {
  const parts = [
    summary.quality.length > 0 && section("Quality", ...qualityTables(), changedNote()),
    section("What the figures say", figuresPart()),
    summary.history?.epoch?.length > 0 && section("Training", trainingCurve()),
    section("Settings", settingsPart()),
    section("Cite", citationPart()),
  ].filter(Boolean);
  return {
    title: "About",
    content: [
      make("h1", {}, "About these topics"),
      make("p", { class: "lead" }, "How good they are, how they were made, and how to cite them."),
      jumpLinks(parts),
      parts,
    ],
  };
}

/** Say that measures are of the topics before they were merged or hidden in the page; null if none was. */
function changedNote() {
  const changed = summary.topics.some((topic) => topic.estimated);
  return changed ? make("p", { class: "note" }, "These measures are of the topics as they were before you merged some here.") : null;
}

/** Explain the figures of all views. */
function figuresPart() {
  return make(
    "ul",
    { class: "explained" },
    hasPrevalence() && make("li", {}, make("b", {}, "Share: "), `how much of a document is about a topic, on average over the documents of a language, as inferred by ${inferredBy()}. The overall share gives all languages equal weight. `, softShares("Shares are soft: topics that are hardly present have some, too.")),
    hasPrevalence() && make("li", {}, make("b", {}, "Mainly about: "), "the documents of which the topic is the largest one."),
    hasPrevalence() && make("li", {}, make("b", {}, "Interval: "), "95%, from the documents at hand. It does not cover errors of the model, or that another seed would find other topics."),
    make("li", {}, make("b", {}, "Words: "), "in the model's order unless you choose another. Relevance λ orders them from the topic's most frequent words to its most specific ones (Sievert and Shirley 2014)."),
    summary.languages.length > 1 && make("li", {}, make("b", {}, `Doubt ${DOUBT}: `), "the words of a language agree little with those of the others (cosine below 0.6), so the topic is probably about something else there."),
  );
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
    { class: "settings" },
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
