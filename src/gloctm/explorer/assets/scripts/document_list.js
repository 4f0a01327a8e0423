// A list of documents, page by page; each opens in its place, with a topic's words marked.

const DOCUMENTS_PER_PAGE = 20;
/** Characters of a document's beginning. */
const EXCERPT = 220;
/** Characters before the first match in an excerpt: a row shows two lines, which are short on a phone. */
const BEFORE_MATCH = 24;
/** Topics named in a row; smaller shares than this say little. */
const TOPICS_PER_ROW = 3;
const LEAST_SHARE_NAMED = 0.1;

/** Words of a topic that are marked: with more of them, half a text would be. */
const WORDS_MARKED = 30;

/** Return a topic's first words in a language, in the model's order, with what hovering over one says. */
const wordsOfTopic = (topic, code) => new Map((topic.words[code] ?? []).slice(0, WORDS_MARKED).map(([word, weight]) => [word, `weight ${formatDecimal(weight)}`]));

/** Return where the words of a topic, by its place, are in a document: [start, end, what hovering says]. */
function topicMarks(table, place, topic) {
  // −1 for a document all about topics that are hidden.
  if (!table.marks || topic === null || topic === undefined || topic < 0) return [];
  const code = languageOfDocument(table, place);
  const known = wordsOfTopic(summary.topics[topic], code);
  const words = table.words[code] ?? [];
  const listed = table.marks[place];
  const marks = [];
  // Three numbers per mark: how far it is from the one before, its length, its word.
  for (let at = 0, end = 0; at < listed.length; at += 3) {
    const start = end + listed[at];
    end = start + listed[at + 1];
    const word = words[listed[at + 2]];
    if (known.has(word)) marks.push([start, end, `${word}: ${known.get(word)}`]);
  }
  return marks;
}

/** Return where the words and phrases of a search are in a text: [start, end]. */
function soughtMarks(text, sought) {
  if (!sought.length) return [];
  // Folding may change lengths, so each character's origin is kept.
  const [origins, parts] = [[], []];
  for (let place = 0; place < text.length; ) {
    const character = String.fromCodePoint(text.codePointAt(place));
    const plain = foldedText(character);
    for (let unit = 0; unit < plain.length; unit += 1) origins.push(place);
    parts.push(plain);
    place += character.length;
  }
  origins.push(text.length);
  const compared = spaced(parts.join(""));
  const found = [];
  for (const word of sought) {
    for (let at = compared.indexOf(word); at >= 0; at = compared.indexOf(word, at + word.length)) found.push([origins[at], origins[at + word.length]]);
  }
  return found.filter(([start, end]) => start < end);
}

/** Return the parts of a range that others, in their order, leave: [start, end]. */
function besides([start, end], others) {
  const parts = [];
  let from = start;
  for (const other of others) {
    if (other[0] > from) parts.push([from, other[0]]);
    from = Math.max(from, other[1]);
  }
  return from < end ? [...parts, [from, end]] : parts;
}

/** Mark a topic's words and sought ones in a text; where both meet, the topic's word is marked as both. */
function bothMarked(text, ofTopic, ofSearch) {
  const meets = ([start, end], [otherStart, otherEnd]) => start < otherEnd && otherStart < end;
  const marks = [
    ...ofTopic.map(([start, end, title]) => ({ start, end, title, class: ofSearch.some((other) => meets([start, end], other)) ? "sought" : null })),
    ...ofSearch.flatMap((mark) => besides(mark, ofTopic.filter((other) => meets(mark, other)))).map(([start, end]) => ({ start, end, class: "sought only" })),
  ].sort((one, other) => one.start - other.start);
  return markedText(text, marks.map(({ start, end }) => [start, end]), (number) => ({ title: marks[number].title, class: marks[number].class }));
}

/** Return where an excerpt begins whose match is at a place: at a word, if one begins close before. */
function beginBefore(text, first) {
  const earliest = first - BEFORE_MATCH;
  const space = text.slice(earliest, first).search(/\s\S/u);
  return space >= 0 ? earliest + space + 1 : earliest;
}

/** Return the part of a text that a row shows, [start, end]: its beginning, or what surrounds the first word sought. */
function excerptOf(table, place, sought) {
  const text = table.texts[place];
  const first = soughtMarks(text, sought).reduce((least, [start]) => Math.min(least, start), Infinity);
  const begin = first > 2 * BEFORE_MATCH && first < Infinity ? beginBefore(text, first) : 0;
  // Not within a character of two units.
  const start = begin > 0 && /[\udc00-\udfff]/.test(text[begin]) ? begin + 1 : begin;
  const rest = text.slice(start, start + 2 * EXCERPT);
  const shown = shorten(rest, EXCERPT);
  return [start, start + (shown === rest ? rest.length : shown.length - 1)];
}

