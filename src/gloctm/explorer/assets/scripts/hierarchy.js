// Similarity of topics, and the tree of their merges.

/** Above this height, groups have little in common, as `gloctm` says when it merges them. */
const POOR_HEIGHT = 0.75;
/** Colors of cells, from none to the strongest. */
const LEVELS = 20;
/** Cells of this many pixels or more show their value. */
const SMALLEST_WITH_VALUE = 30;
const CELLS = { fit: "as large as fit", values: "large, with values" };
/** With more topics, so many values would be slow to draw; the line above the matrix tells each. */
const MOST_WITH_VALUES = 100;
const SMALLEST_CELL = 18;
const LARGEST_CELL = 96;
/** Of the window's height, what a matrix of few topics may take. */
const PART_OF_HEIGHT = 0.7;
/** Pairs in the table of the most similar ones. */
const MOST_PAIRS = 300;
/** Of which are shown at first. */
const FIRST_PAIRS = 50;
/** Groups that are shown at first. */
const FIRST_GROUPS = 24;
/** Words that a group is described by. */
const GROUP_WORDS = 8;

/** Return the places of topics under each leaf and merge of the tree, in the order in which its lines do not cross. */
function treeMembers() {
  const members = summary.topics.map((_, place) => [place]);
  for (const [one, other] of summary.merges ?? []) members.push([...members[one], ...members[other]]);
  return members;
}

/** Order the places of topics by the tree's leaves. */
function leafOrder() {
  const members = treeMembers();
  const whole = summary.merges?.length ? members.at(-1) : [];
  return [...whole, ...summary.topics.keys()].filter((place, at, places) => places.indexOf(place) === at);
}

/** Cut the tree into a number of groups: the places of the topics of each, in the order of the leaves. */
function groupsAt(number) {
  const members = treeMembers();
  const steps = Math.max(0, Math.min(summary.merges.length, summary.topics.length - number));
  const current = new Set(summary.topics.keys());
  summary.merges.slice(0, steps).forEach(([one, other], step) => {
    current.delete(one);
    current.delete(other);
    current.add(summary.topics.length + step);
  });
  const order = new Map(leafOrder().map((place, at) => [place, at]));
  return [...current].map((each) => members[each]).sort((one, other) => order.get(one[0]) - order.get(other[0]));
}

/** A first cut has no fewer and no more groups than these parts of the number of topics. */
const FEWEST_GROUPS = 1 / 5;
const MOST_GROUPS = 2 / 3;

/** Return the number of groups to begin with: where heights leave the largest gap between two merges, and groups say something. */
function usualCut() {
  const count = summary.topics.length;
  const third = Math.max(2, Math.round(count / 3));
  const heightOfStep = (step) => summary.merges[step]?.[2];
  let [best, widest] = [third, -Infinity];
  for (let number = Math.max(2, Math.ceil(count * FEWEST_GROUPS)); number <= Math.floor(count * MOST_GROUPS); number += 1) {
    const gap = heightOfStep(count - number) - heightOfStep(count - number - 1);
    // Of equal gaps, the one nearest to a third of the topics.
    const nearer = Math.abs(number - third) < Math.abs(best - third);
    if (gap > widest + 1e-9 || (gap > widest - 1e-9 && nearer)) [best, widest] = [number, gap];
  }
  return best;
}

/** Return the height at which two topics come into one group; null if they never do. */
function heightOf(one, other) {
  const members = treeMembers();
  const step = (summary.merges ?? []).findIndex((_, number) => {
    const all = members[summary.topics.length + number];
    return all.includes(one) && all.includes(other);
  });
  return step < 0 ? null : summary.merges[step][2];
}

