// Two topics, languages, labels, periods or models side by side.

const KINDS = { topics: "two topics", languages: "two languages", labels: "two labels", periods: "two periods", models: "two models" };
/** Words of each topic that are compared. */
const COMPARED_WORDS = 30;
/** Words of each part that are shown at first. */
const FIRST_COMPARED = 10;
/** Languages whose words are shown at first. */
const FIRST_LANGUAGES = 4;
/** Typical documents per language and side. */
const COMPARED_DOCUMENTS = 2;

/** Show two things of one kind side by side; the address says which. */
function sideView(parameters) {
  const kind = Object.hasOwn(KINDS, parameters.kind ?? "") ? parameters.kind : "topics";
  const draw = { topics: sideOfTopics, languages: sideOfLanguages, labels: sideOfLabels, periods: sideOfPeriods, models: sideOfModels }[kind];
  const { about = [], content, name = KINDS[kind] } = draw({ ...parameters, kind });
  const title = "Side by side";
  return {
    title: `${title}: ${name}`,
    content: [
      make("h1", {}, title),
      make("p", { class: "lead" }, "Two topics, languages, labels, periods or models: what they share, and where they differ."),
      make("div", { class: "row controls" }, choice("Compare", Object.entries(KINDS), kind, (value) => goTo(address({ view: "side", kind: value }), { stay: true })), about),
      ...content,
    ],
  };
}

/** Say what is missing for a comparison, and how to get it. */
function lacking(...sentence) {
  return { content: [make("p", { class: "missing" }, ...sentence)] };
}

/** Return the two values of the address that are among some, or the first two that differ. */
function chosenPair({ one, other }, values) {
  const known = (value) => values.find((each) => String(each) === String(value));
  const first = known(one) ?? values.find((value) => String(value) !== String(other));
  const second = known(other) ?? values.find((value) => String(value) !== String(first));
  return [first, String(second) === String(first) ? values.find((value) => value !== first) : second];
}

/** Make the choices of the one and the other, and the button that swaps them. */
function pairChoices(parameters, options, [one, other]) {
  const change = (changes) => goTo(address({ view: "side", ...parameters, one, other, ...changes }), { stay: true });
  // Choosing what the other side has swaps both.
  const pick = (side, value) => change(String(value) === String(side === "one" ? other : one) ? { one: other, other: one } : { [side]: value });
  const swap = make("button", { type: "button", class: "swap", id: "swap", "aria-label": "Swap both sides" }, "⇄ Swap");
  swap.addEventListener("click", () => {
    change({ one: other, other: one });
    document.getElementById("swap").focus({ preventScroll: true });
  });
  return [choice("The one", options, one, (value) => pick("one", value)), swap, choice("The other", options, other, (value) => pick("other", value))];
}

/** Make the choice of languages that figures are of; "all" has equal weight of languages. */
function figuresLanguage(parameters, codes, chosen, pair) {
  if (codes.length < 2) return null;
  const options = [["all", "all, weighted equally"], ...codes.map((code) => [code, languageName(code)])];
  return choice("Language of the figures", options, chosen, (lang) => goTo(address({ view: "side", ...parameters, ...pair, lang }), { stay: true }));
}

/** Make buttons that lead to the sections of a long view, on wide windows too. */
const jumpsTo = (sections) => make("div", { class: "jumps-anywhere" }, jumpLinks(sections));

function sideOfTopics(parameters) {
  const { topics } = summary;
  if (topics.length < 2) return lacking("One topic is shown, so there are no two to compare. Split it, or train a model with more: ", make("code", {}, "gloctm train CORPUS --num-topics 20"), ".");
  const ids = topicsByPrevalence().map(({ id }) => id);
  const whole = (id) => topicOf(Number(id ?? NaN))?.id;
  const asked = [whole(parameters.one), whole(parameters.other)];
  const [first, second] = asked.some(isNumber) ? asked : mostSimilar();
  // What is most like the one, unless the address says otherwise.
  const pair = chosenPair({ one: first, other: second ?? topicNumbered(first)?.similar[0]?.[0] }, ids);
  const [one, other] = pair.map(topicNumbered);
  const options = topics.map((topic) => [topic.id, topicText(topic), { lang: languageTag(languageOfName(topic) ?? "") }]);
  const sections = [
    section("Words", ...sharedWords(one, other)),
    hasPrevalence() && section("Shares", ...topicShares(one, other)),
    summary.dates && section("Over time", ...topicTrend(parameters, one, other)),
    summary.labels && section("By label", ...topicLabels(one, other)),
    documentsOfBoth(one, other),
  ].filter(Boolean);
  return {
    name: `topics ${one.id} and ${other.id}`,
    about: pairChoices(parameters, options, pair),
    content: [topicHeads(one, other), jumpsTo(sections), ...sections, ...whatLacks()],
  };
}

