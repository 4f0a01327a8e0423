// Further breakdowns of all languages or of one: by the documents' labels, and over time.

/** Return a topic's figures by label, in one language or ("all") with equal weight of languages. */
function labelEstimates(topic, code) {
  const { prevalence, by_language: byLanguage } = summary.labels;
  return (code === "all" ? prevalence : (byLanguage[code] ?? []))[placeOf(topic.id)] ?? [];
}

/** Count the documents of a label, in one language or all. */
function labelCount(place, code) {
  const { counts } = summary.labels;
  if (code !== "all") return counts[code]?.[place] ?? 0;
  return Object.values(counts).reduce((sum, each) => sum + (each[place] ?? 0), 0);
}

const ofLanguages = (code) => (code === "all" ? "all languages, weighted equally" : languageName(code));

/** Make the figure of a topic by label. */
function labelBreakdown(topic, code = "all") {
  const estimates = labelEstimates(topic, code);
  const points = summary.labels.values.map((value, place) => ({
    name: String(value),
    value: estimates[place]?.mean ?? null,
    low: estimates[place]?.low,
    high: estimates[place]?.high,
    series: 0,
    details: `${value}: ${formatInterval(estimates[place])}`,
    count: labelCount(place, code),
    estimate: estimates[place],
  }));
  const table = dataTable({
    caption: `topic ${topic.id} by label, ${ofLanguages(code)}`,
    rows: points,
    columns: [
      { label: "label", value: (point) => point.name, node: (point) => make("span", { dir: "auto" }, point.name), header: true },
      { label: "documents", value: (point) => point.count, text: (point) => formatCount(point.count), numeric: true },
      ...estimateColumns((point) => point.estimate),
    ],
  });
  return chartFigure({
    title: "By label",
    description: `Mean share of a document that the topic has, by label, with 95% intervals; ${ofLanguages(code)}. The table has the figures.`,
    kind: "intervals",
    rows: points,
    parameters: { title: "mean share of a document", series: [{ name: ofLanguages(code), color: "accent" }] },
    height: 70 + 30 * points.length,
    table,
  });
}

/** Return the languages in which a topic has figures over time. */
function datedLanguages(topic, code) {
  const { prevalence } = summary.dates;
  return summary.languages
    .map((language) => language.code)
    .filter((each) => (code === "all" || each === code) && prevalence[each]?.[placeOf(topic.id)]?.some(Boolean));
}

/** Make the figure of a topic over time, with a line per language. */
function timeBreakdown(topic, code = "all") {
  const { unit, periods, counts, prevalence } = summary.dates;
  const codes = datedLanguages(topic, code);
  const estimate = (each, number) => prevalence[each][placeOf(topic.id)][number];
  const count = (each, number) => counts[each]?.[number] ?? 0;
  const known = codes.flatMap((each) => periods.map((_, number) => number).filter((number) => estimate(each, number)).map((number) => [each, number]));
  const row = (each, series, period, number) => {
    const found = estimate(each, number);
    const documents = count(each, number);
    return {
      series,
      x: period,
      y: found?.mean ?? null,
      // The interval of a single document says nothing.
      ...(found && documents > 1 ? { low: found.low, high: found.high } : {}),
      few: documents < FEW_DOCUMENTS,
      details: `${languageName(each)}, ${period}: ${formatInterval(found)}, ${countOf(documents, "document")}`,
    };
  };
  const table = dataTable({
    caption: `topic ${topic.id} over time`,
    rows: periods.map((_, number) => number),
    columns: [
      { label: unit, value: (number) => periods[number], header: true },
      ...codes.flatMap((each) => {
        const name = languageName(each);
        return [
          {
            label: name,
            saved: `${name}: mean proportion`,
            value: (number) => estimate(each, number)?.mean,
            text: (number) => formatInterval(estimate(each, number)),
            numeric: true,
          },
          { label: `${name}: low`, value: (number) => estimate(each, number)?.low, hidden: true },
          { label: `${name}: high`, value: (number) => estimate(each, number)?.high, hidden: true },
          { label: `${name}: documents`, value: (number) => count(each, number), text: (number) => formatCount(count(each, number)), numeric: true },
        ];
      }),
    ],
  });
  const few = known.some(([each, number]) => count(each, number) < FEW_DOCUMENTS);
  return chartFigure({
    title: "Over time",
    description: `Mean share of a document that the topic has, by ${unit} from ${periods[0]} to ${periods.at(-1)}, one line per language, with 95% intervals. The table has the figures.`,
    kind: "trend",
    rows: codes.flatMap((each, series) => periods.map((period, number) => row(each, series, period, number))),
    parameters: { series: languageSeries(codes), unit },
    height: 340,
    table,
    wide: true,
    controls: few ? [make("p", { class: "note" }, `Hollow marks are means of fewer than ${FEW_DOCUMENTS} documents, so mostly chance.`)] : [],
  });
}

