// What the model found, in plain sentences, each a link to the view that shows it.

/** Findings of a kind that are told. */
const MOST_FINDINGS = 3;

/** Why a card of findings has none. */
const NONE_CLEAR = `No difference is clear: the interval of each includes zero, or it is below ${LEAST_CLEAR_POINTS} points, or of too few documents.`;

/** Keep clear differences, the greatest first, of each key no more than one. */
function greatest(found, keyOf) {
  const seen = new Set();
  return found
    .filter((each) => clearDirection(each.estimate))
    .sort((one, other) => Math.abs(other.estimate.difference) - Math.abs(one.estimate.difference))
    .filter((each) => !seen.has(keyOf(each)) && seen.add(keyOf(each)))
    .slice(0, MOST_FINDINGS);
}

/** Return the topics that may be compared between languages: those without doubt. */
const comparableTopics = () => summary.topics.filter((topic) => !topic.doubtful.length);

/** Find the greatest clear differences of a language from the others. */
function differencesOfLanguages() {
  const found = comparableTopics().flatMap((topic) =>
    Object.keys(topic.contrast ?? {}).map((code) => ({ topic, code, estimate: contrastOf(topic, code) })),
  );
  return greatest(found, ({ topic }) => topic.id);
}

/** Return the places of the first and last period with enough documents of a language, or with any; null for one or none. */
function endsOf(counts) {
  for (const least of [FEW_DOCUMENTS, 2, 1]) {
    const places = counts.map((_, place) => place).filter((place) => counts[place] >= least);
    if (places.length > 1) return [places[0], places.at(-1)];
  }
  return null;
}

/** Find the greatest clear changes from the first period to the last one. */
function changesOverTime() {
  const { counts, prevalence, periods } = summary.dates;
  const found = summary.languages.flatMap(({ code }) => {
    const ends = endsOf(counts[code] ?? []);
    if (!ends) return [];
    return summary.topics.flatMap((topic) => {
      const [first, last] = ends.map((place) => prevalence[code]?.[placeOf(topic.id)]?.[place]);
      if (!first || !last) return [];
      return [{ topic, code, first, last, from: periods[ends[0]], to: periods[ends[1]], estimate: withCounts(differenceOf(last, first), ends.map((place) => counts[code][place])) }];
    });
  });
  return greatest(found, ({ topic }) => topic.id);
}

/** Find the labels with the most characteristic topics: those whose share is furthest above that of the other labels. */
function characteristicLabels() {
  const { values } = summary.labels;
  const enough = values.map((_, place) => labelCount(place, "all") >= FEW_DOCUMENTS);
  const found = summary.topics.flatMap((topic) => {
    const estimates = labelEstimates(topic, "all");
    return values.flatMap((label, place) => {
      const others = estimates.filter((each, other) => each && enough[other] && other !== place);
      if (!estimates[place] || !enough[place] || !others.length) return [];
      const rest = meanEstimate(others);
      return [{ topic, label, own: estimates[place], rest, estimate: differenceOf(estimates[place], rest) }];
    });
  });
  return greatest(found.filter(({ estimate }) => estimate.difference > 0), ({ label }) => label);
}

/** "mainly about it: 41 documents", of all languages or one; null without a corpus. */
function mainlyOf(topic, code = "all") {
  if (!topic.mainly) return null;
  return code === "all" ? Object.values(topic.mainly).reduce((sum, count) => sum + count, 0) : (topic.mainly[code] ?? 0);
}

/** "+5.2 points (3.1 to 7.3)". */
const pointsOf = (estimate) => {
  const [, interval] = formatDifference(estimate).split(" ");
  return `${formatPoints(estimate.difference)} points ${interval ?? ""}`.trim();
};

/** Say among how many comparisons the greatest were found, and how many of them look clear by chance; null for few. */
function chanceNote(comparisons) {
  const chance = Math.round(comparisons / 20);
  if (!chance) return null;
  return make("p", { class: "note" }, `The greatest of ${formatCount(comparisons)} comparisons, of which about ${formatCount(chance)} ${chance === 1 ? "looks" : "look"} clear by chance alone.`);
}

/** Make a card of findings: its title, its sentences with a note, or why there are none, and a link to all. */
function findingCard(title, sentences, none, all, note = null) {
  return make(
    "section",
    { class: "card finding" },
    make("h3", {}, title),
    sentences.length ? make("ol", { class: "plain" }, sentences.map((parts) => make("li", {}, parts))) : make("p", { class: "note" }, none),
    sentences.length > 0 && note,
    all && make("p", { class: "more" }, make("a", { href: all.href }, all.text)),
  );
}

