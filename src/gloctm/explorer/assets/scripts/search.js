// Search: words of every vocabulary, topics by name or words, labels, documents; over a server also by meaning.

/** What is offered of each kind while typing, and shown on the page of results. */
const MOST_OFFERED = { words: 7, topics: 4, labels: 3 };
const MOST_FOUND = 60;
/** Documents that the page of results shows itself. */
const MOST_DOCUMENTS = 3;
const ALPHABETIC = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Arabic}\p{Script=Hebrew}]$/u;
/** Documents are counted once nothing has been typed for this long, in milliseconds. */
const PAUSE = 250;

/**
 * Fold a text for comparison: case, width and accents of Latin letters are ignored.
 * Marks that make other letters of a script, such as kana, stay.
 */
function folded(text) {
  return text
    .toUpperCase()
    .toLowerCase()
    .replaceAll("ς", "σ")
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .normalize("NFC");
}

/** Return the words of a query as they are sought; those in quotes are one phrase. */
const soughtWords = (query) =>
  Array.from(folded(query ?? "").matchAll(/(?<!\S)["“”„«]([^"“”„«»]*)["“”„«»]?|\S+/gu), ([word, phrase]) => (phrase ?? word).trim().replace(/\s+/gu, " ")).filter(Boolean);

let searchIndex;
let topicIndex;
whenReplaced(() => (searchIndex = topicIndex = undefined));

/** All words, folded for comparison; made on first use. */
function indexOfWords() {
  searchIndex ??= Object.entries(summary.search).flatMap(([code, { words, topics }]) =>
    words.map((word, place) => ({ code, word, compared: folded(word), topics: topicsOfWord(topics[place], code, word) })),
  );
  return searchIndex;
}

/** All topics with what they are found by, folded: names and labels in all languages, and their words. */
function indexOfTopics() {
  topicIndex ??= summary.topics.map((topic) => ({
    topic,
    names: [...new Set([topic.name, ...Object.values(topic.names ?? {}), ...Object.values(topic.labels)])].map(folded),
    words: Object.values(topic.words).flatMap((list) => list.map(([word]) => folded(word))),
  }));
  return topicIndex;
}

/** Rank how a text has what is sought: 0 is it, 1 begins with it, 2 has a word that does, 3 has it inside, 4 has all of its parts. */
function rankOfMatch(text, whole, parts) {
  if (!text.includes(whole)) return parts.length > 1 && parts.every((part) => text.includes(part)) ? 4 : null;
  if (text === whole) return 0;
  if (text.startsWith(whole)) return 1;
  if (beginsWord(text, whole)) return 2;
  // A letter is inside most words; a character of Chinese is not.
  return whole.length === 1 && ALPHABETIC.test(whole) ? null : 3;
}

/** Find what matches, best first: rank(entry) is null for what does not, else numbers to sort by. */
function ranked(entries, rank) {
  return entries
    .map((entry) => ({ entry, rank: rank(entry) }))
    .filter((each) => each.rank)
    .sort((one, other) => one.rank.map((value, place) => value - other.rank[place]).find(Boolean) ?? 0)
    .map(({ entry }) => entry);
}

/**
 * Find words that have what was typed anywhere in them: the word itself first, then those that begin so, in the reader's
 * language, and by their rank in a topic. Of several words typed that are not one in a vocabulary, each is found.
 */
function findWords(typed, most) {
  const parts = soughtWords(typed);
  const whole = parts.join(" ");
  if (!whole) return [];
  const foreign = (code) => Number(!shownLanguages().includes(code));
  const order = (entry, match) => [match, foreign(entry.code), entry.topics[0]?.[1] ?? Infinity, entry.compared.length];
  const found = ranked(indexOfWords(), (entry) => {
    const match = rankOfMatch(entry.compared, whole, parts);
    return match === null ? null : order(entry, match);
  });
  if (found.length || parts.length === 1) return found.slice(0, most);
  return ranked(indexOfWords(), (entry) => (parts.includes(entry.compared) ? order(entry, parts.indexOf(entry.compared)) : null)).slice(0, most);
}

/** Find topics by number, by a name or label in any language, and by several words that are all among theirs. */
function findTopics(typed) {
  const parts = soughtWords(typed);
  const whole = parts.join(" ");
  if (!whole) return [];
  const number = /^(?:topic\s*)?(\d+)$/.exec(whole)?.[1];
  const numbered = number === undefined ? undefined : topicOf(Number(number));
  return ranked(indexOfTopics(), ({ topic, names, words }) => {
    if (topic === numbered) return [-1, 0];
    const matches = names.map((name) => rankOfMatch(name, whole, parts)).filter((match) => match !== null);
    if (matches.length) return [Math.min(...matches), placeOf(topic.id)];
    const places = parts.map((part) => words.findIndex((word) => word.includes(part)));
    return parts.length > 1 && places.every((place) => place >= 0) ? [5, sumOf(places)] : null;
  }).map(({ topic }) => topic);
}

/** Return a name of a topic that has what was typed, where its title has not: null for others. */
function otherName(topic, typed) {
  const parts = soughtWords(typed);
  const matches = (name) => rankOfMatch(folded(name), parts.join(" "), parts) !== null;
  if (matches(topicTitle(topic))) return null;
  const [code, name] = [...Object.entries(topic.names ?? {}), ...Object.entries(topic.labels)].find(([, each]) => matches(each)) ?? [];
  return name ? inLanguage(code, name) : null;
}

/** Find labels of documents. */
function findLabels(typed) {
  const parts = soughtWords(typed);
  const whole = parts.join(" ");
  if (!whole || !summary.labels) return [];
  const labels = summary.labels.values.map((label, place) => ({ label, place }));
  return ranked(labels, ({ label, place }) => {
    const match = rankOfMatch(folded(label), whole, parts);
    return match === null ? null : [match, place];
  });
}

/** Return the address of a label: its most frequent topic among all labels. */
function labelAddress({ place }) {
  const share = (topic) => labelEstimates(topic, "all")[place]?.mean ?? -1;
  const [most] = [...summary.topics].sort((one, other) => share(other) - share(one));
  return address({ view: "labels", of: most.id });
}

/** Count the documents that have what was typed in their text, or as their id; null without documents. */
async function countDocuments(typed) {
  const table = await loadDocuments();
  if (!table) return null;
  const mask = matchingDocuments(table, { q: typed });
  const places = [];
  for (let place = 0; place < table.size; place += 1) if (mask[place]) places.push(place);
  return { table, places };
}

/** Return whether a word of a text begins so; without spaces between words, as in Chinese, the text itself. */
function beginsWord(text, begin) {
  for (let place = text.indexOf(begin); place >= 0; place = text.indexOf(begin, place + 1)) {
    if (place === 0 || !/[\p{L}\p{N}\p{M}]/u.test(text[place - 1])) return true;
  }
  return false;
}

/** Number of first words of a topic: further down the list, a weight says nothing about the topic. */
const FIRST_OF_TOPIC = 50;

/** Return whether a word is among those of a topic. */
const isListed = (topic, code, word) => [topic?.words[code], topic?.terms?.[code]].some((list) => list?.some(([each]) => each === word));

/** Return the topics that have a word among their first words, or the one where it weighs most. */
function topicsOfWord(topics, code, word) {
  const [heaviest, ...others] = topics;
  if (!heaviest) return [];
  const further = others.filter(([, rank, weight]) => rank < FIRST_OF_TOPIC && (weight > 0 || areLogarithms()));
  // A negative weight ties no word to a topic, but where the topic lists it.
  const [id, , weight] = heaviest;
  return weight > 0 || areLogarithms() || isListed(topicOf(id), code, word) ? [heaviest, ...further] : further;
}

/** Return the address of a word. */
const wordAddress = (entry) => address({ search: entry.word, lang: entry.code });

/** Return what is offered for what was typed: groups of {href, content}. */
function offersFor(typed) {
  const sought = typed.trim();
  const found = findWords(typed, Infinity);
  const words = found.slice(0, MOST_OFFERED.words).map((entry) => ({
    href: wordAddress(entry),
    content: [
      inLanguage(entry.code, entry.word, "b"),
      make("span", { class: "where" }, languageName(entry.code)),
      make("span", { class: "topics" }, topicsText(entry.topics)),
    ],
  }));
  const further = found.length - words.length;
  if (further > 0) {
    const shows = found.length > MOST_FOUND ? `the first ${MOST_FOUND}` : "all";
    words.push({ href: address({ search: sought }), content: [make("span", { class: "where" }, `${formatCount(further)} more ${further === 1 ? "word" : "words"}: Enter shows ${shows}`)] });
  }
  const topics = findTopics(typed).slice(0, MOST_OFFERED.topics).map((topic) => ({
    href: address({ topic: topic.id }),
    content: [topicName(topic, "b"), make("span", { class: "where" }, otherName(topic, typed), ` topic ${topic.id}`)],
  }));
  const labels = findLabels(typed).slice(0, MOST_OFFERED.labels).map((found) => ({
    href: labelAddress(found),
    content: [make("b", { dir: "auto" }, found.label), make("span", { class: "where" }, countOf(labelCount(found.place, "all"), "document"))],
  }));
  const strong = isStrong(typed, found, topics.length + labels.length);
  const documents = summary.documents && sought ? [{ href: documentsAddress({ q: sought }), content: [make("span", { class: "counted" }, "Documents with it")], counted: true }] : [];
  const meaning = document.documentElement.dataset.live && sought ? [{ href: meaningAddress(sought), content: [make(strong ? "span" : "b", {}, "Search by meaning")] }] : [];
  const others = [["Words", words], ["Topics", topics], ["Labels", labels], ["Documents", documents]];
  const groups = strong ? [...others, ["Meaning", meaning]] : [["Meaning", meaning], ...others];
  return groups.filter(([, offers]) => offers.length);
}

/** "topic 3", "topics 1, 4"; "no topic" where none has a word among its own. */
const topicsText = (topics) => (topics.length ? `${topics.length > 1 ? "topics" : "topic"} ${topics.map(([topic]) => topic).join(", ")}` : "no topic");

/**
 * Return whether what was found is more than weak hits. These are words that have what was typed inside, and some of
 * several words that were typed.
 */
function isStrong(typed, words, others) {
  if (others > 0) return true;
  const parts = soughtWords(typed);
  return words.some(({ compared }) => ![null, 3].includes(rankOfMatch(compared, parts.join(" "), parts)));
}

/** Return the address of a search by meaning. */
const meaningAddress = (sought) => address({ search: sought, by: "meaning" });

const NOT_FOUND = "No word, topic or label has this";

/** Set up the search field, by the combobox pattern of WAI-ARIA. */
function searchBox(input, list) {
  let offered = [];
  let options = [];
  let active = -1;
  let counting = null;

  function offer() {
    const typed = input.value;
    const groups = offersFor(typed);
    offered = groups.flatMap(([, offers]) => offers);
    active = -1;
    let place = 0;
    list.replaceChildren(
      ...groups.map(([title, offers]) =>
        make("li", { role: "group", "aria-label": title }, make("div", { class: "group-title", "aria-hidden": "true" }, title), offers.map((each) => option(each, place++))),
      ),
    );
    options = [...list.querySelectorAll("[role=option]")];
    const sought = Boolean(typed.trim());
    const known = groups.some(([title]) => !["Documents", "Meaning"].includes(title));
    if (sought && !known) list.prepend(make("li", { class: "where none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, NOT_FOUND));
    open(sought);
    if (sought) announce(known ? `${offered.length} found` : NOT_FOUND);
    clearTimeout(counting);
    if (sought && summary.documents) counting = setTimeout(() => count(typed), PAUSE);
  }

  function option({ content }, place) {
    return make(
      "div",
      {
        id: `offer-${place}`,
        role: "option",
        "aria-selected": "false",
        // Before the field loses the focus and the list closes.
        onpointerdown: (event) => event.preventDefault(),
        onclick: () => go(place),
      },
      content,
    );
  }

  /** Put the number of documents into their offer. */
  async function count(typed) {
    const found = await countDocuments(typed);
    const counted = list.querySelector(".counted");
    if (input.value === typed && found && counted) counted.textContent = `${countOf(found.places.length, "document")} with it`;
  }

  function open(shown) {
    list.hidden = !shown;
    input.setAttribute("aria-expanded", String(shown));
    if (!shown) activate(-1);
  }

  function activate(place) {
    active = place;
    options.forEach((item, number) => item.setAttribute("aria-selected", String(number === place)));
    if (place < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", `offer-${place}`);
      options[place].scrollIntoView({ block: "nearest" });
    }
  }

  function go(place) {
    const href = place >= 0 ? offered[place].href : input.value.trim() && address({ search: input.value.trim() });
    if (!href) return;
    open(false);
    goTo(href);
  }

  function onKey(event) {
    // The Enter that ends composing a word of Chinese, Japanese or Korean submits nothing.
    if (event.isComposing) return;
    const count = offered.length;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count) {
      open(true);
      // One more place than there are offers: the field itself.
      const step = event.key === "ArrowDown" ? 1 : count;
      activate(((active + 1 + step) % (count + 1)) - 1);
    } else if (event.key === "Enter") go(active);
    else if (event.key === "Escape") {
      if (list.hidden) input.value = "";
      open(false);
    } else return;
    event.preventDefault();
  }

  input.addEventListener("input", offer);
  input.addEventListener("keydown", onKey);
  input.addEventListener("focus", () => {
    // Folding many words takes a moment, before the first is typed.
    setTimeout(indexOfWords, PAUSE);
    if (input.value) offer();
  });
  input.addEventListener("blur", () => open(false));
}

/** Make the page of a search: topics, words with the topics where each weighs most, labels, documents. */
function searchView({ search, lang, by }) {
  if (by === "meaning" && document.documentElement.dataset.live) return meaningView(search);
  const exactly = lang ? indexOfWords().filter((entry) => entry.code === lang && entry.word === search) : [];
  const entries = exactly.length ? exactly : findWords(search, MOST_FOUND);
  const topics = lang ? [] : findTopics(search);
  const labels = lang ? [] : findLabels(search);
  const found = entries.length || topics.length || labels.length;
  const parts = [
    topics.length > 0 && section("Topics", make("ul", { class: "plain" }, topics.slice(0, MOST_FOUND).map((topic) => make("li", {}, topicLink(topic), " ", make("span", { class: "note" }, otherName(topic, search)))))),
    entries.length > 0 && section("Words", make("div", { class: "cards" }, entries.map(foundWord)), entries.length === MOST_FOUND && make("p", { class: "note" }, "More matches exist; keep typing.")),
    labels.length > 0 && section("Labels", make("ul", { class: "plain" }, labels.map(foundLabel))),
    summary.documents && section("Documents", foundDocuments(search)),
  ];
  return {
    title: `Search: ${search}`,
    content: [
      make("h1", {}, "Search: ", make("span", { dir: "auto" }, search)),
      document.documentElement.dataset.live && meaningOffer(search, isStrong(search, entries, topics.length + labels.length)),
      !found &&
        make("p", {}, "No word of any language's vocabulary has this, and no name or label. The vocabularies have no rare words, no stop words, and no words of other languages. ", views.try && make("a", { href: address({ view: "try" }) }, "Try it as a text")),
      jumpLinks(parts),
      parts,
    ],
  };
}

/** Offer to search by meaning: prominently, where what was typed is in no name and, as a whole, in no document. */
function meaningOffer(search, strong) {
  const link = make("a", { class: strong ? null : "main-link", href: meaningAddress(search) }, "Search by meaning");
  if (!strong && summary.documents) countDocuments(search).then(({ places }) => places.length > 0 && link.classList.remove("main-link"));
  return make("p", { class: "by-meaning" }, link, strong ? ", in any language the model's encoder knows." : " finds topics and documents about this, in any language the model's encoder knows.");
}

function foundLabel(found) {
  const documents = countOf(labelCount(found.place, "all"), "document");
  return make(
    "li",
    {},
    make("a", { href: labelAddress(found) }, make("b", { dir: "auto" }, found.label)),
    " ",
    summary.documents ? make("a", { href: documentsAddress({ label: found.label }) }, documents) : documents,
  );
}

/** Count the documents that have what is sought, and show the first; they are unpacked for that. */
function foundDocuments(search) {
  const place = make("div", { class: "found-documents" }, make("p", { class: "note" }, "One moment…"));
  countDocuments(search).then(({ table, places }) => {
    const all = make("a", { href: documentsAddress({ q: search }) }, places.length > MOST_DOCUMENTS ? `All ${countOf(places.length, "document")}` : "In the view of documents");
    const list = make("ul", { class: "plain document-rows" }, places.slice(0, MOST_DOCUMENTS).map((each) => documentRow(table, each, { sought: soughtWords(search) })));
    const none = make("p", { class: "note" }, table.texts ? "No document has this in its text, nor as its id." : "No document has this id; the report has no texts to search.");
    place.replaceChildren(...(places.length ? [list, make("p", {}, all)] : [none]));
  });
  return place;
}

/** Make the page of a search by meaning, which the server answers. */
function meaningView(search) {
  const place = make("div", { class: "result", role: "status" }, make("p", { class: "note" }, "One moment…"));
  const code = readerLanguage();
  ask("api/search", JSON.stringify({ query: search, lang: null, num: 10 }), { "Content-Type": "application/json" })
    .then((response) => response.json())
    .then((answer) => place.replaceChildren(...meaningParts(answer, code)))
    .catch((error) => place.replaceChildren(make("p", { class: "problem" }, error.message), ...(error.wantsToken ? [tokenForm()] : [])));
  return {
    title: `By meaning: ${search}`,
    content: [
      make("h1", {}, "By meaning: ", make("span", { dir: "auto" }, search)),
      make("p", {}, make("a", { href: address({ search }) }, "Search as typed")),
      place,
    ],
  };
}

/** Show what the server found: topics and documents, the nearest first. */
function meaningParts({ by, topics, documents, warnings }) {
  const scored = (score) => make("span", { class: "figures" }, `score ${formatDecimal(score)}`);
  const known = topics.filter(({ topic }) => topicOf(topic));
  const most = Math.max(...known.map(({ score }) => score), Number.MIN_VALUE);
  const nearest = make("ol", { class: "bars topic-list" }, known.map(({ topic, score }) => make("li", {}, barOf(score / most), topicLink(topicOf(topic)), scored(score))));
  return [
    ...warningParts(warnings),
    by === "words" && make("p", { class: "note" }, "Only words of the vocabularies were compared, not meaning."),
    make("h2", {}, "Topics"),
    known.length ? nearest : make("p", { class: "note" }, "No topic is near."),
    make("h2", {}, "Documents"),
    documents?.length ? make("div", {}, documents.map(nearDocument)) : make("p", { class: "note" }, documents ? "No document is near." : "The server has no documents to search."),
  ].filter(Boolean);
}

function nearDocument({ id, lang, text, label, date, score, topic }) {
  const about = [id, label, date].filter((value) => value !== null && value !== undefined && value !== "");
  const shown = topic === null || topic === undefined ? null : topicOf(topic);
  return make(
    "article",
    { class: `document language-${toneOf(lang)}` },
    make("p", { class: "about" }, languageMark(lang), make("b", {}, `score ${formatDecimal(score)}`), about.map((value) => make("span", { dir: "auto" }, String(value))), shown && topicLink(shown)),
    inLanguage(lang, text ?? "", "p", { class: "text" }),
  );
}

/** Show a word and its topics. */
function foundWord({ code, word, topics }) {
  const heaviest = Math.max(...topics.map(([, , weight]) => weight));
  return make(
    "section",
    { class: `card found language-${toneOf(code)}` },
    make("h3", {}, inLanguage(code, word), " ", languageMark(code)),
    !topics.length && make("p", { class: "note" }, "No topic has it among its words."),
    make(
      "ol",
      { class: "bars" },
      topics.map(([id, rank, weight]) => {
        const topic = topicNumbered(id);
        return make(
          "li",
          {},
          barOf(shareOfHeaviest(weight, heaviest)),
          topicLink(topic, { word, lang: code }),
          make("span", { class: "figures" }, `word ${formatCount(rank + 1)} · weight ${formatDecimal(weight)}`),
        );
      }),
    ),
  );
}
