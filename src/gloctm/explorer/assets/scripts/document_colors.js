// Colors of documents on their map: by topic, language, label or date; each with a legend.

/** Colored gray: documents without a label, a date or a topic. */
const UNCOLORED = "faint";
/** Periods of a legend at most. */
const MOST_PERIODS = 10;

/** Convert a color of the space OKLab to red, green and blue, 0 to 255; null where screens can't show it. */
function rgbOfOklab([lightness, a, b]) {
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short,
  ];
  if (linear.some((value) => value < -0.0005 || value > 1.0005)) return null;
  return linear.map((value) => Math.round(255 * (value <= 0.0031308 ? 12.92 * Math.max(0, value) : 1.055 * Math.min(1, value) ** (1 / 2.4) - 0.055)));
}

/** Return a color by lightness, chroma and hue in degrees, less saturated if screens can't show it. */
function colorOf(lightness, chroma, hue) {
  const angle = (hue * Math.PI) / 180;
  for (let strength = chroma; ; strength -= 0.01) {
    const lab = [lightness, strength * Math.cos(angle), strength * Math.sin(angle)];
    const rgb = rgbOfOklab(lab);
    if (rgb) return { lab, rgb };
  }
}

const isDark = () => document.documentElement.dataset.theme === "dark";

/** Return colors for many values: twelve hues of two lightnesses, with a contrast of 3 or more to the surface. */
function manyColors() {
  const levels = isDark() ? [0.68, 0.86] : [0.48, 0.66];
  return levels.flatMap((level, row) => Array.from({ length: 12 }, (_, hue) => colorOf(level, 0.17, 20 + 30 * hue + 15 * row)));
}

/** Return colors from early to late; the late ones stand out most. */
function colorsInOrder(count) {
  const [first, last] = isDark() ? [[0.52, 300], [0.92, 105]] : [[0.72, 130], [0.3, 300]];
  return Array.from({ length: count }, (_, place) => {
    const at = count > 1 ? place / (count - 1) : 1;
    return colorOf(first[0] + at * (last[0] - first[0]), 0.15, first[1] + at * (last[1] - first[1])).rgb;
  });
}

/** Return the many colors in an order in which each is least like those before it: the first ones differ most. */
function colorsApart() {
  const palette = manyColors();
  const likeness = (one, other) => Math.exp(-Math.hypot(...one.lab.map((value, axis) => value - other.lab[axis])) / 0.07);
  const chosen = [];
  while (chosen.length < palette.length) {
    const costs = palette.map((color) => (chosen.includes(color) ? Infinity : chosen.reduce((sum, other) => sum + likeness(color, other), 0)));
    chosen.push(palette[costs.indexOf(Math.min(...costs))]);
  }
  return chosen.map((color) => color.rgb);
}

/** Read a color of the page's style sheet. Not by a canvas: some browsers keep pages from reading those. */
function rgbOfPage(name) {
  const probe = make("span", { hidden: true });
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const rgb = getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number);
  probe.remove();
  return rgb;
}

const cssColor = (rgb) => `rgb(${rgb.join(" ")})`;

/** Count documents by value, −1 left out. */
function countsOf(values, count) {
  const counts = new Array(count).fill(0);
  for (const value of values) if (value >= 0) counts[value] += 1;
  return counts;
}

/** Return where each topic's documents are in the middle: medians of those that it is the largest topic of. */
function topicMiddles(table) {
  table.middles ??= summary.topics.map((_, topic) => {
    const places = [];
    for (let place = 0; place < table.size; place += 1) if (table.main[place] === topic) places.push(place);
    const median = (values) => Float32Array.from(places, (place) => values[place]).sort()[places.length >> 1];
    return places.length ? { x: median(table.x), y: median(table.y), count: places.length } : null;
  });
  return table.middles;
}

const byCount = (counts) => counts.map((_, value) => value).sort((one, other) => counts[other] - counts[one] || one - other);

