// A topic's words, with a column per language, and the translations between them.

/** Words per column that are shown at first. */
const FIRST_WORDS = 12;

/** Return the translations of every word of a topic: "en 0" → [{code, rank, cosine}, …]. */
function partnersOf(topic) {
  const partners = new Map();
  const add = (code, rank, partner) => {
    const key = `${code} ${rank}`;
    partners.set(key, [...(partners.get(key) ?? []), partner]);
  };
  for (const [code, rank, otherCode, otherRank, cosine] of topic.links) {
    add(code, rank, { code: otherCode, rank: otherRank, cosine });
    add(otherCode, otherRank, { code, rank, cosine });
  }
  return partners;
}

/**
 * Make the columns. Pointing to a word, or moving to it with the arrow keys, shows its translations; pressing it holds them.
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
  let held = null;

  const columns = codes.map((code, place) => ({ code, element: column(code, place) }));
  const grid = make("div", { class: "word-columns" }, curves);
  const others = foldLanguages(grid, columns, "words", () => show(held));
  const more = make("button", { type: "button", "aria-expanded": "false" }, `Show all ${longest} words`);
  more.addEventListener("click", () => expand(!grid.classList.contains("all")));

  function column(code, place) {
    const heaviest = Math.max(...topic.words[code].map(([, weight]) => weight));
    const items = topic.words[code].map(([word, weight], rank) => {
      const button = wordButton(code, place, rank, word, weight, heaviest);
      buttons.set(`${code} ${rank}`, button);
      return make("li", { class: rank < FIRST_WORDS ? null : "further" }, button);
    });
    return make(
      "section",
      { class: `word-column language-${toneOf(code)}` },
      make("h3", {}, languageMark(code), labelOf(topic, code), topic.doubtful.includes(code) && make("span", { class: "doubt" }, `${DOUBT} another theme?`)),
      make("ol", { lang: languageTag(code), dir: directionOf(code) }, items),
    );
  }

  function wordButton(code, place, rank, word, weight, heaviest) {
    const key = `${code} ${rank}`;
    const linked = partners.has(key);
    const button = make(
      // A word without translations can be reached, but not pressed.
      linked ? "button" : "span",
      {
        type: linked ? "button" : null,
        class: linked ? "word linked" : "word",
        // One stop of the Tab key for all words; arrow keys go from one to the next.
        tabindex: place === 0 && rank === 0 ? "0" : "-1",
        "aria-pressed": linked ? "false" : null,
      },
      barOf(shareOfHeaviest(weight, heaviest)),
      make("span", { class: "text" }, word),
      linked && make("span", { class: "link-sign", "aria-hidden": "true" }, "⇄"),
      make("span", { class: "weight", dir: "ltr" }, formatDecimal(weight)),
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
    let target = null;
    if (step) {
      const next = columns[codes.indexOf(code) + step[0]];
      const neighbor = next && !next.element.hidden ? next.code : code;
      target = buttons.get(`${neighbor} ${Math.min(rank + step[1], topic.words[neighbor].length - 1, last)}`);
    } else if (event.key === "Home") target = buttons.get(`${code} 0`);
    else if (event.key === "End") target = buttons.get(`${code} ${Math.min(last, topic.words[code].length - 1)}`);
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

  /** Mark a word and its translations, draw lines to them, and name them; null clears all that. */
  function show(key) {
    for (const button of buttons.values()) button.classList.remove("source", "partner");
    curves.replaceChildren();
    const found = key ? (partners.get(key) ?? []) : [];
    grid.classList.toggle("comparing", found.length > 0);
    say(key, found);
    if (!found.length) return;
    buttons.get(key).classList.add("source");
    for (const { code, rank } of found) buttons.get(`${code} ${rank}`).classList.add("partner");
    drawCurves(key, found);
  }

  function say(key, found) {
    if (!found.length) {
      said.replaceChildren("Words with ⇄ have a translation among those shown: point to one, or press it to keep it.");
      return;
    }
    const [code, rank] = key.split(" ");
    const one = (other, place) => inLanguage(other, topic.words[other][place][0], "b");
    const others = found.flatMap((partner, place) => [
      place ? ", " : " ⇄ ",
      one(partner.code, partner.rank),
      ` (${languageName(partner.code)}, cosine ${formatDecimal(partner.cosine)})`,
    ]);
    said.replaceChildren(one(code, Number(rank)), ` (${languageName(code)})`, ...others);
  }

  function drawCurves(key, found) {
    const frame = grid.getBoundingClientRect();
    const from = buttons.get(key).getBoundingClientRect();
    for (const partner of found) {
      const to = buttons.get(`${partner.code} ${partner.rank}`).getBoundingClientRect();
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

  function start() {
    const rank = sought ? (topic.words[sought.lang] ?? []).findIndex(([word]) => word === sought.word) : -1;
    if (rank < 0) {
      say(null, []);
      return;
    }
    if (rank >= FIRST_WORDS) expand(true);
    const button = buttons.get(`${sought.lang} ${rank}`);
    button.classList.add("sought");
    rove(button);
    say(null, []);
    if (partners.has(`${sought.lang} ${rank}`)) hold(`${sought.lang} ${rank}`);
  }

  start();
  // Lines are drawn once the columns have their positions.
  requestAnimationFrame(() => show(held));
  const rows = () => [
    codes.flatMap((code) => [languageName(code), `${languageName(code)}: weight`]),
    ...Array.from({ length: longest }, (_, rank) => codes.flatMap((code) => topic.words[code][rank] ?? ["", ""])),
  ];
  return make(
    "div",
    { class: "words" },
    said,
    make("p", { class: "offscreen", id: "words-help" }, "Arrow keys move from word to word."),
    make("div", { role: "group", "aria-label": "Words of the topic", "aria-describedby": "words-help" }, grid),
    rankingNote(),
    make("div", { class: "row" }, others, longest > FIRST_WORDS && more, tableButtons(rows, `words of topic ${topic.id}`)),
  );
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
