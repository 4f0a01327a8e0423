// Small multiples: every topic's course over time.

/** Courses per page; the rest follows by a button. */
const FIRST_COURSES = 60;
const COURSE_SCALES = { same: "the same for all", own: "its own for each" };
const COURSE_ORDERS = { size: "size", growth: "growth", decline: "decline", name: "name" };

/** What draws each course of the view that is not in sight yet. */
let coursesWaiting = new Map();
// On paper, all are in sight.
addEventListener("beforeprint", () => {
  for (const draw of coursesWaiting.values()) draw();
  coursesWaiting.clear();
});

/** Return a function of a topic: its course in each language, by period an estimate, or null, and the number of documents. */
function coursesOf(codes) {
  const lines = codes.map((code) => ({ code, counts: dateCounts(code) }));
  return (topic) => lines.map(({ code, counts }) => ({ code, counts, points: dateEstimates(topic, code) }));
}

/** Return the change of a topic's share from the first third of the periods to the last, with its interval. */
function growthOf(topic, code) {
  const count = summary.dates.periods.length;
  const third = Math.max(1, Math.floor(count / 3));
  if (count < 2) return null;
  const [known, counts] = [dateEstimates(topic, code), dateCounts(code)];
  return withCounts(
    differenceOf(meanEstimate(known.slice(-third)), meanEstimate(known.slice(0, third))),
    [counts.slice(-third), counts.slice(0, third)].map(sumOf),
  );
}

/** Say what the change is between. */
function growthText() {
  const { periods } = summary.dates;
  const third = Math.max(1, Math.floor(periods.length / 3));
  const span = (from, to) => (from === to ? from : `${from} to ${to}`);
  return `${span(periods.at(-third), periods.at(-1))} less ${span(periods[0], periods[third - 1])}`;
}