function similarityView({ groups, cells }) {
  const title = "Similarity of topics";
  const count = summary.topics.length;
  if (count < 2) return missing(title, "One topic is shown, which can be compared with no other. Split it, or train a model with more: gloctm train CORPUS --num-topics 20.");
  if (!summary.similarity?.length) return missing(title, "This report has no similarities of topics. Make it again with this version: gloctm report.");
  const hasTree = summary.merges?.length > 0;
  const asked = Number.parseInt(groups, 10);
  const number = hasTree && asked >= 1 && asked <= count ? asked : hasTree ? usualCut() : count;
  const parts = hasTree ? cutParts(number) : null;
  const matrix = similarityMatrix({ tree: parts?.tree, cells: cells === "values" && count <= MOST_WITH_VALUES ? "values" : "fit" });
  const list = parts && section("Groups", ...parts.list);
  return {
    title,
    content: [
      make("h1", {}, title),
      make("p", { class: "lead" }, "How alike the words of topics are, all languages together; similar topics are next to each other. Press a cell to put two topics side by side."),
      make("p", { class: "note" }, "Cosines of the topics' vectors, less what all topics have in common: 1 is the same, 0 unrelated, below 0 less alike than most."),
      hiddenNote(),
      list && jumpLinks([["Matrix", matrix], ["Groups", list]]),
      parts?.controls,
      matrix,
      make("details", { class: "pairs" }, make("summary", {}, "The most similar pairs as a table"), pairsTable()),
      list,
    ],
  };
}

/** Make a wide matrix smaller for paper, which does not scroll. */
function fitMatricesToPaper() {
  for (const matrix of document.querySelectorAll(".matrix")) matrix.style.zoom = Math.min(1, PAPER_WIDTH / matrix.offsetWidth);
}

addEventListener("beforeprint", fitMatricesToPaper);
addEventListener("afterprint", () => {
  for (const matrix of document.querySelectorAll(".matrix")) matrix.style.zoom = "";
});

/** Make a view that says what is missing, and how to get it. */
function missing(title, sentence) {
  return { title, content: [make("h1", {}, title), make("p", { class: "missing" }, sentence)] };
}

/** Make what depends on where the tree is cut: its controls, the tree itself as a function of its size, the groups. */
function cutParts(first) {
  const most = summary.topics.length;
  const id = freshId("cut");
  const range = make("input", { id, type: "range", min: 1, max: most, value: first });
  const field = make("input", { type: "number", min: 1, max: most, value: first, "aria-label": "Number of groups" });
  const said = make("p", { class: "note", role: "status" });
  const list = make("div", { class: "groups" });
  const use = make("div", { class: "buttons" });
  const trees = [];

  function cut(number) {
    range.value = number;
    if (Number(field.value) !== number) field.value = number;
    const groups = groupsAt(number);
    const heights = summary.merges.slice(0, most - number).map(([, , height]) => height);
    const poor = heights.filter((height) => height > POOR_HEIGHT).length;
    const joined = groups.filter((group) => group.length > 1);
    said.textContent =
      `${groupsText(number)} of ${most} topics; ${joined.length} ${joined.length === 1 ? "has" : "have"} more than one topic.` +
      (poor ? ` ${formatCount(poor)} ${poor === 1 ? "step joins" : "steps join"} topics with little in common (height above ${POOR_HEIGHT}).` : "");
    list.replaceChildren(...groupCards(groups));
    use.replaceChildren(...useButtons(groups, number));
    for (const tree of trees) tree.cut(number);
  }

  function change(event) {
    const number = Math.round(Number(event.target.value));
    if (!(number >= 1 && number <= most)) return;
    changeAddress({ groups: number });
    cut(number);
  }

  range.addEventListener("input", change);
  field.addEventListener("input", change);
  cut(first);
  return {
    controls: make("div", { class: "cut" }, make("div", { class: "row controls" }, make("div", { class: "choice" }, make("label", { for: id }, "Cut the tree into groups"), make("span", { class: "range" }, range, field))), said),
    tree: (width, row) => {
      const made = mergeTree(width, row);
      // One at a time: another is made when the window's width changes.
      trees.splice(0, trees.length, made);
      made.cut(Number(range.value));
      return made.element;
    },
    list: [use, list],
  };
}

/** Change a part of the address, and leave the view as it is. */
function changeAddress(changes) {
  history.replaceState(null, "", address({ ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))), ...changes }));
}

const groupsText = (number) => `${formatCount(number)} ${number === 1 ? "group" : "groups"}`;

/** Make the buttons that use groups, if the page can edit its topics. */
function useButtons(groups, number) {
  if (!canEdit()) {
    return [make("p", { class: "note" }, "To use these groups in Python: ", make("code", {}, `model.topic_hierarchy().cut(number=${number})`))];
  }
  const members = groups.map((group) => group.flatMap((place) => summary.topics[place].members));
  return [make("button", { type: "button", onclick: () => applyGroups(members) }, "Use these groups as a view")];
}