/** Color by the model's topic numbers, so that hiding or merging topics leaves the colors of the others. */
function colorsByTopic(table) {
  const counts = topicMiddles(table).map((middle) => middle?.count ?? 0);
  const order = byCount(counts);
  const colors = colorsApart();
  const rgb = summary.topics.map(({ id }) => colors[id % colors.length]);
  const entry = (topic) => ({
    content: [make("span", { class: "number" }, String(summary.topics[topic].id)), " ", topicName(summary.topics[topic])],
    rgb: rgb[topic],
    count: counts[topic],
    filters: { topic: String(summary.topics[topic].id) },
  });
  return { values: table.main, rgb, entries: order.filter((topic) => counts[topic]).map(entry) };
}

function colorsByLanguage(table) {
  const counts = countsOf(table.language, summary.languages.length);
  const rgb = summary.languages.map(({ code }) => rgbOfPage(`language-${toneOf(code)}`));
  const entries = summary.languages.map(({ code, name }, place) => ({ content: [name], rgb: rgb[place], count: counts[place], filters: { lang: code } }));
  return { values: table.language, rgb, entries: entries.filter(({ count }) => count) };
}

function colorsByLabel(table) {
  const counts = countsOf(table.label, table.label_values.length);
  const order = byCount(counts);
  const colors = colorsApart();
  const rgb = counts.map((_, label) => colors[order.indexOf(label) % colors.length]);
  const entry = (label) => ({ content: [make("bdi", {}, table.label_values[label])], rgb: rgb[label], count: counts[label], filters: { label: table.label_values[label] } });
  return { values: table.label, rgb, entries: order.map(entry), without: "no label" };
}

/** Group dates into years, months or days, and these into ten periods at most. */
function periodsOf(dateValues) {
  const cuts = [4, 7, 10].map((length) => [...new Set(dateValues.map((value) => value.slice(0, length)))]);
  const units = cuts.find((each) => each.length > 1) ?? cuts[0];
  const step = Math.ceil(units.length / MOST_PERIODS);
  const periods = [];
  for (let start = 0; start < units.length; start += step) periods.push({ from: units[start], to: units[Math.min(units.length, start + step) - 1] });
  return periods;
}

function colorsByDate(table) {
  const periods = periodsOf(table.dateValues);
  // Dates are in their order, and so are periods.
  let period = 0;
  const periodOf = table.dateValues.map((value) => {
    while (value.slice(0, periods[period].to.length) > periods[period].to) period += 1;
    return period;
  });
  const values = table.date.map((date) => (date < 0 ? -1 : periodOf[date]));
  const counts = countsOf(values, periods.length);
  const rgb = colorsInOrder(periods.length);
  const entries = periods.map(({ from, to }, place) => ({ content: [from === to ? from : `${from} to ${to}`], rgb: rgb[place], count: counts[place], filters: { from, to } }));
  return { values, rgb, entries, without: "no date" };
}

/** The ways to color documents that this report has, by name. */
function documentColorings(table) {
  return {
    topic: { label: "topic", of: colorsByTopic },
    ...(summary.languages.length > 1 && { language: { label: "language", of: colorsByLanguage } }),
    ...(table.label && { label: { label: "label", of: colorsByLabel } }),
    ...(table.date && { date: { label: "date", of: colorsByDate } }),
  };
}

/** Return the color of each document as a pixel, and the legend's entries, by a way to color. */
function coloredDocuments(table, name) {
  const { values, rgb, entries, without } = documentColorings(table)[name].of(table);
  const pixel = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  const [none, pixels] = [rgbOfPage(UNCOLORED), Uint32Array.from(rgb, pixel)];
  const colors = new Uint32Array(table.size);
  let uncolored = 0;
  for (let place = 0; place < table.size; place += 1) {
    const value = values[place];
    colors[place] = value >= 0 ? pixels[value] : pixel(none);
    if (value < 0) uncolored += 1;
  }
  const rest = without && uncolored ? [{ content: [without], rgb: none, count: uncolored, filters: null }] : [];
  return { colors, entries: [...entries, ...rest] };
}

/** Return the color, as a pixel, of documents that are filtered out: just seen against the surface. */
function faintPixel() {
  const [surface, ink] = [rgbOfPage("surface"), rgbOfPage("muted")];
  const [red, green, blue] = surface.map((value, part) => Math.round(value + 0.2 * (ink[part] - value)));
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
