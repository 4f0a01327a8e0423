// Further breakdowns: by the documents' labels, and over time.

/** A topic by label, as a figure. */
function labelBreakdown(topic) {
  const { values, prevalence } = summary.labels;
  const estimates = prevalence[summary.topics.indexOf(topic)] ?? [];
  const points = values.map((value, place) => ({
    name: String(value),
    ...(estimates[place] ?? {}),
    symbol: "circle",
    hover: `${value}: ${formatInterval(estimates[place])}`,
    count: labelCount(place),
    estimate: estimates[place],
  }));
  const table = dataTable({
    caption: `prevalence of topic ${topic.id} by label`,
    rows: points,
    columns: [
      { label: "label", value: (point) => point.name, node: (point) => make("span", { dir: "auto" }, point.name), header: true },
      { label: "documents", value: (point) => point.count, text: (point) => formatCount(point.count), numeric: true },
      ...estimateColumns((point) => point.estimate),
    ],
  });
  return chartFigure({
    title: "By label",
    description: "Mean share of the topic in documents of each label, with 95% intervals. The table has the figures.",
    build: () => intervalChart(points.map((point) => ({ ...point, color: color("accent") })), { axisTitle: "mean topic proportion" }),
    height: 70 + 30 * points.length,
    table,
  });
}

/** Documents of a label, over all languages. */
function labelCount(place) {
  return Object.values(summary.labels.counts).reduce((sum, counts) => sum + (counts[place] ?? 0), 0);
}

/** A topic over time, a line for each language, as a figure. */
function timeBreakdown(topic) {
  const { unit, periods, counts, prevalence } = summary.dates;
  const place = summary.topics.indexOf(topic);
  const codes = summary.languages.map(({ code }) => code).filter((code) => prevalence[code]?.[place]?.some(isNumber));
  const build = () => ({
    data: codes.map((code) => ({
      type: "scatter",
      mode: "lines+markers",
      name: literal(languageName(code)),
      x: periods,
      y: prevalence[code][place],
      hovertext: periods.map((period, number) =>
        literal(`${languageName(code)}, ${period}: ${formatPercent(prevalence[code][place][number])} of ${formatCount(counts[code]?.[number])} documents`),
      ),
      hoverinfo: "text",
      line: { color: languageColor(code), width: 2, dash: languageDash(code) },
      marker: { color: languageColor(code), symbol: languageSymbol(code), size: periods.length > 24 ? 5 : 8 },
    })),
    layout: layoutOf({
      showlegend: true,
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
      xaxis: { type: "date", tickformat: { year: "%Y", month: "%b %Y", day: "%d %b %Y" }[unit], nticks: 6 },
      yaxis: { tickformat: ".2~%", rangemode: "tozero" },
    }),
  });
  const table = dataTable({
    caption: `topic ${topic.id} over time`,
    rows: periods.map((_, number) => number),
    columns: [
      { label: unit, value: (number) => periods[number], header: true },
      ...codes.flatMap((code) => [
        {
          label: languageName(code),
          value: (number) => prevalence[code][place][number],
          text: (number) => formatPercent(prevalence[code][place][number]),
          numeric: true,
        },
        { label: `${languageName(code)}: documents`, value: (number) => counts[code]?.[number], text: (number) => formatCount(counts[code]?.[number]), numeric: true },
      ]),
    ],
  });
  return chartFigure({
    title: "Over time",
    description: `Mean share of the topic in the documents of each ${unit}, from ${periods[0]} to ${periods.at(-1)}, a line for each language. The table has the figures.`,
    build,
    height: 320,
    table,
    kind: "wide",
  });
}

/** The topic that a breakdown is of, to be chosen. */
function breakdownView(view, title, lead, figure, { topic: id, ...others } = {}, further = []) {
  const topic = topicNumbered(Number(others.of ?? NaN)) ?? topicsByPrevalence()[0];
  const topics = summary.topics.map((option) => [option.id, topicText(option), { lang: languageTag(languageOfName(option) ?? "") }]);
  return {
    title,
    content: [
      make("h1", {}, title),
      make("p", { class: "lead" }, lead),
      make("div", { class: "row controls" }, choice("Topic", topics, topic.id, (value) => goTo(address({ view, of: value }), { stay: true })), make("a", { class: "step", href: address({ topic: topic.id }) }, "Open this topic")),
      figure(topic),
      ...further,
    ],
  };
}

function labelsView(parameters) {
  const lead = "How much of a topic there is in the documents of each label, all languages together.";
  return breakdownView("labels", "Topics by label", lead, labelBreakdown, parameters, [section("All topics", labelsTable())]);
}

/** Topics × labels. */
function labelsTable() {
  const { values, prevalence } = summary.labels;
  return dataTable({
    caption: "prevalence by label",
    rows: summary.topics,
    sort: { column: 0, direction: "ascending" },
    columns: [
      { label: "topic", value: (topic) => topic.id, node: (topic) => topicLink(topic), header: true },
      ...values.map((value, place) => ({
        label: String(value),
        value: (topic) => prevalence[summary.topics.indexOf(topic)]?.[place]?.mean,
        text: (topic) => formatPercent(prevalence[summary.topics.indexOf(topic)]?.[place]?.mean),
        numeric: true,
      })),
    ],
  });
}

function timeView(parameters) {
  const lead = `How much of a topic there is in the documents of each ${summary.dates.unit}, by language.`;
  return breakdownView("time", "Topics over time", lead, timeBreakdown, parameters);
}