/** Make a card per group of several topics, and one line of those on their own. */
function groupCards(groups) {
  const alone = groups.filter((group) => group.length === 1).map(([place]) => summary.topics[place]);
  const joined = groups.filter((group) => group.length > 1);
  const cards = make("div", { class: "cards" }, joined.slice(0, FIRST_GROUPS).map(groupCard));
  const more = make("button", { type: "button" }, `Show all ${formatCount(joined.length)} groups`);
  more.addEventListener("click", () => {
    cards.append(...joined.slice(FIRST_GROUPS).map(groupCard));
    more.remove();
    cards.children[FIRST_GROUPS].querySelector("a").focus({ preventScroll: true });
  });
  return [
    cards,
    joined.length > FIRST_GROUPS && make("div", { class: "buttons" }, more),
    alone.length > 0 && make("section", { class: "alone" }, make("h3", {}, `On their own: ${formatCount(alone.length)}`), make("ul", { class: "plain chips" }, alone.map((topic) => make("li", {}, topicLink(topic))))),
  ].filter(Boolean);
}

function groupCard(places) {
  const topics = places.map((place) => summary.topics[place]);
  const largest = [...topics].sort((one, other) => (other.overall ?? 0) - (one.overall ?? 0))[0];
  const shares = topics.map((topic) => topic.overall);
  const share = shares.every(isNumber) ? `, ${formatPercent(shares.reduce((sum, each) => sum + each, 0))}` : "";
  const codes = shownLanguages();
  return make(
    "section",
    { class: "card topic-group" },
    make("h3", {}, topicName(largest), make("span", { class: "figures" }, ` ${formatCount(topics.length)} topics${share}`)),
    codes.slice(0, codes.length > 3 ? 1 : 3).map((code) => inLanguage(code, wordsOfGroup(topics, code).join(" · "), "p", { class: "group-words" })),
    make("ul", { class: "plain" }, topics.map((topic) => make("li", {}, topicLink(topic)))),
  );
}

/** Return the words that weigh most over the topics of a group. */
function wordsOfGroup(topics, code) {
  const weights = new Map();
  for (const topic of topics) {
    const words = topic.words[code] ?? [];
    words.forEach(([word], rank) => weights.set(word, (weights.get(word) ?? 0) + 1 / (rank + 4)));
  }
  return [...weights].sort((one, other) => other[1] - one[1]).slice(0, GROUP_WORDS).map(([word]) => word);
}

/** Draw the tree: leaves at the end, a row each; cut(number) marks where it is cut. */
function mergeTree(width, row) {
  const count = summary.topics.length;
  const highest = Math.max(...summary.merges.map(([, , height]) => height), 0.01);
  const across = (height) => (width - 6) * (1 - height / highest) + 4;
  const order = leafOrder();
  const ends = summary.topics.map((_, place) => ({ x: width, y: (order.indexOf(place) + 0.5) * row }));
  const svg = makeSvg("svg", { class: "tree", width, height: count * row, "aria-hidden": "true" });
  const members = treeMembers();
  const paths = summary.merges.map(([one, other, height], step) => {
    const x = across(height);
    const [first, second] = [ends[one], ends[other]];
    ends.push({ x, y: (first.y + second.y) / 2 });
    const path = makeSvg("path", { d: `M${first.x},${first.y}H${x}V${second.y}H${second.x}` });
    const title = makeSvg("title");
    title.textContent = `Joined at height ${formatDecimal(height)}: topics ${formatList(members[count + step].map((place) => String(summary.topics[place].id)))}`;
    path.append(title);
    return path;
  });
  const line = makeSvg("line", { class: "cut-line", y1: 0, y2: count * row });
  svg.append(...paths, line);
  return {
    element: svg,
    cut(number) {
      const steps = count - number;
      paths.forEach((path, step) => path.setAttribute("class", step < steps ? "joined" : ""));
      const before = summary.merges[steps - 1]?.[2] ?? 0;
      const after = summary.merges[steps]?.[2] ?? highest;
      const x = steps === summary.merges.length ? 1 : across((before + after) / 2);
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
    },
  };
}

