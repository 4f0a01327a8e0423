// Two models side by side.

/** Compare this model with another: topics that match, and those that do not. */
function sideOfModels() {
  const { other } = summary;
  if (!other) return lacking("This report has one model. To compare it with another, make it again with ", make("code", {}, "gloctm report MODEL --corpus CORPUS --compare OTHER"), ".");
  const theirs = new Map(other.topics.map((topic) => [topic.number, topic]));
  const matches = other.matches.map(([id, number, similarity]) => ({ topic: topicNumbered(id), their: theirs.get(number), similarity })).filter((each) => each.topic && each.their);
  const matched = [new Set(matches.map(({ topic }) => topic.id)), new Set(matches.map(({ their }) => their.number))];
  const ours = summary.topics.filter(({ id }) => !matched[0].has(id));
  const rest = other.topics.filter(({ number }) => !matched[1].has(number));
  const codes = shownLanguages().filter((code) => other.languages.includes(code));
  const code = codes[0] ?? summary.languages[0].code;
  const theirWords = (topic) => (topic.words[code] ?? []).slice(0, 10);
  const wordsHere = (topic, shared = []) => wordsInRow(firstWords(topic, code, 10), code, shared);
  const wordsThere = (topic, shared = []) => wordsInRow(theirWords(topic), code, shared);
  const theirName = (topic) => make("span", { class: "topic-link" }, make("span", { class: "number" }, String(topic.number)), " ", make("bdi", {}, nameThere(topic, code)));
  const columns = [
    { label: "topic here", value: ({ topic }) => topic.id, node: ({ topic, their }) => [topicLink(topic), wordsHere(topic, theirWords(their))], header: true },
    { label: "name here", value: ({ topic }) => topicTitle(topic), hidden: true },
    { label: "words here", value: ({ topic }) => firstWords(topic, code, 10).join(" "), hidden: true },
    { label: "similarity", value: ({ similarity }) => similarity, node: ({ similarity }) => make("span", { class: "meter" }, formatDecimal(similarity), meterBar(similarity)), numeric: true },
    { label: "topic there", value: ({ their }) => their.number, node: ({ topic, their }) => [theirName(their), wordsThere(their, firstWords(topic, code, 10))] },
    { label: "name there", value: ({ their }) => nameThere(their, code), hidden: true },
    { label: "words there", value: ({ their }) => theirWords(their).join(" "), hidden: true },
  ];
  const sections = [
    section("Topics that match", matches.length ? make("div", { class: "matches" }, dataTable({ caption: "topics that match", rows: matches, columns, sort: { column: 3, direction: "descending" } })) : make("p", { class: "missing" }, "No topic of one model matches one of the other.")),
    ours.length > 0 && section("Only here", unmatchedHere(ours, wordsHere)),
    rest.length > 0 && section("Only there", make("ul", { class: "plain unmatched" }, rest.map((topic) => make("li", {}, theirName(topic), wordsThere(topic), nearestHere(topic))))),
  ];
  return {
    name: "two models",
    content: [
      make("p", {}, "Here: ", make("bdi", {}, summary.title), ". There: ", make("bdi", {}, other.title), "."),
      make("p", {}, `${formatCount(matches.length)} topics match one to one; ${formatCount(ours.length)} here and ${formatCount(rest.length)} there have no match. Words are those in ${languageName(code)}; those in bold are the same in both.`),
      jumpLinks(sections),
      ...sections,
    ],
  };
}

/** Make a row of words, in bold those that the other side has, too. */
function wordsInRow(words, code, shared) {
  const others = new Set(shared);
  return inLanguage(code, make("span", {}, words.flatMap((word) => [make(others.has(word) ? "b" : "span", {}, word), " "])), "span", { class: "words-in-a-row" });
}

/** Return the name of a topic of the other model, in a language if it has one in it. */
const nameThere = (topic, code) => topic.names?.[code] ?? topic.name;

/** Make a bar of a similarity, from 0 to 1. */
function meterBar(value) {
  const bar = make("span", { class: "meter-bar", "aria-hidden": "true" });
  bar.style.setProperty("--part", Math.max(0, Math.min(1, value)));
  return bar;
}

/** List topics here that match none there, with the nearest one. */
function unmatchedHere(topics, words) {
  return make("ul", { class: "plain unmatched" }, topics.map((topic) => make("li", {}, topicLink(topic), words(topic), nearestThere(topic))));
}

/** Say which topic there is nearest to one here. */
function nearestThere(topic) {
  const row = summary.other.similarity?.[placeOf(topic.id)];
  if (!row?.length) return null;
  const best = row.indexOf(Math.max(...row));
  const their = summary.other.topics[best];
  return make("span", { class: "note" }, `nearest there: topic ${their.number} `, make("bdi", {}, their.name), ` (${formatDecimal(row[best])})`);
}

/** Say which topic here is nearest to one there. */
function nearestHere(their) {
  const column = summary.other.topics.indexOf(their);
  const values = (summary.other.similarity ?? []).map((row) => row[column]);
  if (!values.length) return null;
  const best = values.indexOf(Math.max(...values));
  return make("span", { class: "note" }, "nearest here: ", make("bdi", {}, topicText(summary.topics[best])), ` (${formatDecimal(values[best])})`);
}
