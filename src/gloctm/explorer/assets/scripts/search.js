// Search: every word of every vocabulary, by its beginning.

/** Words offered while typing, and shown on the page of results. */
const MOST_OFFERED = 10;
const MOST_FOUND = 60;

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

let searchIndex;
whenReplaced(() => (searchIndex = undefined));

/** All words, folded for comparison; made on first use. */
function indexOfWords() {
  searchIndex ??= Object.entries(summary.search).flatMap(([code, { words, topics }]) =>
    words.map((word, place) => ({ code, word, compared: folded(word), topics: topicsOfWord(topics[place]) })),
  );
  return searchIndex;
}

/** Find words that begin with what was typed: the word itself first, then words of topics. */
function findWords(typed, most) {
  const begin = folded(typed.trim());
  if (!begin) return [];
  const rank = (entry) => (entry.compared === begin ? -1 : (entry.topics[0]?.[1] ?? Infinity));
  return indexOfWords()
    .filter((entry) => entry.compared.startsWith(begin))
    .sort((one, other) => rank(one) - rank(other) || one.compared.length - other.compared.length)
    .slice(0, most);
}

/** Find topics by the beginning of a word of their name or label, or by their number. */
function findTopics(typed) {
  const begin = folded(typed.trim());
  if (!begin) return [];
  const number = /^(?:topic\s*)?(\d+)$/.exec(begin)?.[1];
  const numbered = number === undefined ? undefined : topicOf(Number(number));
  const named = summary.topics.filter((topic) =>
    [topic.name, ...Object.values(topic.names ?? {}), ...Object.values(topic.labels)].some((name) => beginsWord(folded(name), begin)),
  );
  return [...new Set([numbered, ...named])].filter(Boolean);
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

/** Return the topics that have a word among their first words, or the one where it weighs most. */
function topicsOfWord(topics) {
  const [heaviest, ...others] = topics;
  return heaviest ? [heaviest, ...others.filter(([, rank, weight]) => rank < FIRST_OF_TOPIC && (weight > 0 || areLogarithms()))] : [];
}

/** Return the address of a word. */
const wordAddress = (entry) => address({ search: entry.word, lang: entry.code });

/** Set up the search field, by the combobox pattern of WAI-ARIA. */
function searchBox(input, list) {
  let offered = [];
  let active = -1;

  function offer() {
    const typed = input.value;
    const words = findWords(typed, MOST_OFFERED).map((entry) => ({
      href: wordAddress(entry),
      content: [
        inLanguage(entry.code, entry.word, "b"),
        make("span", { class: "where" }, languageName(entry.code)),
        make("span", { class: "topics" }, `${entry.topics.length > 1 ? "topics" : "topic"} ${entry.topics.map(([topic]) => topic).join(", ")}`),
      ],
    }));
    const topics = findTopics(typed).slice(0, 3).map((topic) => ({
      href: address({ topic: topic.id }),
      content: [topicName(topic, "b"), make("span", { class: "where" }, `topic ${topic.id}`)],
    }));
    offered = [...words, ...topics];
    active = -1;
    list.replaceChildren(
      ...offered.map(({ content }, place) =>
        make(
          "li",
          {
            id: `offer-${place}`,
            role: "option",
            "aria-selected": "false",
            // Before the field loses the focus and the list closes.
            onpointerdown: (event) => event.preventDefault(),
            onclick: () => go(place),
          },
          content,
        ),
      ),
    );
    const sought = Boolean(typed.trim());
    if (sought && !offered.length) {
      list.replaceChildren(make("li", { class: "where", role: "option", "aria-disabled": "true", "aria-selected": "false" }, "No word or topic begins like this"));
    }
    open(sought);
    if (sought) announce(offered.length ? `${offered.length} found` : "No word or topic begins like this");
  }

  function open(shown) {
    list.hidden = !shown;
    input.setAttribute("aria-expanded", String(shown));
    if (!shown) activate(-1);
  }

  function activate(place) {
    active = place;
    [...list.children].forEach((item, number) => item.setAttribute("aria-selected", String(number === place)));
    if (place < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", `offer-${place}`);
      list.children[place].scrollIntoView({ block: "nearest" });
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
  input.addEventListener("focus", () => input.value && offer());
  input.addEventListener("blur", () => open(false));
}

/** Make the page of a search: the words found, each with the topics where it weighs most. */
function searchView({ search, lang }) {
  const exactly = lang ? indexOfWords().filter((entry) => entry.code === lang && entry.word === search) : [];
  const entries = exactly.length ? exactly : findWords(search, MOST_FOUND);
  const topics = lang ? [] : findTopics(search);
  const found = entries.length || topics.length;
  return {
    title: `Search: ${search}`,
    content: [
      make("h1", {}, "Search: ", make("span", { dir: "auto" }, search)),
      topics.length > 0 && section("Topics", make("ul", { class: "plain" }, topics.map((topic) => make("li", {}, topicLink(topic))))),
      entries.length > 0 && make("div", { class: "cards" }, entries.map(foundWord)),
      entries.length === MOST_FOUND && make("p", { class: "note" }, "More matches exist; keep typing."),
      !found &&
        make("p", {}, "No word of any language's vocabulary begins like this. The vocabularies have no rare words, no stop words, and no words of other languages. ", views.try && make("a", { href: address({ view: "try" }) }, "Try it as a text")),
    ],
  };
}

/** Show a word and its topics. */
function foundWord({ code, word, topics }) {
  const heaviest = Math.max(...topics.map(([, , weight]) => weight));
  return make(
    "section",
    { class: `card language-${toneOf(code)}` },
    make("h2", {}, inLanguage(code, word), " ", languageMark(code)),
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