/** Make the matrix with the tree and the topics' names in front of it. */
function similarityMatrix({ tree, cells: size }) {
  const order = leafOrder();
  const topics = order.map((place) => summary.topics[place]);
  const said = make("p", { class: "said", role: "status" }, "Point to a cell, or use the arrow keys.");
  const holder = make("div", { class: "matrix-holder" });
  const value = (row, column) => summary.similarity[order[row]]?.[order[column]];
  let most = 0.05;
  topics.forEach((_, row) => topics.slice(0, row).forEach((__, column) => (most = Math.max(most, value(row, column) ?? 0))));
  let drawnWidth = 0;
  const choose = (chosen) => {
    size = chosen;
    changeAddress({ cells: chosen });
    draw();
  };

  function sizes() {
    const width = holder.clientWidth || 800;
    const narrow = width < 600;
    const treeWidth = tree ? (narrow ? 28 : 120) : 0;
    const names = narrow ? 100 : 210;
    const smallest = size === "values" ? SMALLEST_WITH_VALUE : SMALLEST_CELL;
    const largest = Math.min(LARGEST_CELL, Math.max(40, (PART_OF_HEIGHT * innerHeight) / topics.length));
    const cell = Math.floor(Math.min(largest, Math.max(smallest, (width - treeWidth - names - 18) / topics.length)));
    // What few cells leave of the width, the names and the tree take.
    const left = Math.max(0, width - treeWidth - names - 18 - cell * topics.length);
    const wider = Math.min(240, Math.floor(left / 2));
    return { treeWidth: tree ? treeWidth + Math.min(240, Math.floor(left - wider)) : 0, names: names + wider, cell };
  }

  function draw() {
    const { treeWidth, names, cell } = sizes();
    const grid = make("div", { class: "matrix" });
    grid.style.setProperty("--cell", `${cell}px`);
    grid.style.setProperty("--names", `${names}px`);
    grid.style.setProperty("--tree", `${treeWidth}px`);
    const heads = make("div", { class: "matrix-heads", "aria-hidden": "true" }, topics.map((topic) => make("span", { title: topicText(topic) }, String(topic.id))));
    const list = make("ol", { class: "plain matrix-names", "aria-label": "Topics in the order of the tree" }, topics.map((topic) => make("li", { title: topicText(topic) }, topicLink(topic))));
    const side = make("div", { class: "matrix-side" }, tree?.(treeWidth, cell), list);
    grid.append(make("div", { class: "matrix-corner" }), heads, side, cells(cell));
    const scroller = make("div", { class: "matrix-scroll" }, grid);
    holder.replaceChildren(scroller);
  }

  function cells(cell) {
    const count = topics.length;
    const svg = makeSvg("svg", { width: count * cell, height: count * cell, "aria-hidden": "true" });
    const paths = Array.from({ length: LEVELS + 1 }, () => []);
    const texts = [];
    const gap = cell > 22 ? 1 : 0.5;
    topics.forEach((_, row) =>
      topics.forEach((__, column) => {
        const figure = value(row, column);
        if (!isNumber(figure) || row === column) return;
        const level = Math.round(LEVELS * Math.max(0, Math.min(1, figure / most)));
        const side = cell - gap;
        paths[level].push(`M${column * cell},${row * cell}h${side}v${side}h${-side}z`);
        if (cell >= SMALLEST_WITH_VALUE) texts.push({ row, column, level, text: figure.toFixed(2).replace("-", "−").replace("0.", ".") });
      }),
    );
    paths.forEach((pieces, level) => {
      if (!pieces.length) return;
      const path = makeSvg("path", { class: "level", d: pieces.join("") });
      path.style.setProperty("--part", level / LEVELS);
      svg.append(path);
    });
    for (const { row, column, level, text } of texts) {
      const element = makeSvg("text", { class: "value", x: (column + 0.5) * cell - gap / 2, y: (row + 0.5) * cell });
      element.style.setProperty("--part", level / LEVELS);
      element.textContent = text;
      svg.append(element);
    }
    svg.append(makeSvg("path", { class: "same", d: topics.map((_, at) => `M${at * cell},${at * cell}h${cell - gap}v${cell - gap}h${gap - cell}z`).join("") }));
    const cursor = makeSvg("rect", { class: "cursor", width: cell - gap, height: cell - gap, visibility: "hidden" });
    svg.append(cursor);
    return withCursor(svg, cursor, cell);
  }

  /** Follow the pointer and the arrow keys; Enter or a click goes to both topics. */
  function withCursor(svg, cursor, cell) {
    const count = topics.length;
    let at = null;
    const box = make("div", { class: "matrix-cells", role: "application", tabindex: "0", "aria-label": "Similarity of pairs of topics. Arrow keys move from pair to pair, Enter puts both side by side." }, svg);
    const point = (row, column) => {
      at = { row, column };
      cursor.setAttribute("x", column * cell);
      cursor.setAttribute("y", row * cell);
      cursor.setAttribute("visibility", "visible");
      const text = pairText(row, column);
      said.textContent = text;
      return text;
    };
    const under = (event) => {
      const frame = svg.getBoundingClientRect();
      const inside = (value) => Math.max(0, Math.min(count - 1, Math.floor(value / cell)));
      return [inside(event.clientY - frame.top), inside(event.clientX - frame.left)];
    };
    const open = () => {
      const [one, other] = [topics[at.row], topics[at.column]];
      goTo(one === other ? address({ topic: one.id }) : address({ view: "side", kind: "topics", one: one.id, other: other.id }));
    };
    box.addEventListener("pointermove", (event) => showTip(event, point(...under(event))));
    box.addEventListener("pointerleave", hideTip);
    box.addEventListener("click", (event) => {
      point(...under(event));
      open();
    });
    box.addEventListener("focus", () => box.matches(":focus-visible") && !at && point(0, Math.min(1, count - 1)));
    box.addEventListener("keydown", (event) => {
      const step = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key];
      if (event.key === "Enter" && at) open();
      else if (step) {
        const within = (number) => Math.max(0, Math.min(count - 1, number));
        point(within((at?.row ?? 0) + step[0]), within((at?.column ?? 0) + step[1]));
        cursor.scrollIntoView({ block: "nearest", inline: "nearest" });
      } else return;
      event.preventDefault();
    });
    return box;
  }

  function pairText(row, column) {
    const [one, other] = [topics[row], topics[column]];
    if (row === column) return topicText(one);
    const height = heightOf(order[row], order[column]);
    const joined = height === null ? "" : `, in one group from height ${formatDecimal(height)}`;
    return `${topicText(one)} and ${topicText(other)}: cosine ${formatDecimal(value(row, column))}${joined}`;
  }

  // The size of cells follows the window's, and is known once the view is in the page.
  const watcher = new ResizeObserver(() => {
    if (!holder.isConnected) watcher.disconnect();
    else if (Math.abs(holder.clientWidth - drawnWidth) > 1) {
      drawnWidth = holder.clientWidth;
      draw();
      if (onPaper) fitMatricesToPaper();
    }
  });
  watcher.observe(holder);
  return make("figure", { class: "similarity" }, make("figcaption", {}, make("h3", {}, "Similarity of every pair")), topics.length <= MOST_WITH_VALUES && choice("Cells", Object.entries(CELLS), size, choose), matrixKey(most), said, holder);
}