/** Show the part of a text with its topic's words marked, and those sought. */
function markedExcerpt(table, place, topic, sought) {
  const text = table.texts[place];
  const [start, end] = excerptOf(table, place, sought);
  const shown = text.slice(start, end);
  const marks = topicMarks(table, place, topic).filter((mark) => mark[0] >= start && mark[1] <= end);
  const parts = bothMarked(shown, marks.map(([from, to, title]) => [from - start, to - start, title]), soughtMarks(shown, sought));
  return [start > 0 && "…", ...parts, end < text.length && "…"];
}

/** A document's share of a topic, as exact as it is known: 61%, 4.5%. */
const formatShareOf = (share) => `${share >= 0.0995 ? Math.round(100 * share) : (100 * share).toFixed(1)}%`;

/** "12 rain storm wind 61%", as a link. */
function topicShare(topic, share) {
  return make("span", { class: "topic-share" }, topicLink(summary.topics[topic]), make("b", {}, formatShareOf(share)));
}

/** Show language, label, date and id of a document. */
function documentFacts(table, place) {
  const label = labelOfDocument(table, place);
  const date = dateOfDocument(table, place);
  return make(
    "span",
    { class: "facts" },
    languageMark(languageOfDocument(table, place)),
    label !== null && make("bdi", { class: "label-of" }, label),
    date !== null && make("time", { datetime: date }, date),
    make("bdi", { class: "id-of" }, table.ids[place]),
  );
}

/** Say what a document is, where there is room for a line or two: next to the pointer. */
function documentHint(table, place) {
  const code = languageOfDocument(table, place);
  const topic = table.main[place];
  return [
    table.texts?.[place] ? inLanguage(code, shorten(table.texts[place].slice(0, 400), 140), "p", { class: "beginning" }) : make("p", { class: "beginning" }, make("bdi", {}, table.ids[place])),
    make("p", { class: "about" }, topic < 0 ? "no topic" : `${topicTitle(summary.topics[topic])} ${formatShareOf(largestShare(table, place))}`, " · ", languageName(code)),
  ];
}

/** Choose a document's topics for its row: the one asked for, then the largest. */
function namedShares(table, place, topic) {
  const all = topicsOfDocument(table, place);
  const asked = all.filter(([each]) => each === topic);
  const others = all.filter(([each]) => each !== topic);
  return [...asked, ...others.filter(([, share], rank) => share >= LEAST_SHARE_NAMED || (!asked.length && rank === 0))].slice(0, TOPICS_PER_ROW);
}

/**
 * Show a document as a row that opens.
 *
 * @param {number} place of the document
 * @param {number|null} [options.topic] the topic whose words are marked first; without it, the document's largest
 * @param {string[]} [options.sought] folded words that are marked too
 * @param {boolean} [options.open] whether it is open
 * @param {function(boolean)} [options.onToggle] called when it is opened or closed
 * @param {function(boolean)} [options.onPoint] called when it is pointed to, and no more
 */
function documentRow(table, place, { topic = null, sought = [], open = false, onToggle = () => {}, onPoint = () => {} } = {}) {
  const code = languageOfDocument(table, place);
  const body = make("div", { class: "whole", id: freshId("document"), hidden: true });
  const shownTopic = topic ?? table.main[place];
  const title = table.texts?.[place]
    ? inLanguage(code, markedExcerpt(table, place, shownTopic, sought), "span", { class: "excerpt" })
    : make("bdi", { class: "excerpt" }, table.ids[place]);
  const button = make("button", { type: "button", class: "opener", "aria-expanded": "false", "aria-controls": body.id }, title);
  const row = make(
    "li",
    { class: `document-row language-${toneOf(code)}`, "data-document": String(place) },
    button,
    make("p", { class: "about" }, documentFacts(table, place), namedShares(table, place, topic).map(([each, share]) => topicShare(each, share))),
    body,
  );

  function toggle(opened) {
    if (opened && !body.childElementCount) body.append(...wholeDocument(table, place, shownTopic, sought));
    body.hidden = !opened;
    row.classList.toggle("open", opened);
    button.setAttribute("aria-expanded", String(opened));
  }

  button.addEventListener("click", () => {
    toggle(body.hidden);
    onToggle(!body.hidden);
  });
  for (const name of ["pointerenter", "focusin"]) row.addEventListener(name, () => onPoint(true));
  for (const name of ["pointerleave", "focusout"]) row.addEventListener(name, () => onPoint(false));
  if (open) toggle(true);
  return row;
}

