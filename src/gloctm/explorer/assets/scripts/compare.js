// Which topics each language talks about more.

const MEASURES = { difference: "difference from the other languages", prevalence: "prevalence" };

function compareView({ lang, show }) {
  const codes = summary.languages.map(({ code }) => code);
  if (!hasPrevalence()) {
    return { title: "Languages", content: [make("h1", {}, "Languages compared"), withoutCorpus()] };
  }
  // Of two languages one says it all: the other's differences are the same the other way round.
  const chosen = codes.includes(lang) || lang === "all" ? lang : codes.length === 2 ? codes[0] : "all";
  const measure = Object.hasOwn(MEASURES, show ?? "") ? show : "difference";
  const change = (further) => goTo(address({ view: "compare", lang: chosen, show: measure, ...further }), { stay: true });
  const languages = [["all", "all, side by side"], ...summary.languages.map(({ code, name }) => [code, name])];
  return {
    title: chosen === "all" ? "Languages compared" : `${languageName(chosen)} compared`,
    content: [
      make("h1", {}, "Languages compared"),
      make(
        "p",
        { class: "lead" },
        "Which topics a language's documents talk about more than those of the others, in percentage points, with 95% intervals.",
      ),
      summary.sampled && make("p", { class: "note" }, summary.sampled),
      make(
        "div",
        { class: "row controls" },
        choice("Language", languages, chosen, (value) => change({ lang: value })),
        chosen === "all" && choice("Show", Object.entries(MEASURES), measure, (value) => change({ show: value })),
      ),
      ...(chosen === "all" ? allLanguages(measure) : oneLanguage(chosen)),
    ],
  };
}

const withoutCorpus = () => make("p", {}, "This report was made without a corpus, so there are no prevalences to compare.");

/** What a difference says, in a word, for those who don't go by sign or colour. */
const verdict = (estimate) => ({ 1: "▲ more", [-1]: "▼ less", 0: "not clear" })[clearDirection(estimate)];

/** A language against the mean of the others. */
function oneLanguage(code) {
  const name = languageName(code);
  const topics = summary.topics
    .filter((topic) => topic.contrast?.[code])
    .sort((one, other) => other.contrast[code].difference - one.contrast[code].difference);
  const build = () =>
    intervalChart(
      topics.map((topic) => {
        const { difference, low, high } = topic.contrast[code];
        const direction = clearDirection(topic.contrast[code]);
        return {
          name: topicText(topic).replace("Topic ", ""),
          mean: difference,
          low,
          high,
          hollow: direction === 0,
          symbol: direction < 0 ? "diamond" : "circle",
          color: color(direction > 0 ? "more" : direction < 0 ? "less" : "muted"),
          hover: `${topic.name}: ${formatDifference(topic.contrast[code])} points`,
        };
      }),
      { axisTitle: `← less in ${literal(name)}    more →`, zero: true },
    );
  const others = (topic) => topic.prevalence[code].mean - topic.contrast[code].difference;
  const table = dataTable({
    caption: `${name} compared with the other languages`,
    rows: topics,
    sort: { column: 3, direction: "descending" },
    columns: [
      { label: "topic", value: (topic) => topic.id, node: (topic) => topicLink(topic), header: true },
      { label: name, value: (topic) => topic.prevalence[code].mean, text: (topic) => formatPercent(topic.prevalence[code].mean), numeric: true },
      { label: "the others", value: others, text: (topic) => formatPercent(others(topic)), numeric: true },
      { label: "difference", value: (topic) => topic.contrast[code].difference, text: (topic) => formatDifference(topic.contrast[code]), numeric: true },
      { label: "low", value: (topic) => topic.contrast[code].low, hidden: true },
      { label: "high", value: (topic) => topic.contrast[code].high, hidden: true },
      { label: "in short", value: (topic) => clearDirection(topic.contrast[code]), node: (topic) => verdictMark(topic.contrast[code]), numeric: true },
    ],
  });
  const clear = topics.filter((topic) => clearDirection(topic.contrast[code]) !== 0).length;
  return [
    chartFigure({
      title: `Topics of ${name} against the others`,
      description: `${clear} of ${topics.length} topics clearly differ. Circles: more than in the others; diamonds: less; hollow: the interval includes zero. The table below has the same figures.`,
      build,
      height: 80 + 24 * topics.length,
      controls: [chartKey([["circle more", "more"], ["diamond less", "less"], ["circle hollow", "not clear: the interval includes zero"]])],
    }),
    table,
  ];
}

