// Differences of estimates with their intervals, and how they are shown.

/**
 * Subtract an estimate from another, with the 95% interval of the difference from their own intervals (MOVER: Zou and
 * Donner 2008). It holds for different documents. Shares of two topics in the same documents depend on each other; with
 * same, the interval is wide enough for any such dependence.
 */
function differenceOf(one, other, { same = false } = {}) {
  if (!one || !other) return null;
  const join = same ? (first, second) => Math.abs(first) + Math.abs(second) : Math.hypot;
  const difference = one.mean - other.mean;
  return {
    difference,
    low: Math.max(-1, difference - join(one.mean - one.low, other.high - other.mean)),
    high: Math.min(1, difference + join(one.high - one.mean, other.mean - other.low)),
  };
}

/** A difference of fewer percentage points is not called clear: it is too small to say anything of. */
const LEAST_CLEAR_POINTS = 0.5;

/** Return points as their digits show them. */
const shownPoints = (value) => Number(formatPoints(value).replace("−", "-"));

/**
 * Return how clear a difference is, the one rule of the page: "few" where a side has too few documents, "clear",
 * "small" where its interval excludes zero but it is below half a point, "unclear", or null without a figure.
 *
 * @param {{difference, low, high, few}|null} estimate few: whether a side has fewer than FEW_DOCUMENTS
 */
function clarityOf(estimate) {
  if (!estimate) return null;
  if (estimate.few) return "few";
  if (estimate.low <= 0 && estimate.high >= 0) return "unclear";
  if (Math.abs(shownPoints(estimate.difference)) < LEAST_CLEAR_POINTS) return "small";
  // An interval that reaches 0.0 in its digits would belie the word.
  return shownPoints(estimate.low) > 0 || shownPoints(estimate.high) < 0 ? "clear" : "unclear";
}

/** Return the sign of a clear difference; else 0. */
const clearDirection = (estimate) => (clarityOf(estimate) === "clear" ? Math.sign(estimate.difference) : 0);

/** What is said of differences that are not clear. */
const UNCLEAR_WORDS = { few: "too few documents", small: "clear but small", unclear: "not clear" };

/** Explain what is called clear. */
const CLEAR_RULE = `clear differences have a 95% interval without zero and ${LEAST_CLEAR_POINTS} points or more`;

/** Return an estimate with the mark of few documents on a side; unknown counts are not few. */
const withCounts = (estimate, counts) => estimate && { ...estimate, few: counts.some((count) => isNumber(count) && count < FEW_DOCUMENTS) };

/** Count the documents of a language, or of all; NaN where that is not known. */
const documentsIn = (code) => summary.languages.filter((language) => code === "all" || language.code === code).reduce((sum, { documents }) => sum + (documents ?? NaN), 0);

/** Return a topic's difference of a language from the others, with the mark of few documents. */
function contrastOf(topic, code) {
  const own = documentsIn(code);
  return withCounts(topic.contrast?.[code] ?? null, [own, documentsIn("all") - own]);
}

/** Average estimates of different documents, each with the same weight; null of none. */
function meanEstimate(estimates) {
  const known = estimates.filter(Boolean);
  if (!known.length) return null;
  const mean = known.reduce((sum, each) => sum + each.mean, 0) / known.length;
  const reach = (end) => Math.sqrt(known.reduce((sum, each) => sum + (each[end] - each.mean) ** 2, 0)) / known.length;
  return { mean, low: Math.max(0, mean - reach("low")), high: Math.min(1, mean + reach("high")) };
}

/** Return a topic's share of documents in one language or ("all") with equal weight of languages; null without. */
function shareEstimate(topic, code) {
  if (code !== "all") return topic.prevalence?.[code] ?? null;
  return topic.prevalence ? meanEstimate(Object.values(topic.prevalence)) : null;
}

/** What was computed of the dates that are shown; editing topics makes others. */
const coursesKnown = new WeakMap();

/**
 * Return a topic's shares by period, in one language or ("all") with equal weight of those with documents; null where there
 * is no document.
 */
function dateEstimates(topic, code) {
  const { dates } = summary;
  if (!coursesKnown.has(dates)) coursesKnown.set(dates, new Map());
  const known = coursesKnown.get(dates);
  const key = `${topic.id} ${code}`;
  if (!known.has(key)) {
    const codes = code === "all" ? Object.keys(dates.prevalence) : [code];
    const rows = codes.map((each) => dates.prevalence[each]?.[placeOf(topic.id)]).filter(Boolean);
    const of = (period) => (code === "all" ? meanEstimate(rows.map((row) => row[period])) : (rows[0]?.[period] ?? null));
    known.set(key, dates.periods.map((_, period) => of(period)));
  }
  return known.get(key);
}

/** Count the documents of each period, in one language or all. */
function dateCounts(code) {
  const { counts, periods } = summary.dates;
  const rows = (code === "all" ? Object.keys(counts) : [code]).map((each) => counts[each] ?? []);
  return periods.map((_, period) => rows.reduce((sum, row) => sum + (row[period] ?? 0), 0));
}

/** Rows of a table of differences that are shown at first: the clear and large ones. */
const FIRST_DIFFERENCES = 50;

/** How a report gets shares and documents. */
const REPORT_WITH_CORPUS = "gloctm report MODEL --corpus CORPUS";

/** Say how documents get labels or dates. */
function cureOf(what) {
  if (!hasPrevalence()) return `This report was made without a corpus: ${REPORT_WITH_CORPUS}.`;
  return `Build the corpus from documents with a column "${what}", and make the report again.`;
}

