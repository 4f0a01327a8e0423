// Two groups of documents side by side: languages, labels, periods.

/** Compare the topics' shares in two groups of documents. */
function topicDifferences({ names, counts, estimatesOf, caption, what = "topics", ofBoth }) {
  const rows = summary.topics
    .map((topic) => {
      const [one, other] = estimatesOf(topic);
      return { topic, one, other, difference: withCounts(differenceOf(one, other), counts) };
    })
    .filter((row) => row.one || row.other);
  return [
    make("p", {}, clearSentence(rows.map(({ difference }) => difference), what)),
    differenceTable({
      caption,
      names,
      rows,
      first: [
        { label: "topic", value: (row) => row.topic.id, node: (row) => topicLink(row.topic), header: true },
        { label: "name", value: (row) => topicTitle(row.topic), hidden: true },
      ],
      further: [
        ...(ofBoth ? [{ label: "documents", value: () => null, unsaved: true, node: ofBoth }] : []),
        { label: "in doubt", value: (row) => doubtedNames(row.topic).join(", "), hidden: true },
      ],
    }),
  ];
}

/** Link to the documents of a topic in each of two groups. */
const documentsOf = (names, filters) => summary.documents && (({ topic }) => make("span", { class: "both-links" }, names.map((name, side) => documentsLink(name, { topic: topic.id, ...filters[side] }))));

function sideOfLanguages(parameters) {
  const codes = summary.languages.map(({ code }) => code);
  if (codes.length < 2) return lacking("The model has one language, so there are no two to compare. Build a corpus of two or more, and train on it: ", make("code", {}, "gloctm corpus build FILE"), ".");
  const pair = chosenPair(parameters, codes);
  const names = pair.map(languageName);
  const options = summary.languages.map(({ code, name }) => [code, name]);
  const topic = topicOf(Number(parameters.of ?? NaN)) ?? mostDifferent(pair) ?? summary.topics[0];
  const change = (of) => goTo(address({ view: "side", ...parameters, one: pair[0], other: pair[1], of }), { stay: true });
  const topics = summary.topics.map((each) => [each.id, topicText(each), { lang: languageTag(languageOfName(each) ?? "") }]);
  const counts = pair.map((code) => languageNamed(code).documents);
  const sections = [
    hasPrevalence() &&
      section(
        "Topics by difference",
        ...topicDifferences({
          names,
          counts,
          caption: `${names[0]} and ${names[1]}`,
          estimatesOf: (each) => pair.map((code) => each.prevalence?.[code] ?? null),
          ofBoth: documentsOf(names, pair.map((code) => ({ lang: code }))),
        }),
        comparisonNotes(0),
      ),
    section("One topic in both", make("div", { class: "row controls" }, choice("Topic", topics, topic.id, change), make("a", { class: "step", href: address({ topic: topic.id }) }, "Open this topic")), pairedWords(topic, pair), languageDocuments(topic, pair)),
  ].filter(Boolean);
  return {
    name: names.join(" and "),
    about: pairChoices(parameters, options, pair),
    content: [
      counts.every(isNumber) && make("p", {}, `${names[0]}: ${countOf(counts[0], "document")}; ${names[1]}: ${countOf(counts[1], "document")}.`),
      !hasPrevalence() && make("p", { class: "missing" }, `Shares need the corpus: ${REPORT_WITH_CORPUS}. Words are compared below.`),
      jumpsTo(sections),
      ...sections,
    ],
  };
}

/** Return the topic whose shares in two languages differ most, clear differences first. */
function mostDifferent([one, other]) {
  const rank = (topic) => byClarity(differenceOf(topic.prevalence?.[one], topic.prevalence?.[other])) ?? -1;
  return [...summary.topics].sort((first, second) => rank(second) - rank(first))[0];
}

/** Show a topic's words in two languages: those that are nearest to each other, and those of one alone. */
function pairedWords(topic, pair) {
  const [one, other] = pair;
  const links = topic.links
    .filter(([first, , second]) => (first === one && second === other) || (first === other && second === one))
    .map(([first, rank, , otherRank, cosine]) => (first === one ? { ranks: [rank, otherRank], cosine } : { ranks: [otherRank, rank], cosine }))
    .filter(({ ranks }) => topic.words[one]?.[ranks[0]] && topic.words[other]?.[ranks[1]])
    .sort((first, second) => first.ranks[0] + first.ranks[1] - second.ranks[0] - second.ranks[1]);
  const alone = (side) => {
    const linked = new Set(links.map(({ ranks }) => ranks[side]));
    return (topic.words[pair[side]] ?? []).filter((_, rank) => !linked.has(rank)).map(([word]) => word);
  };
  const linkItem = ({ ranks, cosine }) =>
    make(
      "li",
      { class: "translation" },
      inLanguage(one, topic.words[one][ranks[0]][0], "span", { class: "text" }),
      make("span", { class: "link-sign", title: `cosine ${formatDecimal(cosine)}` }, "⇄", make("span", { class: "offscreen" }, ` cosine ${formatDecimal(cosine)} `)),
      inLanguage(other, topic.words[other][ranks[1]][0], "span", { class: "text" }),
    );
  const list = (side, tone) => {
    const words = alone(side);
    const code = pair[side];
    return make(
      "div",
      { class: `venn-part ${tone}` },
      make("h4", {}, `${languageName(code)}, in no pair`, make("span", { class: "figures" }, ` ${formatCount(words.length)}`)),
      words.length ? foldedList(words.map((word) => make("li", {}, inLanguage(code, word, "span", { class: "text" }))), code) : make("p", { class: "note" }, "no word"),
    );
  };
  return make(
    "div",
    { class: "venn" },
    make("p", { class: "note" }, "In the middle: words that are each other's nearest in the other language, by their vectors. Often they translate each other; not always, and translations may be missing."),
    make(
      "div",
      { class: "venn-parts" },
      list(0, "tone-one"),
      make(
        "div",
        { class: "venn-part tone-both" },
        make("h4", {}, "pairs", make("span", { class: "figures" }, ` ${formatCount(links.length)}`)),
        links.length ? foldedList(links.map(linkItem), "") : make("p", { class: "note" }, "No two of these words are nearest to each other."),
      ),
      list(1, "tone-other"),
    ),
  );
}

