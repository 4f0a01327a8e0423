// A topic's words, with a column per language, in the model's order or another, and the translations between them.

/** Words per column that are shown at first. */
const FIRST_WORDS = 12;
/** Steps of λ from 1 to 0; the slider has one place more, for the model's order. */
const STEPS_OF_LAMBDA = 20;

/** The λ that orders words: kept from topic to topic; null for the model's order. */
let chosenLambda = null;

/** Return the place of a λ on the slider: 0 is the model's order, then come 1, 0.95 … 0. */
const placeOfLambda = (lambda) => (lambda === null ? 0 : 1 + Math.round((1 - lambda) * STEPS_OF_LAMBDA));
const lambdaAtPlace = (place) => (place === 0 ? null : Number((1 - (place - 1) / STEPS_OF_LAMBDA).toFixed(2)));

/** Read λ in an address; null unless it is a number from 0 to 1. */
function lambdaOf(text) {
  const value = text?.trim() ? Number(text) : NaN;
  return value >= 0 && value <= 1 ? lambdaAtPlace(placeOfLambda(value)) : null;
}

/** Read the terms of a topic in a language: {word, probability, overall, documents}. */
function termsOf(topic, code) {
  return (topic.terms?.[code] ?? []).map(([word, probability, overall, documents]) => ({ word, probability, overall, documents }));
}

/** Return how many times as often a word is in the topic as in all texts. */
const liftOf = ({ probability, overall }) => (overall > 0 ? probability / overall : NaN);

/** Return the relevance of a term: λ log p(w | topic) + (1 − λ) log lift, as in LDAvis. */
function relevance(term, lambda) {
  if (!(term.probability > 0)) return -Infinity;
  const lift = liftOf(term);
  // Without a figure over all texts, frequency alone counts.
  return lambda * Math.log(term.probability) + (lift > 0 ? (1 - lambda) * Math.log(lift) : 0);
}

/**
 * Return a topic's words in a language, in an order.
 *
 * @param {number|null} lambda null for the model's order
 * @returns {{word: string, weight: number|undefined, term: object|undefined}[]}
 */
function wordsInOrder(topic, code, lambda) {
  const words = topic.words[code] ?? [];
  const terms = termsOf(topic, code);
  if (lambda === null || !terms.length) {
    const known = new Map(terms.map((term) => [term.word, term]));
    return words.map(([word, weight]) => ({ word, weight, term: known.get(word) }));
  }
  const weights = new Map(words);
  return terms
    .map((term) => ({ word: term.word, weight: weights.get(term.word), term, relevance: relevance(term, lambda) }))
    .sort((one, other) => other.relevance - one.relevance || 0)
    .slice(0, words.length);
}

const keyOf = (code, word) => `${code} ${word}`;

/** Return the translations of every word of a topic: "en rain" → [{code, word, cosine}, …]. */
function partnersOf(topic) {
  const partners = new Map();
  const add = (code, word, partner) => {
    const key = keyOf(code, word);
    partners.set(key, [...(partners.get(key) ?? []), partner]);
  };
  for (const [code, rank, otherCode, otherRank, cosine] of topic.links) {
    const [word, other] = [topic.words[code][rank][0], topic.words[otherCode][otherRank][0]];
    add(code, word, { code: otherCode, word: other, cosine });
    add(otherCode, other, { code, word, cosine });
  }
  return partners;
}

/**
 * Make the columns. Pointing to a word, or moving to it with the arrow keys, shows its figures and translations; pressing
 * it holds them. A slider orders the words.
 *
 * @param {object} topic
 * @param {{lang: string, word: string}|null} sought a word to hold from the start, after a search
 */
