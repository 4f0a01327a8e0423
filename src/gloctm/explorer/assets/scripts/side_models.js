// Two models side by side.

/** Compare this model with another: topics that match, and those that do not. */
function sideOfModels() {
  const { other } = summary;
  if (!other) return lacking("This report has one model. To compare it with another, make it again with ", make("code", {}, "gloctm report MODEL --corpus CORPUS --compare OTHER"), ".");
  const theirs = new Map(other.topics.map((topic) => [topic.number, topic]));
  const matches = other.matches.map(([id, number, similarity]) => ({ topic: topicNumbered(id), their: theirs.get(number), similarity })).filter((each) => each.topic && each.their);
  const matched = [new Set(matches.map(({ topic }) => topic.id)), new Set(matches.map(({ their }) => their.number))];
  const parts = splitsAndJoins(matches);
  const ours = summary.topics.filter((topic) => !matched[0].has(topic.id) && !parts.some(({ here }) => here.includes(topic)));
  const rest = other.topics.filter((topic) => !matched[1].has(topic.number) && !parts.some(({ there }) => there.includes(topic)));
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
    parts.length > 0 && section("Topics that split, or were joined", ...splitList(parts, theirName)),
    ours.length > 0 && section("Only here", unmatchedHere(ours, wordsHere)),
    rest.length > 0 && section("Only there", make("ul", { class: "plain unmatched" }, rest.map((topic) => make("li", {}, theirName(topic), wordsThere(topic), nearestHere(topic))))),
  ];
  return {
    name: "two models",
    content: [
      make("p", {}, "Here: ", make("bdi", {}, summary.title), ". There: ", make("bdi", {}, other.title), "."),
      make("p", {}, `${formatCount(matches.length)} topics match one to one; ${parts.length ? `${formatCount(parts.length)} split or were joined; ` : ""}${formatCount(ours.length)} here and ${formatCount(rest.length)} there have no match. Words are those in ${languageName(code)}; those in bold are the same in both.`),
      make("p", { class: "note" }, "These similarities are on another scale than those under Similarity: compare them only with each other. They are cosines from which what all topics have in common is not subtracted, so higher; or, where no one encoder embedded the words of both models, the overlap of the topics' first words."),
      jumpLinks(sections),
      ...sections,
    ],
  };
}

/** Of matches, the part that is less similar than what is called typical. */
const LESS_THAN_TYPICAL = 0.25;

/**
 * Find topics that split or were joined: each topic without a match whose nearest is as similar as matches typically are,
 * with that nearest one and the topic that it matches. Those around one topic are one entry.
 *
 * @returns {{here: object[], there: object[], similarity: number}[]} the topics of both sides, the least similarity
 */
function splitsAndJoins(matches) {
  const { similarity, topics } = summary.other;
  const ordered = matches.map((match) => match.similarity).sort((one, other) => one - other);
  const typical = ordered[Math.floor(LESS_THAN_TYPICAL * (ordered.length - 1))];
  if (!isNumber(typical) || !similarity?.length) return [];
  const found = new Map();
  const add = (match, side, topic, cosine) => {
    if (!match || !(cosine >= typical)) return;
    const key = `${side} ${match.topic.id}`;
    if (!found.has(key)) found.set(key, { here: [match.topic], there: [match.their], similarity: cosine });
    const entry = found.get(key);
    entry[side].push(topic);
    entry.similarity = Math.min(entry.similarity, cosine);
  };
  summary.topics.forEach((topic, row) => {
    if (matches.some((match) => match.topic === topic)) return;
    const column = placeOfMost(similarity[row]);
    add(matches.find(({ their }) => their === topics[column]), "here", topic, similarity[row][column]);
  });
  topics.forEach((topic, column) => {
    if (matches.some(({ their }) => their === topic)) return;
    const values = similarity.map((row) => row[column]);
    const row = placeOfMost(values);
    add(matches.find((match) => match.topic === summary.topics[row]), "there", topic, values[row]);
  });
  return [...found.values()];
}

/** Return the place of the largest of some values. */
const placeOfMost = (values) => values.indexOf(Math.max(...values));

/** Put a sign between elements. */
const joined = (elements) => elements.flatMap((element, place) => (place ? [" + ", element] : [element]));

/** List topics that split or were joined: "1 here → 1 and 18 there". */
function splitList(parts, theirName) {
  const numbers = (some, key) => formatList(some.map((topic) => String(topic[key])));
  return [
    make("p", { class: "note" }, "Each topic matches one at most. These have no match of their own, but are as similar to one that is taken as matches typically are."),
    make(
      "ul",
      { class: "plain unmatched" },
      parts.map(({ here, there, similarity }) =>
        make(
          "li",
          {},
          make("b", {}, `${numbers(here, "id")} here → ${numbers(there, "number")} there`),
          make("span", { class: "part-names" }, joined(here.map((topic) => topicLink(topic))), " → ", joined(there.map(theirName))),
          make("span", { class: "note" }, `${there.length > here.length ? "split" : "joined"}; similarity ${formatDecimal(similarity)}${here.length + there.length > 3 ? " or more" : ""}`),
        ),
      ),
    ),
  ];
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
