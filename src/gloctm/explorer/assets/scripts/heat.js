// Tables whose cells are colored by their figures: topics by label, topics by period.

/** Cells that are shown at first; and rows, however many columns there are. */
const FIRST_HEAT_CELLS = 3000;
const FIRST_HEAT_ROWS = 20;
/** No larger ratio of a share to the usual one gets a stronger color. */
const MOST_RATIO = 4;
const HEAT_COLORS = { share: "the share itself", usual: "more or less than usual" };

/** A ratio: ×1.4. */
const formatRatio = (value) => (isNumber(value) ? `×${value.toFixed(value < 0.95 ? 2 : value < 9.95 ? 1 : 0)}` : NOTHING);

/**
 * Make a table of topics with colored cells. Pressing the head of a column sorts by it; pointing to a cell, or moving to
 * it with the arrow keys, tells its interval.
 *
 * @param {string} options.caption what it shows
 * @param {object[]} options.columns each {name, count, filters(topic)}: what a column is of, its documents, and what
 *   the view of documents is asked for
 * @param {function(object, number): object|null} options.estimateOf the figure of a topic and the place of a column
 * @param {string} options.colors what colors say, of HEAT_COLORS
 * @param {string} options.usual what the usual share is: the mean of the columns
 */
function heatTable({ caption, columns, estimateOf, colors, usual }) {
  const rows = summary.topics.map((topic) => {
    const estimates = columns.map((_, place) => estimateOf(topic, place));
    return { topic, estimates, mean: meanEstimate(estimates)?.mean ?? null };
  });
  const said = make("p", { class: "said", role: "status" });
  const body = make("tbody");
  let sort = { column: "mean", direction: "descending" };
  const first = Math.max(FIRST_HEAT_ROWS, Math.floor(FIRST_HEAT_CELLS / columns.length));
  let all = rows.length <= first;

  const relative = colors === "usual";
  const valueOf = (row, place) => {
    const mean = row.estimates[place]?.mean;
    if (!isNumber(mean)) return null;
    return relative ? (row.mean > 0 ? mean / row.mean : null) : mean;
  };
  const strengthOf = (row, place) => {
    const value = valueOf(row, place);
    if (value === null) return null;
    return relative ? Math.log(Math.max(value, 1 / MOST_RATIO)) : value;
  };
  const strengths = rows.flatMap((row) => columns.map((_, place) => strengthOf(row, place))).filter(isNumber).map(Math.abs);
  const sortedStrengths = [...strengths].sort((one, other) => one - other);
  // A few extreme ratios must not pale all others.
  const most = relative
    ? Math.min(Math.max(sortedStrengths[Math.floor(0.95 * (strengths.length - 1))] ?? 0, 0.05), Math.log(MOST_RATIO))
    : (sortedStrengths.at(-1) ?? 1);
  const smallest = sortedStrengths[0] ?? 0;
  // Shares that hardly differ would all have the strongest color.
  const least = !relative && smallest > most / 3 ? smallest - (most - smallest) / 8 : 0;
  const isClear = ({ estimates, mean }, place) => {
    const { mean: own, low, high } = estimates[place];
    return clearDirection(withCounts({ difference: own - mean, low: low - mean, high: high - mean }, [columns[place].count])) !== 0;
  };

  const headers = ["topic", "mean", ...columns.keys()].map(header);
  const more = make("button", { type: "button", onclick: showAll }, `Show all ${formatCount(rows.length)} topics`);

  function header(key) {
    const { name = key === "mean" ? usual : "topic", count } = columns[key] ?? {};
    const label = make("span", { dir: "auto", title: name, class: name.length > 12 ? null : "short" }, shorten(name, 40));
    const button = make("button", { type: "button", class: "sort" }, label, isNumber(count) && make("span", { class: "of" }, ` ${formatCount(count)}`));
    button.addEventListener("click", () => {
      const [usually, again] = key === "topic" ? ["ascending", "descending"] : ["descending", "ascending"];
      sort = { column: key, direction: sort.column === key && sort.direction === usually ? again : usually };
      draw();
      announce(`Sorted by ${name}, ${sort.direction}.`);
    });
    return make("th", { scope: "col", class: key === "topic" ? null : key === "mean" ? "numeric heat-mean" : "numeric", "data-key": key }, button);
  }

  function sorted() {
    const value = ({ topic, mean }, row) =>
      sort.column === "topic" ? topic.id : sort.column === "mean" ? mean : valueOf(row, sort.column);
    return [...rows].sort((one, other) => compareValues(value(one, one), value(other, other), sort.direction));
  }

  function draw() {
    const shown = sorted().slice(0, all ? rows.length : first);
    for (const element of headers) {
      if (element.dataset.key === String(sort.column)) element.setAttribute("aria-sort", sort.direction);
      else element.removeAttribute("aria-sort");
    }
    body.replaceChildren(...shown.map((row) => line(row)));
    body.querySelector(".heat-cell")?.setAttribute("tabindex", "0");
    more.hidden = all;
    sayHow();
  }

  function line(row) {
    return make("tr", {}, make("th", { scope: "row" }, topicLink(row.topic)), make("td", { class: "numeric heat-mean" }, formatPercent(row.mean)), columns.map((_, place) => cell(row, place)));
  }

  function cell(row, place) {
    const value = valueOf(row, place);
    if (value === null) return make("td", { class: "heat-none numeric" }, NOTHING);
    const share = Math.min(1, (Math.abs(strengthOf(row, place)) - least) / (most - least || 1));
    const weak = relative && !isClear(row, place);
    const filters = columns[place].filters?.(row.topic);
    const href = summary.documents && filters ? address({ view: "documents", ...filters }) : null;
    const inside = make(href ? "a" : "span", { class: "heat-cell", href, tabindex: "-1" }, relative ? formatRatio(value) : formatPercent(value));
    inside.addEventListener("pointerenter", (event) => showTip(event, say(row, place)));
    inside.addEventListener("pointerleave", hideTip);
    inside.addEventListener("focus", () => {
      for (const other of body.querySelectorAll('.heat-cell[tabindex="0"]')) other.tabIndex = -1;
      inside.tabIndex = 0;
      say(row, place);
    });
    const holder = make("td", { class: `heat-holder ${relative && value < 1 ? "heat-less" : "heat-more"}` }, inside);
    holder.style.setProperty("--part", weak ? 0.3 * share : share);
    return holder;
  }

  /** Tell the figure of a cell, and return what is said. */
  function say(row, place) {
    const { name, count } = columns[place];
    const figure = formatInterval(row.estimates[place]);
    const ratio = row.mean > 0 ? `, ${formatRatio(row.estimates[place].mean / row.mean)} the usual ${formatPercent(row.mean)}` : "";
    const documents = isNumber(count) ? `; ${countOf(count, "document")}` : "";
    said.replaceChildren(make("bdi", {}, name), ", ", make("bdi", {}, topicText(row.topic)), `: ${figure}${ratio}${documents}.`);
    return said.textContent;
  }

  function sayHow() {
    said.textContent = `Point to a cell, or use the arrow keys, for its interval${summary.documents ? "; press it for its documents" : ""}.`;
  }

  function move(event) {
    const step = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key];
    const from = event.target.closest?.(".heat-cell");
    if (!step || !from) return;
    event.preventDefault();
    let line = from.closest("tr");
    let place = [...line.children].indexOf(from.parentElement);
    // Past cells that have no figure.
    for (;;) {
      line = step[0] > 0 ? line.nextElementSibling : step[0] < 0 ? line.previousElementSibling : line;
      place += step[1];
      const holder = line?.children[place];
      if (!holder || place < 2) return;
      const target = holder.querySelector(".heat-cell");
      if (target) {
        target.focus();
        return;
      }
    }
  }

  function showAll() {
    all = true;
    draw();
    body.querySelector(".heat-cell")?.focus({ preventScroll: true });
  }

  draw();
  body.addEventListener("keydown", move);
  const saved = () => [
    ["topic", "name", `${usual} (proportion)`, ...columns.flatMap(({ name }) => [`${name}: mean proportion`, `${name}: low`, `${name}: high`])],
    ...sorted().map(({ topic, mean, estimates }) => [topic.id, topicTitle(topic), mean, ...estimates.flatMap((each) => [each?.mean, each?.low, each?.high])]),
  ];
  return make(
    "div",
    { class: "heat" },
    make("p", { class: "note" }, `The ${usual} gives each the same weight, however many documents it has: elsewhere a topic's share is that of all documents.`),
    heatKey({ relative, least, most, usual }),
    said,
    make(
      "div",
      { class: "table" },
      make(
        "div",
        { class: "scroll", role: "region", "aria-label": caption, tabindex: "0" },
        make("table", {}, make("caption", { class: "offscreen" }, caption), make("thead", {}, make("tr", {}, headers)), body),
      ),
      make("div", { class: "row heat-foot" }, more, tableButtons(saved, caption)),
    ),
  );
}

/** Explain the colors of a table. */
function heatKey({ relative, least, most, usual }) {
  const ramp = (kind) => make("span", { class: `heat-ramp ${kind}`, "aria-hidden": "true" });
  return relative
    ? make(
        "p",
        { class: "color-key" },
        make("span", {}, formatRatio(Math.exp(-most)), ramp("both"), `${formatRatio(Math.exp(most))} the topic's ${usual}`),
        make("span", {}, `Faint cells are not clear: the interval includes the usual share, or they are less than ${LEAST_CLEAR_POINTS} points from it, or of fewer than ${FEW_DOCUMENTS} documents.`),
      )
    : make("p", { class: "color-key" }, make("span", {}, least > 0 ? formatPercent(least) : "0", ramp("one"), formatPercent(most)));
}