function wordColumns(topic, sought) {
  const partners = partnersOf(topic);
  const buttons = new Map();
  const curves = makeSvg("svg", { class: "curves", "aria-hidden": "true" });
  const said = make("p", { class: "said", role: "status" });
  const codes = languagesInOrder().filter((code) => topic.words[code]?.length);
  const longest = Math.max(0, ...codes.map((code) => topic.words[code].length));
  const lists = new Map(codes.map((code) => [code, make("ol", { lang: languageTag(code), dir: directionOf(code) })]));
  const entries = new Map();
  let held = null;

  const columns = codes.map((code) => ({ code, element: column(code) }));
  const grid = make("div", { class: "word-columns" }, curves);
  // Eight columns become four and four, rather than six and two, but where there is room for all.
  grid.style.setProperty("--in-a-row", codes.length);
  grid.style.setProperty("--in-rows", Math.ceil(codes.length / Math.ceil(codes.length / 6)));
  const others = foldLanguages(grid, columns, "words", () => show(held));
  const more = make("button", { type: "button", "aria-expanded": "false" }, `Show all ${longest} words`);
  more.addEventListener("click", () => expand(!grid.classList.contains("all")));
  const note = make("div", { class: "of-order" });

  function column(code) {
    return make(
      "section",
      { class: `word-column language-${toneOf(code)}` },
      make("h3", {}, languageMark(code), labelOf(topic, code), topic.doubtful.includes(code) && make("span", { class: "doubt" }, `${DOUBT} another theme?`)),
      lists.get(code),
    );
  }

  /** List the words in an order. */
  function fill(lambda) {
    held = null;
    buttons.clear();
    for (const code of codes) entries.set(code, wordsInOrder(topic, code, lambda));
    for (const code of codes) {
      const bars = barsOf(topic, code, entries.get(code), lambda);
      const items = entries.get(code).map((entry, rank) => {
        const button = wordButton(code, rank, entry, bars(entry));
        buttons.set(keyOf(code, entry.word), button);
        return make("li", { class: rank < FIRST_WORDS ? null : "further" }, button);
      });
      lists.get(code).replaceChildren(...items);
    }
    // One stop of the Tab key for all words; arrow keys go from one to the next.
    const [first] = buttons.values();
    if (first) first.tabIndex = 0;
    note.replaceChildren(...[lambda === null ? rankingNote() : frequencyNote(topic)].filter(Boolean));
    show(null);
  }

  /** Return the translations of a word that are shown. */
  const partnersShown = (key) => (partners.get(key) ?? []).filter(({ code, word }) => entries.get(code)?.some((entry) => entry.word === word));

  function wordButton(code, rank, { word }, { bars, figure }) {
    const key = keyOf(code, word);
    const linked = partnersShown(key).length > 0;
    const button = make(
      // A word without translations can be reached, but not pressed.
      linked ? "button" : "span",
      {
        type: linked ? "button" : null,
        class: linked ? "word linked" : "word",
        tabindex: "-1",
        "aria-pressed": linked ? "false" : null,
      },
      make("span", { class: "area" }, bars, make("span", { class: "text" }, word)),
      make("span", { class: "link-sign", "aria-hidden": "true" }, linked ? "⇄" : ""),
      make("span", { class: "weight", dir: "ltr" }, figure),
    );
    button.addEventListener("pointerenter", () => held ?? show(key));
    button.addEventListener("pointerleave", () => held ?? show(null));
    button.addEventListener("focus", () => {
      rove(button);
      held ?? show(key);
    });
    button.addEventListener("blur", () => held ?? show(null));
    button.addEventListener("click", () => hold(held === key || !linked ? null : key));
    button.addEventListener("keydown", (event) => move(event, code, rank));
    return button;
  }

  function rove(button) {
    for (const other of buttons.values()) other.tabIndex = other === button ? 0 : -1;
  }

  function move(event, code, rank) {
    if (event.key === "Escape" && held) {
      hold(null);
      return;
    }
    const step = { ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] }[event.key];
    const last = (grid.classList.contains("all") ? longest : Math.min(longest, FIRST_WORDS)) - 1;
    const buttonAt = (each, place) => {
      const within = entries.get(each)[Math.max(0, Math.min(place, entries.get(each).length - 1, last))];
      return buttons.get(keyOf(each, within.word));
    };
    let target = null;
    if (step) {
      const next = columns[codes.indexOf(code) + step[0]];
      target = buttonAt(next && !next.element.hidden ? next.code : code, rank + step[1]);
    } else if (event.key === "Home") target = buttonAt(code, 0);
    else if (event.key === "End") target = buttonAt(code, last);
    if (!target) return;
    event.preventDefault();
    target.focus();
  }

  function hold(key) {
    if (held) buttons.get(held).setAttribute("aria-pressed", "false");
    held = key;
    if (held) buttons.get(held).setAttribute("aria-pressed", "true");
    show(held);
  }

  /** Mark a word and its translations, draw lines to them, and tell about them; null clears all that. */
  function show(key) {
    for (const button of buttons.values()) button.classList.remove("source", "partner");
    curves.replaceChildren();
    const found = key ? partnersShown(key) : [];
    grid.classList.toggle("comparing", found.length > 0);
    say(key, found);
    if (!found.length) return;
    buttons.get(key).classList.add("source");
    for (const { code, word } of found) buttons.get(keyOf(code, word)).classList.add("partner");
    drawCurves(key, found);
  }

  function say(key, found) {
    if (!key) {
      said.replaceChildren("Point to a word, or go to it by keyboard, to read how frequent it is. ⇄ marks words whose nearest word in another language, by their vectors, is shown: press one to keep both in view. It often is a translation, but not always.");
      return;
    }
    const code = key.slice(0, key.indexOf(" "));
    const entry = entries.get(code).find(({ word }) => keyOf(code, word) === key);
    const translations = found.flatMap((partner) => [
      " ⇄ ",
      inLanguage(partner.code, partner.word, "b"),
      ` (${languageName(partner.code)}, cosine ${formatDecimal(partner.cosine)})`,
    ]);
    said.replaceChildren(inLanguage(code, entry.word, "b"), ` (${languageName(code)})`, ...translations, `. ${figuresOfWord(entry)}`);
  }

  function drawCurves(key, found) {
    const frame = grid.getBoundingClientRect();
    const from = buttons.get(key).getBoundingClientRect();
    for (const partner of found) {
      const to = buttons.get(keyOf(partner.code, partner.word)).getBoundingClientRect();
      // Not to folded words, nor between columns one below the other.
      if (!to.height || (to.left < from.right && from.left < to.right)) continue;
      const leftToRight = to.left >= from.right;
      const [x1, x2] = leftToRight ? [from.right, to.left] : [from.left, to.right];
      const [left, right] = [x1 - frame.left, x2 - frame.left];
      const [y1, y2] = [from.top + from.height / 2 - frame.top, to.top + to.height / 2 - frame.top];
      const bend = (right - left) / 2;
      curves.append(makeSvg("path", { d: `M${left},${y1} C${left + bend},${y1} ${right - bend},${y2} ${right},${y2}` }));
    }
  }

  function expand(all) {
    grid.classList.toggle("all", all);
    more.setAttribute("aria-expanded", String(all));
    more.textContent = all ? "Show fewer words" : `Show all ${longest} words`;
    show(held);
  }

  /** Hold the word that was searched for. */
  function seek() {
    const rank = sought ? (entries.get(sought.lang) ?? []).findIndex(({ word }) => word === sought.word) : -1;
    if (rank < 0) return;
    if (rank >= FIRST_WORDS) expand(true);
    const column = columns.find(({ code }) => code === sought.lang);
    if (column.element.hidden) others.click();
    const key = keyOf(sought.lang, sought.word);
    const button = buttons.get(key);
    button.classList.add("sought");
    rove(button);
    if (button.classList.contains("linked")) hold(key);
  }

  fill(chosenLambda);
  seek();
  // Lines are drawn once the columns have their positions.
  requestAnimationFrame(() => show(held));
  return make(
    "div",
    { class: "words" },
    codes.some((code) => topic.terms?.[code]?.length) && orderSlider(topic, fill),
    make("p", { class: "offscreen", id: "words-help" }, "Arrow keys move from word to word."),
    make("div", { role: "group", "aria-label": "Words of the topic", "aria-describedby": "words-help" }, grid),
    said,
    note,
    make("div", { class: "row" }, others, longest > FIRST_WORDS && more, tableButtons(() => rowsOfWords(codes, entries, longest), `words of topic ${topic.id}`)),
  );
}