/** Draw lines over time, with a band for the interval of a single one; filled by a drawing that stretches. */
function courseSvg(lines, { top, band }) {
  const [width, height] = [240, 84];
  const days = summary.dates.periods.map(dayOf);
  const [first, last] = [days[0], days.at(-1)];
  const svg = makeSvg("svg", { class: "course", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const x = (period) => (first === last ? width / 2 : 4 + ((days[period] - first) / (last - first)) * (width - 8)).toFixed(1);
  const y = (value) => (height - 3 - Math.min(1, value / top) * (height - 6)).toFixed(1);
  for (const { code, points, counts } of lines) {
    const runs = runsOf(points);
    const kind = code === "all" ? "line-all" : `language-${toneOf(code)}`;
    if (band) {
      for (const run of runs) {
        // That of a single document reaches from 0 to 100%, which says nothing.
        const end = (period, side) => y(points[period][counts[period] > 1 ? side : "mean"]);
        const upper = run.map((period) => `${x(period)},${end(period, "high")}`);
        const lower = run.map((period) => `${x(period)},${end(period, "low")}`).reverse();
        svg.append(makeSvg("path", { class: `band ${kind}`, d: `M${[...upper, ...lower].join("L")}Z` }));
      }
    }
    const along = (run) => `M${run.map((period) => `${x(period)},${y(points[period].mean)}`).join("L")}`;
    const [lone, long] = [runs.filter((run) => run.length === 1), runs.filter((run) => run.length > 1)];
    if (long.length) svg.append(makeSvg("path", { class: `curve ${kind} dashes-${code === "all" ? 0 : toneOf(code)}`, d: long.map(along).join("") }));
    // A period between two without documents is a dot.
    if (lone.length) svg.append(makeSvg("path", { class: `curve lone ${kind}`, d: lone.map((run) => `${along(run)}h0.01`).join("") }));
  }
  return svg;
}

/** Return the runs of periods that have documents. */
function runsOf(points) {
  const runs = [];
  points.forEach((point, period) => {
    if (!point) return;
    if (runs.at(-1)?.at(-1) === period - 1) runs.at(-1).push(period);
    else runs.push([period]);
  });
  return runs;
}

/** Return the largest figure that a scale must reach. */
function courseTop(courses, band) {
  let top = 1e-6;
  for (const { points, counts } of courses) {
    points.forEach((point, period) => {
      if (point) top = Math.max(top, band && counts[period] > 1 ? point.high : point.mean);
    });
  }
  return Math.min(1, top);
}

/**
 * Make small charts of every topic over time.
 *
 * @param {object} options.parameters of the address: lines, scale and order
 * @param {string[]} options.codes languages that have dates
 * @param {function(object): void} options.change shows the view with other parameters
 */
function multiples({ parameters, codes, change }) {
  const lang = [...codes, "each"].includes(parameters.lines) ? parameters.lines : "all";
  const scale = Object.hasOwn(COURSE_SCALES, parameters.scale ?? "") ? parameters.scale : "same";
  const order = Object.hasOwn(COURSE_ORDERS, parameters.order ?? "") ? parameters.order : "size";
  const lines = lang === "each" ? codes : [lang];
  const band = lines.length === 1;
  const growthIn = lang === "each" ? "all" : lang;
  const coursesIn = coursesOf(lines);
  const entries = summary.topics.map((topic) => ({ topic, courses: coursesIn(topic), growth: growthOf(topic, growthIn), size: prevalenceOf(topic, growthIn) ?? 0 }));
  entries.sort(orderOf(order));
  const shared = courseTop(entries.flatMap(({ courses }) => courses), band);
  const grid = make("ol", { class: "plain multiples" });
  const more = make("button", { type: "button" }, `Show all ${formatCount(entries.length)} topics`);
  const languages = [["all", "all, weighted equally"], ...(codes.length > 1 ? [["each", "all, one line each"]] : []), ...codes.map((code) => [code, languageName(code)])];

  const waiting = new Map();
  coursesWaiting = waiting;
  const watcher = new IntersectionObserver(
    (seen) => {
      for (const { isIntersecting, target } of seen) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        waiting.get(target)?.();
        waiting.delete(target);
      }
    },
    { rootMargin: "300px" },
  );

  function card({ topic, courses, growth }) {
    const top = scale === "own" ? courseTop(courses, band) : shared;
    const plot = make("div", { class: "course-plot" });
    const { periods } = summary.dates;
    waiting.set(plot, () => plot.append(courseSvg(courses, { top, band })));
    watcher.observe(plot);
    plot.addEventListener("pointermove", (event) => {
      const frame = plot.getBoundingClientRect();
      const period = nearestPeriod((event.clientX - frame.left) / frame.width);
      const figures = courses.map(({ code, points }) => (band ? formatInterval(points[period]) : `${languageName(code)} ${formatPercent(points[period]?.mean)}`));
      showTip(event, `${periods[period]}: ${figures.join(" · ")}`);
    });
    plot.addEventListener("pointerleave", hideTip);
    return make(
      "li",
      {},
      make("span", { class: "course-name", title: topicText(topic) }, topicLink(topic)),
      make("span", { class: "course-top" }, formatPercent(top)),
      plot,
      make("span", { class: "course-ends" }, make("span", {}, periods[0]), periods.length > 1 && make("span", {}, periods.at(-1))),
      growth && make("span", { class: "course-growth" }, make("span", { class: verdictClass(growth) }, `${SIGNS[clearDirection(growth)]}${formatDifference(growth)}`), growth.few && ` ${UNCLEAR_WORDS.few}`),
    );
  }

  function show(count) {
    waiting.clear();
    grid.replaceChildren(...entries.slice(0, count).map(card));
    more.hidden = count >= entries.length;
  }

  more.addEventListener("click", () => {
    show(entries.length);
    grid.children[FIRST_COURSES].querySelector("a").focus({ preventScroll: true });
  });
  show(FIRST_COURSES);
  return [
    make(
      "p",
      { class: "note" },
      `Each topic's share by ${summary.dates.unit}${band ? ", with its 95% interval as a band" : ""}. Below it its change in points, ${growthText()}, with its interval. ▲ and ▼ mark clear changes: ${CLEAR_RULE}.`,
    ),
    make(
      "div",
      { class: "row controls" },
      choice("Lines", languages, lang, (value) => change({ lines: value })),
      choice("Scale", Object.entries(COURSE_SCALES), scale, (value) => change({ scale: value })),
      choice("Sorted by", Object.entries(COURSE_ORDERS), order, (value) => change({ order: value })),
    ),
    lang === "each" && make("p", { class: "color-key" }, codes.map((code) => languageMark(code))),
    grid,
    more,
  ];
}

/** Return the period nearest to a share of the width of a chart. */
function nearestPeriod(share) {
  const days = summary.dates.periods.map(dayOf);
  const day = days[0] + Math.max(0, Math.min(1, share)) * (days.at(-1) - days[0]);
  return days.reduce((best, each, period) => (Math.abs(each - day) < Math.abs(days[best] - day) ? period : best), 0);
}

/** Return how entries of the multiples are sorted. */
function orderOf(order) {
  const bySize = (one, other) => other.size - one.size || one.topic.id - other.topic.id;
  const grown = ({ growth }) => growth?.difference ?? 0;
  return {
    size: bySize,
    growth: (one, other) => grown(other) - grown(one) || bySize(one, other),
    decline: (one, other) => grown(one) - grown(other) || bySize(one, other),
    name: (one, other) => topicTitle(one.topic).localeCompare(topicTitle(other.topic)) || bySize(one, other),
  }[order];
}