function verdictMark(estimate) {
  const tone = { 1: "more", [-1]: "less", 0: "unclear" }[clearDirection(estimate)];
  return make("span", { class: `verdict ${tone}` }, verdict(estimate));
}

/** What a chart's marks mean. */
function chartKey(entries) {
  return make("p", { class: "key" }, entries.map(([mark, text]) => make("span", {}, make("span", { class: `sign ${mark}`, "aria-hidden": "true" }), text)));
}

/** All languages side by side: circles by size, and the table. */
function allLanguages(measure) {
  const differs = measure === "difference";
  const estimateOf = (topic, code) => (differs ? topic.contrast?.[code] : topic.prevalence?.[code]);
  const valueOf = (topic, code) => (differs ? estimateOf(topic, code)?.difference : estimateOf(topic, code)?.mean);
  const say = differs ? formatDifference : formatInterval;
  const rows = topicsByPrevalence();
  const columns = [
    { label: "topic", value: (topic) => topic.id, node: (topic) => topicLink(topic), header: true },
    ...summary.languages.flatMap(({ code, name }) => [
      {
        label: name,
        value: (topic) => valueOf(topic, code),
        node: (topic) => make("span", { class: differs ? `verdict ${["less", "unclear", "more"][clearDirection(estimateOf(topic, code)) + 1]}` : "" }, say(estimateOf(topic, code))),
        numeric: true,
      },
      { label: `${name}: low`, value: (topic) => estimateOf(topic, code)?.low, hidden: true },
      { label: `${name}: high`, value: (topic) => estimateOf(topic, code)?.high, hidden: true },
    ]),
  ];
  const key = differs
    ? [["circle more", "more than in the other languages"], ["circle hollow-less", "less"], ["circle faint", "not clear (grey)"]]
    : [["circle more", "the larger, the more"]];
  return [
    chartFigure({
      title: differs ? "Differences by topic and language" : "Prevalence by topic and language",
      description: "Circles by size. The table below has the same figures.",
      build: () => matrixChart(rows, valueOf, estimateOf, say, differs),
      height: 60 + 26 * rows.length,
      controls: [chartKey(key)],
    }),
    dataTable({ caption: MEASURES[measure], rows, columns, sort: { column: 1, direction: "descending" } }),
  ];
}

/** A circle for each topic and language: its area is the value, filled for more, hollow for less. */
function matrixChart(topics, valueOf, estimateOf, say, differs) {
  const cells = topics.flatMap((topic, row) =>
    summary.languages.map(({ code }, column) => ({ topic, row, column, code, value: valueOf(topic, code) })),
  );
  const known = cells.filter((cell) => isNumber(cell.value));
  const most = Math.max(...known.map((cell) => Math.abs(cell.value)), Number.MIN_VALUE);
  const tone = (cell) => {
    if (!differs) return color("accent");
    const direction = clearDirection(estimateOf(cell.topic, cell.code));
    return color(direction === 0 ? "faint" : direction > 0 ? "more" : "less");
  };
  const trace = {
    type: "scatter",
    mode: "markers",
    x: known.map((cell) => cell.column),
    y: known.map((cell) => cell.row),
    hovertext: known.map((cell) => literal(`${languageName(cell.code)}, ${cell.topic.name}: ${say(estimateOf(cell.topic, cell.code))}`)),
    hoverinfo: "text",
    marker: {
      size: known.map((cell) => Math.max(4, 22 * Math.sqrt(Math.abs(cell.value) / most))),
      color: known.map((cell) => (differs && cell.value < 0 ? color("surface") : tone(cell))),
      line: { width: 2, color: known.map(tone) },
      opacity: 1,
    },
  };
  const layout = layoutOf({
    xaxis: {
      tickvals: summary.languages.map((_, place) => place),
      ticktext: summary.languages.map(({ name }) => literal(name)),
      side: "top",
      range: [-0.6, summary.languages.length - 0.4],
      showgrid: false,
      zeroline: false,
    },
    yaxis: namesAxis(topics.map((topic) => `${topic.id}: ${topic.name}`), { showgrid: true }),
  });
  return { data: [trace], layout };
}