/** Make the slider that orders words: the model's order first, then λ from 1, the most frequent, to 0, the most telling. */
function orderSlider(topic, fill) {
  const id = freshId("order");
  const output = make("output", { for: id });
  const slider = make("input", { type: "range", id, min: "0", max: String(STEPS_OF_LAMBDA + 1), step: "1" });
  const reset = make("button", { type: "button", class: "quiet" }, "Model's order");
  const tell = () => {
    const text = chosenLambda === null ? "the model's order" : `by relevance, λ = ${formatDecimal(chosenLambda)}`;
    slider.value = String(placeOfLambda(chosenLambda));
    slider.setAttribute("aria-valuetext", text);
    output.textContent = text;
    reset.hidden = chosenLambda === null;
  };
  const choose = (lambda) => {
    chosenLambda = lambda;
    tell();
    fill(lambda);
    const { lambda: before, word, lang, ...others } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    history.replaceState(null, "", address({ ...others, lambda }));
  };
  slider.addEventListener("input", () => choose(lambdaAtPlace(Number(slider.value))));
  reset.addEventListener("click", () => {
    choose(null);
    slider.focus();
  });
  tell();
  return make(
    "div",
    { class: "order" },
    make("p", { class: "order-head" }, make("label", { for: id }, "Order of words: "), output, reset),
    slider,
    make("p", { class: "order-ends", "aria-hidden": "true" }, make("span", {}, "model's"), make("span", {}, "frequent"), make("span", {}, "telling")),
  );
}