/** Return the numbers of the two topics that are most alike; of the two largest, where no similarity is known. */
function mostSimilar() {
  let best = topicsByPrevalence().slice(0, 2).map(({ id }) => id);
  let most = -Infinity;
  summary.topics.forEach(({ id }, row) =>
    summary.topics.slice(0, row).forEach((other, column) => {
      const cosine = summary.similarity?.[row]?.[column];
      if (!(cosine > most)) return;
      most = cosine;
      best = [other.id, id];
    }),
  );
  return best;
}

/** Link to two topics side by side. */
const besideLink = (one, other) => make("a", { href: address({ view: "side", kind: "topics", one: one.id, other: other.id }) }, "side by side", make("span", { class: "offscreen" }, `: topics ${one.id} and ${other.id}`));

/** Say how similar two topics are, and lead to each. */
function topicHeads(one, other) {
  const cosine = summary.similarity?.[placeOf(one.id)]?.[placeOf(other.id)];
  const height = summary.merges?.length ? heightOf(placeOf(one.id), placeOf(other.id)) : null;
  const side = (topic, kind) =>
    make(
      "div",
      { class: `side-head ${kind}` },
      topicLink(topic),
      isNumber(topic.overall) && make("span", { class: "figures" }, `${formatPercent(topic.overall)} of a document`),
      summary.documents && documentsLink("its documents", { topic: topic.id }),
    );
  return make(
    "div",
    { class: "side-heads" },
    side(one, "tone-one"),
    make(
      "p",
      { class: "side-between" },
      isNumber(cosine) ? make("b", {}, `cosine ${formatDecimal(cosine)}`) : "",
      height !== null && make("span", {}, `one group from height ${formatDecimal(height)}`),
      summary.similarity?.length > 0 && make("a", { href: address({ view: "similarity" }) }, "All pairs"),
    ),
    side(other, "tone-other"),
  );
}

/** Return the words of a topic in a language that are compared: [{word, part}], with the part of its heaviest word. */
function comparedWords(topic, code) {
  const terms = topic.terms?.[code];
  // The first ones of the list are those of the default ranking; terms also tell their probabilities.
  const probability = new Map((terms ?? []).map(([word, share]) => [word, share]));
  const words = (topic.words[code] ?? []).slice(0, COMPARED_WORDS);
  const known = words.length > 0 && words.every(([word]) => probability.has(word));
  const weight = ([word, own]) => (known ? probability.get(word) : own);
  const heaviest = Math.max(...words.map(weight));
  return words.map((entry) => ({ word: entry[0], part: known ? weight(entry) / Math.max(heaviest, Number.MIN_VALUE) : shareOfHeaviest(weight(entry), heaviest) }));
}

/** Show the words of one topic, of both, and of the other, in every language shown. */
function sharedWords(one, other) {
  const codes = languagesInOrder().filter((code) => one.words[code]?.length || other.words[code]?.length);
  const first = readerLanguage() === "all" ? FIRST_LANGUAGES : 1;
  const parts = codes.map((code) => venn(one, other, code));
  const further = make("div", { class: "venns", id: freshId("words"), hidden: true }, parts.slice(first));
  return [
    make("p", { class: "note" }, `Of the first ${COMPARED_WORDS} words of each topic; bars are probabilities, the heaviest word's in full.`),
    make("div", { class: "venns" }, parts.slice(0, first)),
    parts.length > first && [unfolder(further, parts.length - first, "other languages"), further],
  ].flat();
}

