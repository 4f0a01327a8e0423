// Numbers for readers.

const wholeNumbers = new Intl.NumberFormat("en");
const decimals = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Shown if there is no figure. */
const NOTHING = "–";

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** A count: 12,345. */
const formatCount = (value) => (isNumber(value) ? wholeNumbers.format(value) : NOTHING);

/** "41 documents", "1 document". */
const countOf = (count, noun) => `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;

/** Formats of shares and their differences; one more digit with many topics, whose shares are small. */
let shareFormats;
function formatsOfShares() {
  if (!shareFormats) {
    const digits = summary.topics.length > 20 ? 2 : 1;
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    shareFormats = {
      percent: new Intl.NumberFormat("en", { style: "percent", ...options }),
      points: new Intl.NumberFormat("en", { signDisplay: "exceptZero", ...options }),
    };
  }
  return shareFormats;
}

/** A share: 8.5%. */
const formatPercent = (value) => (isNumber(value) ? formatsOfShares().percent.format(value) : NOTHING);

const smallShares = new Intl.NumberFormat("en", { style: "percent", minimumSignificantDigits: 2, maximumSignificantDigits: 2 });
/** A share of any size, as of words: 0.034%. */
const formatSmallShare = (value) => (isNumber(value) ? smallShares.format(value) : NOTHING);

const times = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
/** A ratio: 7.1, 120. */
const formatTimes = (value) => (isNumber(value) ? times.format(value) : NOTHING);

/** A difference of two shares, in percentage points: +1.2, or −1.2 with a real minus sign. */
const formatPoints = (value) =>
  isNumber(value) ? formatsOfShares().points.format(value * 100).replace("-", "−") : NOTHING;

/** A measure: 0.811. */
const formatMeasure = (value) => (isNumber(value) ? value.toFixed(3).replace("-", "−") : NOTHING);

/** A weight, a cosine: 0.81. */
const formatDecimal = (value) => (isNumber(value) ? decimals.format(value).replace("-", "−") : NOTHING);

/** A figure of any size, with all its digits. */
const formatFigure = (value) => (isNumber(value) ? String(value).replace("-", "−") : NOTHING);

/** An interval, kept on one line. */
const inParentheses = (low, high) => `(${low}\u00a0to\u00a0${high})`;

/** An estimate with its interval: 8.5% (8.1 to 8.9). */
function formatInterval(estimate) {
  if (!estimate) return NOTHING;
  const bare = (value) => formatPercent(value).replace("%", "");
  return `${formatPercent(estimate.mean)} ${inParentheses(bare(estimate.low), bare(estimate.high))}`;
}

/** A difference with its interval: +1.2 (−0.3 to +2.7). */
function formatDifference(estimate) {
  if (!estimate) return NOTHING;
  return `${formatPoints(estimate.difference)} ${inParentheses(formatPoints(estimate.low), formatPoints(estimate.high))}`;
}

/** "a, b and c". */
function formatList(texts) {
  return new Intl.ListFormat("en-GB", { type: "conjunction" }).format(texts);
}

/** Shorten a text to a number of characters, as people count them. */
function shorten(text, length) {
  const characters = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)];
  if (characters.length <= length) return text;
  return `${characters.slice(0, length - 1).map((part) => part.segment).join("")}…`;
}