/** Return what draws the bars of a word and its figure: its weight, or how frequent it is in the topic and in all texts. */
function barsOf(topic, code, entries, lambda) {
  if (lambda === null || !entries.every(({ term }) => term)) {
    const heaviest = Math.max(...entries.map(({ weight }) => weight));
    return ({ weight }) => ({ bars: [barOf(shareOfHeaviest(weight, heaviest))], figure: formatDecimal(weight) });
  }
  const share = topic.prevalence?.[code]?.mean;
  // Without documents, the topic's part of all texts is not known.
  if (!isNumber(share)) {
    const most = Math.max(...entries.map(({ term }) => term.probability), Number.MIN_VALUE);
    return ({ term }) => ({ bars: [barOf(term.probability / most)], figure: formatSmallShare(term.probability) });
  }
  const most = Math.max(...entries.map(({ term }) => term.overall), Number.MIN_VALUE);
  return ({ term }) => {
    const overall = barOf(term.overall / most);
    overall.classList.add("overall");
    return { bars: [overall, barOf(Math.min(share * term.probability, term.overall) / most)], figure: formatSmallShare(term.probability) };
  };
}

/** Say how frequent a word is, and its weight. */
function figuresOfWord({ weight, term }) {
  const parts = [];
  if (isNumber(weight)) parts.push(`weight ${formatDecimal(weight)}`);
  if (term) {
    parts.push(`${formatSmallShare(term.probability)} of the topic's words`);
    const lift = liftOf(term);
    if (isNumber(lift)) parts.push(`${formatSmallShare(term.overall)} of all words, ${lift >= 1 ? `${formatTimes(lift)} times as often in the topic` : "less often in the topic"}`);
    if (isNumber(term.documents)) parts.push(`in ${countOf(term.documents, "document")}`);
  }
  return parts.length ? `${parts.join("; ").replace(/^./, (first) => first.toUpperCase())}.` : "";
}

/** Explain bars of frequencies. */
function frequencyNote(topic) {
  const what = "λ = 1 lists the topic's most frequent words, λ = 0 those most specific to it. The figure is the word's share of the topic's words. ";
  if (!topic.prevalence) return make("p", { class: "note" }, what);
  return make(
    "p",
    { class: "note bar-key" },
    what,
    make("span", { class: "key-in-topic", "aria-hidden": "true" }),
    " how often the word is used in this topic, estimated; ",
    make("span", { class: "key-overall", "aria-hidden": "true" }),
    " how often in all texts of the language.",
  );
}

/** Return the words as rows of a file, in the order shown. */
function rowsOfWords(codes, entries, longest) {
  const ranked = codes.some((code) => entries.get(code).some((entry) => "relevance" in entry));
  const head = (name) => (ranked ? [name, `${name}: relevance`, `${name}: share of the topic's words`, `${name}: share of all words`, `${name}: documents`] : [name, `${name}: weight`]);
  const cells = (entry) => (ranked ? [entry?.word, entry?.relevance, entry?.term?.probability, entry?.term?.overall, entry?.term?.documents] : [entry?.word, entry?.weight]);
  return [
    codes.flatMap((code) => head(languageName(code))),
    ...Array.from({ length: longest }, (_, rank) => codes.flatMap((code) => cells(entries.get(code)[rank]).map((value) => value ?? ""))),
  ];
}

/** Return whether weights are logarithms of probabilities, which are never above 0. */
const areLogarithms = () => summary.about?.settings?.method === "context" && summary.about.settings.ranking === "weights";

/** Return a weight as a share of the heaviest one. */
const shareOfHeaviest = (weight, heaviest) => (areLogarithms() ? Math.exp(weight - heaviest) : weight / Math.max(heaviest, Number.MIN_VALUE));

/** Explain weights that are not those of the published method. */
function rankingNote() {
  if (areLogarithms()) return make("p", { class: "note" }, "Weights are logarithms of the word's probability in the topic.");
  if (summary.about?.settings?.ranking !== "coherence") return null;
  return make("p", { class: "note" }, "Weights above 0 say how well a word coheres with the topic's other words in the corpus, within and across languages; the best has 1. Words below 0 hardly cohere, or cohere with another topic; they follow by their probability in this one.");
}

/** Show the label of a topic in a language. */
function labelOf(topic, code) {
  return topic.labels[code] ? inLanguage(code, topic.labels[code], "span", { class: "label" }) : null;
}