function venn(one, other, code) {
  const [first, second] = [comparedWords(one, code), comparedWords(other, code)];
  const inOther = new Map(second.map((entry) => [entry.word, entry]));
  const inOne = new Set(first.map(({ word }) => word));
  const both = first.filter(({ word }) => inOther.has(word)).map(({ word, part }) => ({ word, part, other: inOther.get(word).part }));
  const lists = [
    ["tone-one", `topic ${one.id} only`, first.filter(({ word }) => !inOther.has(word))],
    ["tone-both", "both", both],
    ["tone-other", `topic ${other.id} only`, second.filter(({ word }) => !inOne.has(word))],
  ];
  const columns = lists.map(([tone, title, words]) =>
    make(
      "div",
      { class: `venn-part ${tone}` },
      make("h4", {}, title, make("span", { class: "figures" }, ` ${formatCount(words.length)}`)),
      words.length ? foldedList(words.map((entry) => vennWord(entry, code)), code) : make("p", { class: "note" }, "no word"),
    ),
  );
  return make("section", { class: "venn" }, make("h3", {}, languageMark(code)), make("div", { class: "venn-parts" }, columns));
}

function vennWord({ word, part, other }, code) {
  const text = inLanguage(code, word, "span", { class: "text" });
  if (other === undefined) return make("li", {}, barOf(part), text);
  const half = (share, side) => {
    const bar = make("span", { class: `half ${side}`, "aria-hidden": "true" });
    bar.style.setProperty("--part", Math.max(0, share));
    return bar;
  };
  return make("li", { class: "butterfly" }, half(part, "of-one"), text, half(other, "of-other"));
}

/** Make a list of which only the first are seen until a button is pressed. */
function foldedList(items, code) {
  const list = make("ol", { class: "plain words-of", dir: directionOf(code) }, items);
  if (items.length <= FIRST_COMPARED + 1) return list;
  items.slice(FIRST_COMPARED).forEach((item) => (item.hidden = true));
  const button = make("button", { type: "button", class: "quiet unfold", "aria-expanded": "false" }, `${items.length - FIRST_COMPARED} more`);
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") === "false";
    items.slice(FIRST_COMPARED).forEach((item) => (item.hidden = !open));
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Fewer" : `${items.length - FIRST_COMPARED} more`;
  });
  return make("div", {}, list, button);
}

/** Compare the shares of two topics in every language. */
function topicShares(one, other) {
  const codes = summary.languages.map(({ code }) => code);
  const all = codes.length > 1 ? [{ code: "all", one: shareEstimate(one, "all"), other: shareEstimate(other, "all") }] : [];
  const rows = [...all, ...codes.map((code) => ({ code, one: shareEstimate(one, code), other: shareEstimate(other, code) }))]
    .map((row) => ({ ...row, difference: differenceOf(row.one, row.other, { same: true }) }))
    .map((row) => ({ ...row, difference: withCounts(row.difference, [documentsIn(row.code)]) }));
  const name = (row) => (row.code === "all" ? "all, weighted equally" : languageName(row.code));
  return [
    make("p", { class: "note" }, `Mean shares of a document, as inferred by ${inferredBy()}. Both topics are in the same documents, so the intervals of their differences are wide enough for any dependence.`),
    differenceTable({
      caption: `shares of topics ${one.id} and ${other.id}`,
      names: [`topic ${one.id}`, `topic ${other.id}`],
      rows,
      first: [{ label: "language", value: name, node: (row) => (row.code === "all" ? name(row) : languageMark(row.code)), header: true }],
    }),
  ];
}

/** Show both topics over time, in all languages or one. */
function topicTrend(parameters, one, other) {
  const codes = datedCodes();
  const code = codes.includes(parameters.lang) ? parameters.lang : "all";
  const { unit, periods } = summary.dates;
  const counts = dateCounts(code);
  const lines = [one, other].map((topic) => ({ name: topicText(topic), points: dateEstimates(topic, code) }));
  return [
    make("div", { class: "row controls" }, figuresLanguage(parameters, codes, code, { one: one.id, other: other.id })),
    chartFigure({
      title: `Topics ${one.id} and ${other.id} by ${unit}, ${ofLanguages(code)}`,
      description: `Mean shares of a document from ${periods[0]} to ${periods.at(-1)}, a line per topic, with 95% intervals. The table has the figures.`,
      kind: "trend",
      rows: lines.flatMap(({ name, points }, series) =>
        periods.map((period, place) => {
          const point = points[place];
          const few = counts[place] < FEW_DOCUMENTS;
          return { series, x: period, y: point?.mean ?? null, ...(point && counts[place] > 1 ? { low: point.low, high: point.high } : {}), few, details: `${name}, ${period}: ${formatInterval(point)}` };
        }),
      ),
      parameters: { series: lines.map(({ name }, place) => ({ name, color: place ? "other" : "one", shape: place ? "square" : "circle" })), unit },
      height: 300,
      table: trendTable(lines, `topics ${one.id} and ${other.id} by ${unit}`),
      wide: true,
    }),
  ];
}