/** Make the view of a breakdown, with choices of topic and languages. */
function breakdownView(view, { title, lead, notes, everyLanguage, codes, figure, further = () => [] }, parameters) {
  const topic = topicOf(Number(parameters.of ?? NaN)) ?? topicsByPrevalence()[0];
  const code = codes.includes(parameters.lang) ? parameters.lang : "all";
  const change = (changes) => goTo(address({ ...parameters, view, of: topic.id, lang: code, ...changes }), { stay: true });
  const topics = summary.topics.map((option) => [option.id, topicText(option), { lang: languageTag(languageOfName(option) ?? "") }]);
  const languages = [["all", everyLanguage], ...codes.map((each) => [each, languageName(each)])];
  const sections = further(code, change);
  return {
    title,
    content: [
      make("h1", {}, title),
      make("p", { class: "lead" }, lead),
      ...notes,
      jumpsTo(sections),
      make(
        "div",
        { class: "row controls" },
        choice("Topic", topics, topic.id, (value) => change({ of: value })),
        codes.length > 1 && choice("Language", languages, code, (value) => change({ lang: value })),
        make("a", { class: "step", href: address({ topic: topic.id }) }, "Open this topic"),
      ),
      figure(topic, code),
      ...sections,
    ],
  };
}

function labelsView(parameters) {
  if (!summary.labels) return missing("Topics by label", `No document has a label. ${cureOf("label")}`);
  return breakdownView(
    "labels",
    {
      title: "Topics by label",
      lead: "How much of a document is about a topic, by label.",
      notes: [
        make("p", { class: "note" }, `The mean share of a document, as inferred by ${inferredBy()}; all languages have equal weight, whatever their number of documents. The intervals cover sampling error only.`),
        leftOutNote(summary.labels.unlabeled, "label"),
      ],
      everyLanguage: "all, weighted equally",
      codes: labeledCodes(),
      figure: labelBreakdown,
      further: (code, change) => [section("All topics by label", ...labelsHeat(parameters, code, change)), labelPairs()],
    },
    parameters,
  );
}

/** Make the choice of what the colors of a table say. */
function heatColors({ colors }, change) {
  const chosen = Object.hasOwn(HEAT_COLORS, colors ?? "") ? colors : "share";
  return { chosen, element: make("div", { class: "row controls" }, choice("Colors", Object.entries(HEAT_COLORS), chosen, (value) => change({ colors: value }))) };
}

/** Make the table of topics and labels. */
function labelsHeat(parameters, code, change) {
  const { chosen, element } = heatColors(parameters, change);
  const language = code === "all" ? {} : { lang: code };
  return [
    element,
    heatTable({
      caption: `topics by label, ${ofLanguages(code)}`,
      columns: summary.labels.values.map((value, place) => ({
        name: String(value),
        count: labelCount(place, code),
        filters: (topic) => ({ topic: topic.id, label: value, ...language }),
      })),
      estimateOf: (topic, place) => labelEstimates(topic, code)[place] ?? null,
      colors: chosen,
      usual: "mean of the labels",
    }),
  ];
}

/** Lead to the comparison of two labels. */
const labelPairs = () => summary.labels.values.length > 1 && section("Two labels", make("a", { class: "step", href: address({ view: "side", kind: "labels" }) }, "Put two labels side by side"));

/** Make the table of topics and periods. */
function periodsHeat(parameters, code, change) {
  const { chosen, element } = heatColors(parameters, change);
  const language = code === "all" ? {} : { lang: code };
  const counts = dateCounts(code);
  return [
    element,
    heatTable({
      caption: `topics by ${summary.dates.unit}, ${ofLanguages(code)}`,
      columns: summary.dates.periods.map((period, place) => ({
        name: period,
        count: counts[place],
        filters: (topic) => ({ topic: topic.id, from: period, to: period, ...language }),
      })),
      estimateOf: (topic, place) => dateEstimates(topic, code)[place],
      colors: chosen,
      usual: `mean of the ${summary.dates.unit}s`,
    }),
  ];
}

function timeView(parameters) {
  if (!summary.dates) return missing("Topics over time", `No document has a date. ${cureOf("date")}`);
  const { unit, unit_reason: reason, undated } = summary.dates;
  const codes = datedCodes();
  return breakdownView(
    "time",
    {
      title: "Topics over time",
      lead: `How much of a document is about a topic, by ${unit} and language.`,
      notes: [
        make("p", { class: "note" }, `The mean share of a document, as inferred by ${inferredBy()}, with 95% intervals. ${reason ?? ""}`),
        leftOutNote(undated, "date"),
      ],
      everyLanguage: "all, one line each",
      codes,
      figure: timeBreakdown,
      further: (code, change) => [
        section("Every topic", ...multiples({ parameters, codes, change })),
        section(`All topics by ${unit}`, ...periodsHeat(parameters, code, change)),
        summary.dates.periods.length > 1 && section("Two periods", make("a", { class: "step", href: address({ view: "side", kind: "periods" }) }, "Put two periods side by side")),
      ],
    },
    parameters,
  );
}