/** Show a topic's typical documents in two languages. */
function languageDocuments(topic, pair) {
  if (!pair.some((code) => topic.documents[code]?.length)) return null;
  const side = (code, tone) =>
    make(
      "div",
      { class: `side-documents ${tone}` },
      make("h3", {}, languageMark(code)),
      (topic.documents[code] ?? []).slice(0, COMPARED_DOCUMENTS).map((document) => documentCard(code, document)),
      !topic.documents[code]?.length && make("p", { class: "note" }, "No document to show."),
      documentsLinkOf(topic, { lang: code }),
    );
  return make("div", { class: "side-columns" }, side(pair[0], "tone-one"), side(pair[1], "tone-other"));
}

const documentsLinkOf = (topic, filters) => summary.documents && make("p", {}, documentsLink("All its documents", { topic: topic.id, ...filters }));

function sideOfLabels(parameters) {
  if (!summary.labels) return lacking(`No document has a label, so there are no two to compare. ${cureOf("label")}`);
  const { values } = summary.labels;
  if (values.length < 2) return lacking("All labeled documents have the same label, so there are no two to compare: label documents by two or more.");
  const pair = chosenPair(parameters, values);
  const places = pair.map((value) => values.indexOf(value));
  const codes = labeledCodes();
  const code = codes.includes(parameters.lang) ? parameters.lang : "all";
  return sideOfGroups(parameters, {
    pair,
    options: values.map((value, place) => [value, `${value} (${formatCount(labelCount(place, code))})`]),
    codes,
    code,
    count: (side) => labelCount(places[side], code),
    estimatesOf: (topic) => places.map((place) => labelEstimates(topic, code)[place] ?? null),
    filters: pair.map((label) => ({ label })),
    note: leftOutNote(summary.labels.unlabeled, "label"),
  });
}

function sideOfPeriods(parameters) {
  if (!summary.dates) return lacking(`No document has a date, so there are no two periods to compare. ${cureOf("date")}`);
  const { periods, unit } = summary.dates;
  if (periods.length < 2) return lacking(`All dated documents are of one ${unit}, so there are no two periods to compare.`);
  const codes = datedCodes();
  const code = codes.includes(parameters.lang) ? parameters.lang : "all";
  // The first and the last, unless the address says otherwise.
  const pair = chosenPair({ one: parameters.one ?? periods.at(-1), other: parameters.other ?? periods[0] }, periods);
  const places = pair.map((period) => periods.indexOf(period));
  const counts = dateCounts(code);
  return sideOfGroups(parameters, {
    pair,
    options: periods.map((period, place) => [period, `${period} (${formatCount(counts[place])})`]),
    codes,
    code,
    count: (side) => counts[places[side]],
    estimatesOf: (topic) => places.map((place) => dateEstimates(topic, code)[place]),
    filters: pair.map((period) => ({ from: period, to: period })),
    note: leftOutNote(summary.dates.undated, "date"),
  });
}

/** Compare two groups of documents that may be of several languages. */
function sideOfGroups(parameters, { pair, options, codes, code, count, estimatesOf, filters, note }) {
  const names = pair.map(String);
  const few = names.filter((_, side) => count(side) < FEW_DOCUMENTS);
  const language = code === "all" ? {} : { lang: code };
  return {
    name: names.join(" and "),
    about: [...pairChoices(parameters, options, pair), figuresLanguage(parameters, codes, code, { one: pair[0], other: pair[1] })],
    content: [
      make(
        "p",
        {},
        names.flatMap((name, side) => [side ? "; " : "", make("bdi", {}, name), ": ", documentsLink(countOf(count(side), "document"), { ...filters[side], ...language })]),
        `, ${ofLanguages(code)}.`,
      ),
      few.length > 0 && make("p", { class: "note" }, `Fewer than ${FEW_DOCUMENTS} documents in ${formatList(few)}: their means are mostly chance.`),
      note,
      ...topicDifferences({
        names,
        counts: names.map((_, side) => count(side)),
        caption: names.join(" and "),
        estimatesOf,
        ofBoth: documentsOf(names, filters.map((filter) => ({ ...filter, ...language }))),
      }),
    ],
  };
}