/** Explain the colors of cells. */
function matrixKey(most) {
  return make("p", { class: "color-key" }, make("span", {}, "0 or less", make("span", { class: "heat-ramp one", "aria-hidden": "true" }), formatDecimal(most)));
}

/** Make the table of the most similar pairs. */
function pairsTable() {
  const pairs = summary.topics.flatMap((one, row) => summary.topics.slice(row + 1).map((other, step) => ({ one, other, cosine: summary.similarity[row][row + 1 + step] })));
  const shown = pairs.sort((one, other) => other.cosine - one.cosine).slice(0, MOST_PAIRS);
  return make(
    "div",
    {},
    pairs.length > shown.length && make("p", { class: "note" }, `The ${formatCount(shown.length)} most similar of ${formatCount(pairs.length)} pairs.`),
    dataTable({
      caption: "most similar topics",
      rows: shown,
      first: FIRST_PAIRS,
      sort: { column: 2, direction: "descending" },
      columns: [
        { label: "topic", value: (pair) => pair.one.id, node: (pair) => topicLink(pair.one), header: true },
        { label: "and topic", value: (pair) => pair.other.id, node: (pair) => topicLink(pair.other) },
        { label: "cosine", value: (pair) => pair.cosine, text: (pair) => formatDecimal(pair.cosine), numeric: true },
        {
          label: "compare",
          value: () => null,
          unsaved: true,
          node: ({ one, other }) => besideLink(one, other),
        },
      ],
    }),
  );
}