/** Make the table of lines over time. */
function trendTable(lines, caption) {
  const { periods, unit } = summary.dates;
  return dataTable({
    caption,
    rows: placesOf(periods),
    columns: [
      { label: unit, value: (period) => periods[period], header: true },
      ...lines.flatMap(({ name, points }) => [
        { label: name, saved: `${name}: mean proportion`, value: (period) => points[period]?.mean, text: (period) => formatInterval(points[period]), numeric: true },
        { label: `${name}: low`, value: (period) => points[period]?.low, hidden: true },
        { label: `${name}: high`, value: (period) => points[period]?.high, hidden: true },
      ]),
    ],
  });
}

/** Return the languages that have documents with dates. */
const datedCodes = () => summary.languages.map(({ code }) => code).filter((code) => summary.dates.prevalence[code]?.some((row) => row.some(Boolean)));

/** Return the languages that have documents with labels. */
const labeledCodes = () => summary.languages.map(({ code }) => code).filter((code) => summary.labels.counts[code]?.some((count) => count > 0));

/** Compare the shares of two topics by label. */
function topicLabels(one, other) {
  const rows = summary.labels.values
    .map((value, place) => ({ value, place, one: labelEstimates(one, "all")[place], other: labelEstimates(other, "all")[place] }))
    .map((row) => ({ ...row, difference: differenceOf(row.one, row.other, { same: true }) }))
    .map((row) => ({ ...row, difference: withCounts(row.difference, [labelCount(row.place, "all")]) }));
  return [
    differenceTable({
      caption: `topics ${one.id} and ${other.id} by label`,
      names: [`topic ${one.id}`, `topic ${other.id}`],
      rows,
      first: [
        { label: "label", value: (row) => String(row.value), node: (row) => make("bdi", {}, String(row.value)), header: true },
        { label: "documents", value: (row) => labelCount(row.place, "all"), text: (row) => formatCount(labelCount(row.place, "all")), numeric: true },
      ],
    }),
  ];
}

/** Show typical documents of both topics, a row per language. */
function documentsOfBoth(one, other) {
  const codes = languagesInOrder().filter((code) => one.documents[code]?.length || other.documents[code]?.length);
  if (!codes.length) return null;
  const rows = codes.map((code) => {
    const cards = (topic, tone) =>
      make(
        "div",
        { class: `side-documents ${tone}` },
        make("p", { class: "over" }, topicText(topic)),
        (topic.documents[code] ?? []).slice(0, COMPARED_DOCUMENTS).map((document) => documentCard(code, document)),
        !topic.documents[code]?.length && make("p", { class: "note" }, "No document to show."),
      );
    return make("section", { class: "side-row" }, make("h3", {}, languageMark(code)), make("div", { class: "side-columns" }, cards(one, "tone-one"), cards(other, "tone-other")));
  });
  const [first, ...further] = rows;
  const rest = further.length > 0 && make("div", { hidden: true, id: freshId("documents") }, further);
  return section("Typical documents", first, rest && [unfolder(rest, further.length, "other languages"), rest]);
}

/** Say what a report has not, which these comparisons would show, and how to get it. */
function whatLacks() {
  const lacks = [
    !hasPrevalence() && `Shares and documents need the corpus: ${REPORT_WITH_CORPUS}.`,
    hasPrevalence() && !summary.dates && `No document has a date, so nothing is shown over time. ${cureOf("date")}`,
    hasPrevalence() && !summary.labels && `No document has a label, so nothing is shown by label. ${cureOf("label")}`,
  ].filter(Boolean);
  return lacks.map((sentence) => make("p", { class: "missing note" }, sentence));
}