/** Link to the documents of a topic, a language, a label or a period; only text where the page has no documents. */
function documentsLink(text, filters) {
  return summary.documents ? make("a", { href: address({ view: "documents", ...filters }) }, text) : make("span", {}, text);
}

/** Return how far a scale of differences reaches: intervals that say nothing must not flatten all others. */
function reachOf(differences) {
  const known = differences.filter(Boolean);
  const largest = Math.max(0, ...known.map(({ difference }) => Math.abs(difference)));
  const ends = known.map(({ low, high }) => Math.max(Math.abs(low), Math.abs(high))).sort((one, other) => one - other);
  const most = Math.max(largest, ends[Math.floor(0.9 * (ends.length - 1))] ?? 0);
  return Math.min(Math.max(most, 1e-4), 2 * largest || most || 1) * 1.05;
}

/** Draw a difference with its interval as a dot on a line, from −reach to +reach; its figures are next to it. */
function differenceStrip(estimate, reach) {
  const strip = make("span", { class: "strip", "aria-hidden": "true" }, make("span", { class: "strip-zero" }));
  if (!estimate) return strip;
  const at = (value) => 50 + 50 * Math.max(-1, Math.min(1, value / reach));
  const direction = clearDirection(estimate);
  const kind = { 1: "more", [-1]: "less", 0: "unclear" }[direction];
  const line = make("span", { class: `strip-line ${kind}` });
  line.style.insetInlineStart = `${at(estimate.low)}%`;
  line.style.width = `${at(estimate.high) - at(estimate.low)}%`;
  line.classList.toggle("beyond-low", estimate.low < -reach);
  line.classList.toggle("beyond-high", estimate.high > reach);
  const dot = make("span", { class: `strip-dot ${kind}` });
  dot.style.insetInlineStart = `${at(estimate.difference)}%`;
  strip.append(line, dot);
  return strip;
}

/** Order clear differences before unclear ones, each by size. */
const byClarity = (estimate) => (estimate ? (clearDirection(estimate) ? 10 : 0) + Math.abs(estimate.difference) : null);

/**
 * Make a table of differences with a dot and interval in each row; the first column names the row.
 *
 * @param {object} options.first the column of what is compared: a topic, a language, a label
 * @param {string[]} options.names what the one and the other are called
 * @param {object[]} options.rows each {one, other, difference, …}: two estimates, and their difference with its interval
 * @param {object[]} [options.further] further columns
 */
function differenceTable({ caption, first, names, rows, further = [] }) {
  const reach = reachOf(rows.map((row) => row.difference));
  const [one, other] = names;
  const share = (name, of) => [
    { label: name, saved: `${name}: mean proportion`, value: (row) => of(row)?.mean, text: (row) => formatInterval(of(row)), numeric: true },
    { label: `${name}: low`, value: (row) => of(row)?.low, hidden: true },
    { label: `${name}: high`, value: (row) => of(row)?.high, hidden: true },
  ];
  const columns = [
    ...first,
    { label: "in short", value: (row) => byClarity(row.difference), save: (row) => verdictText(row.difference, one, other), node: (row) => verdictOf(row, one, other), numeric: true, kind: "in-short" },
    {
      label: `← ${shorten(other, 18)} · points · ${shorten(one, 18)} →`,
      value: (row) => row.difference?.difference,
      saved: "difference (proportion)",
      node: (row) => make("span", { class: "strip-holder" }, differenceStrip(row.difference, reach), make("span", {}, formatDifference(row.difference))),
      numeric: true,
    },
    { label: "difference: low", value: (row) => row.difference?.low, hidden: true },
    { label: "difference: high", value: (row) => row.difference?.high, hidden: true },
    ...share(one, (row) => row.one),
    ...share(other, (row) => row.other),
    ...further,
  ];
  const column = columns.findIndex(({ label }) => label === "in short");
  return make("div", { class: "differences" }, dataTable({ caption, rows, columns, sort: { column, direction: "descending" }, first: FIRST_DIFFERENCES }));
}

/** Say in words which of two has more. */
function verdictText(estimate, one, other) {
  if (!estimate) return "no figure";
  const direction = clearDirection(estimate);
  return direction ? `more in ${direction > 0 ? one : other}` : UNCLEAR_WORDS[clarityOf(estimate)];
}

function verdictOf({ difference, topic }, one, other) {
  const direction = clearDirection(difference);
  return make("span", { class: verdictClass(difference) }, SIGNS[direction], verdictText(difference, one, other), topic?.doubtful.length > 0 && doubtMark(topic));
}

/** Say how many differences are clear, how many of them but small, and how many would be by chance. */
function clearSentence(estimates, what) {
  const known = estimates.filter(Boolean);
  const having = (clarity) => known.filter((estimate) => clarityOf(estimate) === clarity).length;
  if (known.length && having("few") === known.length) return `Too few documents to call a difference clear: fewer than ${FEW_DOCUMENTS} on a side.`;
  const chance = Math.round(known.length / 20);
  const byChance = chance > 0 ? ` About ${formatCount(chance)} would look so by chance alone.` : "";
  const small = having("small");
  const further = small ? ` ${formatCount(small)} more ${small === 1 ? "is" : "are"} clear but small: below ${LEAST_CLEAR_POINTS} points.` : "";
  return `${formatCount(having("clear"))} of ${formatCount(known.length)} ${what} clearly differ: ${CLEAR_RULE}.${further}${byChance}`;
}
