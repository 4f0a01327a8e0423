// Which topics each language talks about more.

const MEASURES = { difference: "difference from the other languages", prevalence: "mean share of a document" };

function compareView({ lang, show }) {
  if (!hasPrevalence()) return missing("Languages compared", `Shares need the corpus: ${REPORT_WITH_CORPUS}.`);
  const codes = summary.languages.map(({ code }) => code);
  // With two languages, the differences of the other are the same with the opposite sign.
  const chosen = codes.includes(lang) || lang === "all" ? lang : codes.length === 2 ? codes[0] : "all";
  const measure = Object.hasOwn(MEASURES, show ?? "") ? show : "difference";
  const change = (further) => goTo(address({ view: "compare", lang: chosen, show: measure, ...further }), { stay: true });
  const languages = [["all", "all, side by side"], ...summary.languages.map(({ code, name }) => [code, name])];
  return {
    title: chosen === "all" ? "Languages compared" : `${languageName(chosen)} compared`,
    content: [
      make("h1", {}, "Languages compared"),
      make("p", { class: "lead" }, "Topics that are more frequent in one language than in the others: differences in percentage points, with 95% intervals."),
      comparisonNotes(summary.topics.length * (chosen === "all" ? codes.length : 1)),
      hiddenNote(),
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

/** A difference in a word, for readers without signs or colors. */
const verdictWord = (estimate) => ({ 1: "more", [-1]: "less" })[clearDirection(estimate)] ?? UNCLEAR_WORDS[clarityOf(estimate)] ?? "no figure";
const SIGNS = { 1: "▲ ", [-1]: "▼ ", 0: "" };
/** Return the class of such a figure. */
const verdictClass = (estimate) => `verdict ${{ 1: "more", [-1]: "less", 0: "unclear" }[clearDirection(estimate)]}`;

/** Name what a language is compared with: the one other, or all others. */
function othersOf(code) {
  const others = summary.languages.filter((language) => language.code !== code);
  return others.length === 1 ? others[0].name : "the others";
}

const topicNameColumn = { label: "name", value: (topic) => topicTitle(topic), hidden: true };
const topicColumn = { label: "topic", value: (topic) => topic.id, node: (topic) => topicLink(topic), header: true };

/** Compare a language with the mean of the others. */
function oneLanguage(code) {
  const name = languageName(code);
  const others = othersOf(code);
  const topics = summary.topics
    .filter((topic) => topic.contrast?.[code])
    .sort((one, other) => other.contrast[code].difference - one.contrast[code].difference);
  const rows = topics.map((topic) => {
    const estimate = contrastOf(topic, code);
    const { difference, low, high } = estimate;
    return {
      name: markedName(topic),
      value: difference,
      low,
      high,
      series: { clear: difference > 0 ? 0 : 1, small: 2, unclear: 3, few: 3 }[clarityOf(estimate)],
      details: `${topicText(topic)}: ${formatDifference(estimate)} points, ${verdictWord(estimate)}`,
    };
  });
  const othersMean = (topic) => topic.prevalence[code].mean - topic.contrast[code].difference;
  const table = dataTable({
    caption: `${name} compared with ${others}`,
    rows: topics,
    sort: { column: 3, direction: "descending" },
    columns: [
      topicColumn,
      topicNameColumn,
      {
        label: "in short",
        value: (topic) => clearDirection(contrastOf(topic, code)),
        save: (topic) => verdictWord(contrastOf(topic, code)),
        node: (topic) => verdictMark(topic, contrastOf(topic, code)),
        numeric: true,
      },
      {
        label: "difference in points",
        saved: "difference (proportion)",
        value: (topic) => topic.contrast[code].difference,
        text: (topic) => formatDifference(topic.contrast[code]),
        numeric: true,
      },
      { label: "low", saved: "low (proportion)", value: (topic) => topic.contrast[code].low, hidden: true },
      { label: "high", saved: "high (proportion)", value: (topic) => topic.contrast[code].high, hidden: true },
      {
        label: name,
        saved: `${name}: mean proportion`,
        value: (topic) => topic.prevalence[code].mean,
        text: (topic) => formatPercent(topic.prevalence[code].mean),
        numeric: true,
      },
      { label: others, saved: `${others}: mean proportion`, value: othersMean, text: (topic) => formatPercent(othersMean(topic)), numeric: true },
      {
        label: "words agree",
        saved: `words agree (cosine, ${name})`,
        value: (topic) => topic.agreement?.[code],
        node: (topic) => make("span", {}, formatDecimal(topic.agreement?.[code]), topic.doubtful.length > 0 && doubtMark(topic)),
        numeric: true,
      },
      { label: "in doubt", value: (topic) => doubtedNames(topic).join(", "), hidden: true },
      { label: "documents", saved: `documents in ${name}`, value: () => languageNamed(code).documents, hidden: true },
    ],
  });
  const counted = clearSentence(topics.map((topic) => contrastOf(topic, code)), "topics");
  const series = [
    { name: `more in ${name}`, color: "more" },
    { name: "less", color: "less", shape: "diamond" },
    { name: UNCLEAR_WORDS.small, color: "muted" },
    { name: topics.some((topic) => contrastOf(topic, code).few) ? UNCLEAR_WORDS.few : UNCLEAR_WORDS.unclear, color: "muted", hollow: true },
  ];
  const figure = chartFigure({
    title: `Topics of ${name} against ${others}`,
    description: `${counted} Circles: more than in ${others}; diamonds: less; gray: clear but small; hollow: not clear. The table below has the same figures.`,
    kind: "intervals",
    rows,
    parameters: { title: "← less · points · more →", short: "less ← → more", differences: true, series, legend: true },
    height: 110 + 24 * topics.length,
  });
  return [jumpLinks([["Figure", figure], ["Table", table]]), figure, table];
}

function verdictMark(topic, estimate) {
  const direction = clearDirection(estimate);
  return make("span", { class: verdictClass(estimate) }, SIGNS[direction], verdictWord(estimate), topic.doubtful.length > 0 && doubtMark(topic));
}

/** Write a topic's number and name next to an axis, with the mark of doubt. */
const markedName = (topic) => `${topic.doubtful.length ? `${DOUBT} ` : ""}${topic.id}: ${topicTitle(topic)}`;

/** Show all languages side by side: a matrix of colors, and the table. */
function allLanguages(measure) {
  const differs = measure === "difference";
  const estimateOf = (topic, code) => (differs ? contrastOf(topic, code) : topic.prevalence?.[code]);
  const valueOf = (topic, code) => (differs ? estimateOf(topic, code)?.difference : estimateOf(topic, code)?.mean);
  const say = differs ? formatDifference : formatInterval;
  const rows = topicsByPrevalence();
  const saved = differs ? "difference (proportion)" : "mean proportion";
  const columns = [
    topicColumn,
    topicNameColumn,
    ...summary.languages.flatMap(({ code, name }) => [
      {
        label: name,
        saved: `${name}: ${saved}`,
        value: (topic) => valueOf(topic, code),
        node: (topic) => make("span", { class: differs && verdictClass(estimateOf(topic, code)) }, say(estimateOf(topic, code)), topic.doubtful.includes(code) && doubtMark(topic)),
        numeric: true,
      },
      { label: `${name}: low`, value: (topic) => estimateOf(topic, code)?.low, hidden: true },
      { label: `${name}: high`, value: (topic) => estimateOf(topic, code)?.high, hidden: true },
      { label: `${name}: words agree (cosine)`, value: (topic) => topic.agreement?.[code], hidden: true },
    ]),
    { label: "in doubt", value: (topic) => doubtedNames(topic).join(", "), hidden: true },
  ];
  const cells = rows.flatMap((topic, row) =>
    summary.languages.map(({ code, name }, column) => {
      const value = valueOf(topic, code);
      const estimate = estimateOf(topic, code);
      return {
        row,
        column,
        value: isNumber(value) && differs ? 100 * value : value,
        text: isNumber(value) ? `${differs ? formatPoints(value) : formatPercent(value)}${topic.doubtful.includes(code) ? " ?" : ""}` : "",
        details: `${name}, ${topicText(topic)}: ${say(estimate)}`,
        plain: differs && clearDirection(estimate) === 0,
      };
    }),
  );
  const figure = chartFigure({
    title: differs ? "Differences by topic and language" : "Shares by topic and language",
    description: `A matrix with a row per topic and a column per language. ${differs ? "Colors show differences that are clear; gray ones are not, or are small." : "Darker is more."} The table below has the same figures.`,
    kind: "heat",
    rows: cells,
    parameters: {
      rows: rows.map(markedName),
      columns: summary.languages.map(({ name }) => name),
      title: differs ? "difference in points (gray: not clear, or small)" : "mean share of a document",
      diverging: differs,
      format: differs ? null : ".2~%",
    },
    height: 120 + 26 * rows.length,
  });
  const table = dataTable({ caption: MEASURES[measure], rows, columns, sort: { column: 2, direction: "descending" } });
  return [jumpLinks([["Figure", figure], ["Table", table]]), figure, table];
}
