// The page of a topic, and the table of all.

function topicView({ topic: id, word, lang, lambda }) {
  const topic = topicOf(Number(id));
  if (!topic) {
    const hidden = summary.hidden.includes(Number(id));
    return notFound(hidden ? `Topic ${id} of the model is hidden here.` : `There is no topic ${id} here.`);
  }
  if (lambda !== undefined) chosenLambda = lambdaOf(lambda);
  // A word that was searched for is found in the model's order.
  else if (word) chosenLambda = null;
  const documents = typicalDocuments(topic);
  const parts = [
    section("Words", wordColumns(topic, word ? { word, lang } : null), agreementPart(topic)),
    topic.prevalence && section("Shares", make("p", { class: "note" }, `The mean share of a document, as inferred by ${inferredBy()}.`), make("div", { class: "columns" }, breakdowns(topic))),
    documents && section("Typical documents", make("p", { class: "note" }, "The percentage is the topic's share of the document; words of the topic are marked."), documents, allDocumentsLink(topic)),
    section("Similar topics", similarTopics(topic)),
  ];
  return {
    title: topicText(topic),
    content: [
      neighbors(topic),
      make("p", { class: "over" }, `Topic ${topic.id}`),
      make("h1", {}, make("span", { class: "offscreen" }, `Topic ${topic.id}: `), topicName(topic)),
      topicFacts(topic),
      topicTools(topic),
      estimatedNote(topic),
      doubtWarning(topic),
      jumpLinks(parts),
      parts,
    ],
  };
}

/** Link to the previous and next topic by number. */
function neighbors(topic) {
  const place = placeOf(topic.id);
  const link = (other, text, rel) =>
    other && make("a", { href: address({ topic: other.id }), rel, class: "step" }, text, make("span", { class: "offscreen" }, ` topic: ${topicTitle(other)}`));
  return make(
    "nav",
    { class: "steps", "aria-label": "Neighboring topics" },
    make("a", { href: address({ view: "overview" }), class: "step" }, "All topics"),
    link(summary.topics[place - 1], "← Previous", "prev"),
    link(summary.topics[place + 1], "Next →", "next"),
  );
}

function topicFacts(topic) {
  const facts = [];
  if (isNumber(topic.overall)) facts.push(`${formatPercent(topic.overall)} of a document on average${summary.languages.length > 1 ? ", with equal weight of languages" : ""}`);
  if (topic.mainly) facts.push(`mainly about: ${countOf(mainlyOf(topic), "document")}`);
  if (topic.members.length > 1) facts.push(`merged of the model's topics ${formatList(topic.members.map((member) => `${member} (${formatPercent(topic.shares[member])})`))}`);
  return facts.length ? make("p", { class: "lead" }, `${facts.join("; ")}.`) : null;
}

/** Make the figures of prevalence: by language, by label, over time. */
function breakdowns(topic) {
  return [languageBreakdown(topic), summary.labels && labelBreakdown(topic), summary.dates && timeBreakdown(topic)];
}

function languageBreakdown(topic) {
  const codes = summary.languages.map(({ code }) => code).filter((code) => topic.prevalence?.[code]);
  const points = codes.map((code, place) => {
    const { mean, low, high } = topic.prevalence[code];
    return { code, name: languageName(code), value: mean, low, high, series: place, details: `${languageName(code)}: ${formatInterval(topic.prevalence[code])}` };
  });
  const table = dataTable({
    caption: `topic ${topic.id} by language`,
    rows: points,
    columns: [
      { label: "language", value: (point) => point.name, node: (point) => languageMark(point.code), header: true },
      ...estimateColumns((point) => topic.prevalence[point.code]),
    ],
  });
  return chartFigure({
    title: "By language",
    description: `Mean share of a document that the topic has, with 95% intervals. ${points.map((point) => point.details).join("; ")}.`,
    kind: "intervals",
    rows: points,
    parameters: { title: "mean share of a document", series: languageSeries(codes) },
    height: 70 + 34 * points.length,
    table,
  });
}

/** Make the columns of an estimate: shown as one, saved as three. */
function estimateColumns(estimateOf) {
  return [
    { label: "mean share of a document", saved: "mean proportion", value: (row) => estimateOf(row)?.mean, text: (row) => formatInterval(estimateOf(row)), numeric: true },
    { label: "low", value: (row) => estimateOf(row)?.low, hidden: true },
    { label: "high", value: (row) => estimateOf(row)?.high, hidden: true },
  ];
}

/** Show the nearest topics, and the topic on the map. */
function similarTopics(topic) {
  const none = make("p", { class: "note" }, "No other topic is similar to this one.");
  const list = make(
    "ol",
    { class: "bars topic-list" },
    topic.similar.map(([id, cosine]) => {
      const other = topicNumbered(id);
      return other && make("li", {}, barOf(cosine), topicLink(other), make("span", { class: "figures" }, `cosine ${formatDecimal(cosine)} `, besideLink(topic, other)));
    }),
  );
  return make("div", { class: "map-and-list" }, topicMap({ height: summary.topics.length > 30 ? 560 : 340, selected: topic.id }), make("div", { class: "side" }, topic.similar.length ? list : none));
}

/** Show all topics at once, with a column per language. */
function topicsView() {
  const chosen = chosenColumn();
  const columns = [
    ...(chosen ? [chosen] : []),
    { ...topicColumn, node: (topic) => make("span", {}, topicLink(topic), topic.doubtful.length > 0 && doubtMark(topic)) },
    ...(hasPrevalence() ? [{ label: "mean share", saved: "mean proportion", value: (topic) => topic.overall, text: (topic) => formatPercent(topic.overall), numeric: true }] : []),
    ...shownLanguages().map((code) => ({
      label: languageName(code),
      value: (topic) => firstWords(topic, code, 10).join(" "),
      node: (topic) => inLanguage(code, firstWords(topic, code, 10).join(" "), "span", { class: "words-in-a-row" }),
    })),
  ];
  const table = dataTable({ caption: "topics and their words", rows: summary.topics, columns, sort: { column: chosen ? 1 : 0, direction: "ascending" } });
  const tools = tableTools();
  return {
    title: "Topics",
    content: [
      make("h1", {}, "Topics"),
      make("p", { class: "lead" }, "The first ten words of every topic, in the model's order."),
      hiddenNote(),
      doubtNote(summary.topics),
      tools && jumpLinks([["Table", table], ["Changes of topics", tools]]),
      table,
      tools,
      topicsButton(),
      viewPart(),
    ],
  };
}