/** Show all of a document: its text with words of one of its topics marked, and the shares of all its topics. */
function wholeDocument(table, place, topic, sought) {
  const code = languageOfDocument(table, place);
  const text = make("div", { class: "text-of" });
  const listed = topicsOfDocument(table, place);
  const buttons = new Map();

  function mark(chosen) {
    buttons.forEach((button, each) => button.setAttribute("aria-pressed", String(each === chosen)));
    if (!table.texts?.[place]) return;
    const marks = topicMarks(table, place, chosen);
    const none = table.marks && !marks.length && chosen >= 0;
    text.replaceChildren(
      inLanguage(code, bothMarked(table.texts[place], marks, soughtMarks(table.texts[place], sought)), "p", { class: "text" }),
      ...(table.cut[place] ? [make("p", { class: "note" }, "Shown cut: the report keeps only the beginning of long texts.")] : []),
      ...(none ? [make("p", { class: "note" }, `None of its words is among those shown of topic ${summary.topics[chosen].id}.`)] : []),
      ...(table.marks ? [] : [make("p", { class: "note" }, "Words are not marked: the corpus keeps no tokens of its texts.")]),
    );
  }

  const largest = listed[0]?.[1] || 1;
  const bars = listed.map(([each, share]) => {
    const number = summary.topics[each].id;
    const button = table.marks && make("button", { type: "button", class: "quiet", "aria-label": `Mark the words of topic ${number}`, onclick: () => mark(each) }, "Mark");
    if (button) buttons.set(each, button);
    return make("li", {}, barOf(share / largest), topicLink(summary.topics[each]), make("span", { class: "figures" }, formatShareOf(share)), button);
  });
  mark(topic);
  return [
    table.texts?.[place] ? text : make("p", { class: "note" }, "The corpus keeps no texts. Build it with its texts to read documents here."),
    make("h3", {}, "Its topics"),
    bars.length ? make("ol", { class: "bars" }, bars) : make("p", { class: "note" }, summary.hidden.length ? "It is about hidden topics alone." : "None of its words is in the vocabulary, so it has no topics."),
  ];
}

/**
 * Make the list: a page of rows at a time.
 *
 * @param {function(number|null)} options.onOpen called with the document that was opened, null for closed
 * @param {function(number|null)} options.onPoint called with the document that is pointed to
 * @param {function(number)} options.onPage called with the page that was turned to, from 1
 * @returns {{element, show(documents, options), reveal(place)}}
 */
function documentList({ table, onOpen, onPoint, onPage }) {
  const rows = make("ol", { class: "document-rows" });
  const pager = make("nav", { class: "pager", "aria-label": "Pages of documents" });
  const element = make("div", { class: "document-list" }, rows, pager);
  let [documents, options, page] = [[], {}, 1];

  const pages = () => Math.max(1, Math.ceil(documents.length / DOCUMENTS_PER_PAGE));

  function step(text, to, label) {
    const possible = to >= 1 && to <= pages() && to !== page;
    return make("button", { type: "button", disabled: !possible, "aria-label": label, onclick: () => turnTo(to) }, text);
  }

  function turnTo(to) {
    page = to;
    draw();
    onPage(page);
    announce(`Page ${formatCount(page)} of ${formatCount(pages())}.`);
    element.scrollIntoView({ block: "start" });
    rows.querySelector("button")?.focus({ preventScroll: true });
  }

  function draw() {
    page = Math.min(Math.max(1, page), pages());
    const start = (page - 1) * DOCUMENTS_PER_PAGE;
    const shown = Array.from(documents.slice(start, start + DOCUMENTS_PER_PAGE));
    rows.start = start + 1;
    rows.replaceChildren(
      ...shown.map((place) =>
        documentRow(table, place, {
          ...options,
          open: place === options.opened,
          onToggle: (open) => onOpen(open ? place : null),
          onPoint: (pointed) => onPoint(pointed ? place : null),
        }),
      ),
    );
    pager.hidden = pages() === 1;
    pager.replaceChildren(
      step("« First", 1, "First page"),
      step("‹ Previous", page - 1, "Previous page"),
      make("span", {}, `Page ${formatCount(page)} of ${formatCount(pages())}`),
      step("Next ›", page + 1, "Next page"),
      step("Last »", pages(), "Last page"),
    );
  }

  return {
    element,
    /** Show documents in their order, from a page. */
    show(which, further, from) {
      [documents, options, page] = [which, further, from];
      draw();
    },
    /** Open a document on its page, and scroll to it. */
    reveal(place) {
      page = Math.floor(documents.indexOf(place) / DOCUMENTS_PER_PAGE) + 1;
      options = { ...options, opened: place };
      draw();
      onPage(page);
      const row = rows.querySelector(`[data-document="${place}"]`);
      row?.scrollIntoView({ block: "nearest" });
      row?.querySelector("button").focus({ preventScroll: true });
    },
  };
}