/** A link to what shows a finding, around the topic's name. */
const findingLink = (topic, parameters) => make("a", { class: "finding-link", href: address(parameters) }, topicName(topic), topic.doubtful.length > 0 && doubtMark(topic));

function largestTopics() {
  const sentences = topicsByPrevalence()
    .slice(0, MOST_FINDINGS)
    .map((topic) => {
      const mainly = mainlyOf(topic);
      return [
        findingLink(topic, { topic: topic.id }),
        make("span", { class: "figures" }, `${formatPercent(topic.overall)} of a document on average${mainly === null ? "" : `; mainly about: ${countOf(mainly, "document")}`}`),
      ];
    });
  return findingCard("Largest topics", sentences, "", { href: address({ view: "topics" }), text: "All topics" });
}

function languageFindings() {
  const title = "Greatest differences between languages";
  if (summary.languages.length < 2) return findingCard(title, [], "This report has one language, so there is nothing to compare.");
  const sentences = differencesOfLanguages().map(({ topic, code, estimate }) => [
    `${languageName(code)}: ${estimate.difference > 0 ? "more" : "less"} about `,
    findingLink(topic, { view: "compare", lang: code }),
    make("span", { class: "figures" }, `${pointsOf(estimate)}, compared with ${othersOf(code)}`),
  ]);
  // Of two languages, each difference is the other's with the opposite sign.
  const comparisons = comparableTopics().length * (summary.languages.length === 2 ? 1 : summary.languages.length);
  const doubtful = summary.topics.length - comparableTopics().length;
  const left = doubtful ? ` Left out: ${countOf(doubtful, "topic")} with another theme in some language.` : "";
  const card = findingCard(title, sentences, `${NONE_CLEAR}${left}`, { href: address({ view: "compare" }), text: "All differences" }, chanceNote(comparisons));
  if (sentences.length && left) card.querySelector("ol").after(make("p", { class: "note" }, `${DOUBT}${left}`));
  return card;
}

function timeFindings() {
  const { unit } = summary.dates;
  const sentences = changesOverTime().map(({ topic, code, first, last, from, to, estimate }) => [
    `${summary.languages.length > 1 ? `${languageName(code)}: ` : ""}${estimate.difference > 0 ? "more" : "less"} about `,
    findingLink(topic, { view: "time", of: topic.id, lang: code }),
    make("span", { class: "figures" }, `${formatPercent(first.mean)} in ${from}, ${formatPercent(last.mean)} in ${to}: ${pointsOf(estimate)}`),
  ]);
  const dated = summary.languages.filter(({ code }) => endsOf(summary.dates.counts[code] ?? []));
  const none = `No topic changed clearly from the first ${unit} to the last. ${NONE_CLEAR}`;
  return findingCard("What changed over time", sentences, none, { href: address({ view: "time" }), text: "All topics over time" }, chanceNote(summary.topics.length * dated.length));
}

function labelFindings() {
  const sentences = characteristicLabels().map(({ topic, label, own, rest, estimate }) => [
    make("b", { dir: "auto" }, label),
    ": more about ",
    findingLink(topic, { view: "labels", of: topic.id }),
    make("span", { class: "figures" }, `${formatPercent(own.mean)} of a document, ${formatPercent(rest.mean)} with other labels: ${pointsOf(estimate)}`),
  ]);
  const none = `No label has clearly more of a topic than the others. ${NONE_CLEAR}`;
  const compared = summary.labels.values.filter((_, place) => labelCount(place, "all") >= FEW_DOCUMENTS).length;
  return findingCard("What labels are about", sentences, none, { href: address({ view: "labels" }), text: "All labels" }, chanceNote(summary.topics.length * compared));
}

/** Tell what changed over time; without a clear change, or without dates, what labels are about. */
function breakdownFindings() {
  const { labels, dates } = summary;
  if (dates && (!labels || changesOverTime().length)) return timeFindings();
  if (labels) return labelFindings();
  return findingCard("What changed over time, or by label", [], "The documents have neither dates nor labels. Build the corpus with a column of either to see topics by them.");
}

/** Make the three findings; without a corpus a sentence on how to get them. */
function findings() {
  if (!hasPrevalence()) {
    return make("p", { class: "note" }, "This report was made without a corpus, so it shows words alone: no documents, no shares of topics, no differences. For those: ", make("code", {}, "gloctm report MODEL --corpus CORPUS"), ".");
  }
  return make("div", { class: "findings" }, largestTopics(), languageFindings(), breakdownFindings());
}
