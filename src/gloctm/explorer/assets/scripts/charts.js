// Charts by Vega-Lite, from the descriptions that Python's figures share, in the page's own colors. The library is unpacked
// when a view has a chart.

let vega;

/** Load the library and the descriptions of charts; the first call unpacks them, others wait for it. */
function loadVega() {
  vega ??= Promise.all([embedded("vega"), embedded("descriptions")]).then(([source, descriptions]) => {
    // The page's policy knows this script by its hash.
    const script = make("script", {}, source);
    document.head.append(script);
    script.remove();
    if (!window.vegaEmbed) throw new Error("this browser did not run the library of the charts");
    return { embed: window.vegaEmbed, descriptions: JSON.parse(descriptions) };
  });
  return vega;
}

/** Return a color of the page by the name of its variable. */
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
/** Return what stands for a color of the page in a drawing, which thus follows the theme, on paper as well. */
const variable = (name) => `var(--${name})`;
/** Return the colors of a variable that lists several. */
const colorsOf = (name) => color(name).split(/\s+/);

/** A language's color, and the mark that identifies it without color. */
const SYMBOLS = [
  ...["circle", "square", "diamond", "triangle-up", "cross"],
  "M0,-1.1L.26,-.36L1.05,-.34L.43,.14L.65,.89L0,.45L-.65,.89L-.43,.14L-1.05,-.34L-.26,-.36Z",
  "M-.5,-.87L.5,-.87L1,0L.5,.87L-.5,.87L-1,0Z",
  "triangle-down",
];
/** Strokes and gaps of lines: of the first eight languages, of the next eight and so on. */
const DASHES = [[1, 0], [7, 4], [2, 3], [8, 3, 2, 3]];

/** Return the looks of languages in charts, as a list of series. */
function languageSeries(codes) {
  return codes.map((code) => {
    const place = summary.languages.findIndex((language) => language.code === code);
    const cycle = Math.floor(Math.max(0, place) / 8);
    const shape = SYMBOLS[(toneOf(code) + cycle) % SYMBOLS.length];
    return { name: languageName(code), color: `language-${toneOf(code)}`, shape, dash: DASHES[cycle % DASHES.length] };
  });
}

/** Fill the places of a description, as Python's gloctm.descriptions does; what is left out is undefined. */
function filled(part, values) {
  if (Array.isArray(part)) return part.map((each) => filled(each, values)).filter((each) => each !== undefined);
  if (part === null || typeof part !== "object") return part;
  if (Object.hasOwn(part, "$")) {
    if (!Object.hasOwn(values, part.$)) throw new Error(`the description lacks ${part.$}`);
    return values[part.$];
  }
  if (Object.hasOwn(part, "?")) return values[part["?"]];
  if (Object.hasOwn(part, "if")) return filled(values[part.if] ? part.then : part.else, values);
  const pairs = Object.entries(part).map(([key, each]) => [key, filled(each, values)]);
  return Object.fromEntries(pairs.filter(([, each]) => each !== undefined));
}

/** Write texts as a list in an expression of Vega, where JSON's line separators would end a line. */
const textsExpression = (texts) => JSON.stringify(texts.map(String)).replace(/[\u2028\u2029]/g, " ");
/** Return the expression for the text at the place that an axis or a legend shows. */
const nthText = (texts) => `${textsExpression(texts)}[datum.value]`;

const placesOf = (things) => things.map((_, place) => place);
/** Names next to an axis: short ones on a phone, for more room. */
const besideAxis = (names, width) => names.map((name) => shorten(String(name), width < 480 ? 15 : 30));

/**
 * Return the values of series: each {name, color, shape?, dash?, hollow?}, with the color as the name of a variable of the
 * style sheet.
 */
function seriesValues(series, width, legend) {
  const colors = series.map((each) => variable(each.color));
  const named = series.map(({ name }) => shorten(String(name), Math.max(8, Math.min(40, Math.floor((width - 44) / 6.6)))));
  const widest = Math.max(...named.map(widthOf)) + 44;
  return {
    series: placesOf(series),
    series_names: nthText(named),
    colors,
    fills: series.map((each, place) => (each.hollow ? variable("surface") : colors[place])),
    shapes: series.map((each) => each.shape ?? "circle"),
    dashes: series.map((each) => each.dash ?? [1, 0]),
    legend,
    legend_orient: "top",
    legend_columns: Math.max(1, Math.floor(width / widest)),
  };
}

/** Estimate the width of a text of 12 pixels: characters of East Asian scripts are twice as wide. */
const widthOf = (text) => [...text].reduce((sum, character) => sum + (character > "\u2e80" ? 12 : 6.6), 0);

/** Break a text into lines of at most a width, between words. */
function wrappedText(text, width) {
  const lines = [];
  for (const word of String(text).split(" ")) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && widthOf(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** The day of a period such as 2019, 2019-05 or 2019-05-31, as a number. */
function dayOf(period) {
  const [year, month = "1", day = "1"] = String(period).split("-");
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return date.getTime() / 86_400_000;
}

const UNIT_FORMATS = {
  year: { year: "numeric" },
  month: { month: "short", year: "numeric" },
  day: { day: "numeric", month: "short", year: "numeric" },
};

/** Return the days that an axis of periods names, few and evenly apart by whole units: {x_values, x_names}. */
function periodTicks(days, unit, width) {
  const most = Math.max(1, Math.min(7, Math.floor(width / { year: 70, month: 95, day: 120 }[unit])) - 1);
  const months = { year: 12, month: 1 }[unit];
  const number = (day) => {
    if (unit === "day") return day;
    const date = new Date(day * 86_400_000);
    return Math.floor((12 * date.getUTCFullYear() + date.getUTCMonth()) / months);
  };
  const back = (value) => (unit === "day" ? value : dayOf(`${Math.floor((value * months) / 12)}-${((value * months) % 12) + 1}`));
  const numbers = days.map(number);
  const [first, last] = [Math.min(...numbers), Math.max(...numbers)];
  const step = Math.max(1, Math.ceil((last - first) / most));
  const ticks = [];
  for (let value = first; value <= last; value += step) ticks.push(back(value));
  const written = new Intl.DateTimeFormat("en-GB", { ...UNIT_FORMATS[unit], timeZone: "UTC" });
  const names = ticks.map((day) => written.format(new Date(day * 86_400_000)));
  return { x_values: ticks, x_names: `${textsExpression(names)}[indexof(${JSON.stringify(ticks)}, datum.value)]` };
}

/** Return the rows with an interval that have no neighbor in their series to form a band with. */
function withoutBand(rows, series) {
  return series.flatMap((number) => {
    const line = rows.filter((row) => row.series === number);
    const has = (place) => isNumber(line[place]?.low);
    return line.filter((_, place) => has(place) && !has(place - 1) && !has(place + 1));
  });
}

/** Return the end of a scale of shares from 0, above all values and intervals. */
const topOf = (rows) => 1.06 * Math.max(0.001, ...rows.map((row) => row.high ?? row.y ?? 0));

/** Return the values of lines: see CHART_KINDS.trend. */
function trendValues(rows, { series, unit = null, legend = series.length > 1, ...more }, width) {
  const placed = unit ? rows.map((row) => ({ ...row, x: dayOf(row.x) })) : rows;
  const days = [...new Set(placed.map((row) => row.x))];
  return {
    ...seriesValues(series, width, legend),
    rows: placed,
    bands: placed.some((row) => isNumber(row.low)),
    // Bands of several series cover each other.
    band_opacity: series.length === 1 ? 0.16 : series.length < 5 ? 0.08 : 0.04,
    band_edges: series.length > 1,
    alone: withoutBand(placed, placesOf(series)),
    point_size: days.length > 24 ? 16 : 60,
    x_labels: true,
    ...(unit ? periodTicks(days, unit, width) : { x_ticks: Math.min(8, Math.max(2, Math.floor(width / 70))) }),
    y_scale: { domain: [0, topOf(placed)], nice: false },
    x_title: null,
    y_title: null,
    format: ".2~%",
    ...more,
  };
}

/** Return the relative luminance of a color "#rrggbb", as WCAG defines it. */
function luminance(hex) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Return black or white, whichever is easier to read on a color "#rrggbb". */
const legibleOn = (hex) => (luminance(hex) > 0.179 ? "#000000" : "#ffffff");

/** Return the color of a value on a scale whose colors are at the given stops. */
function colorAt(value, stops, colors) {
  let place = 0;
  while (place < stops.length - 2 && value > stops[place + 1]) place += 1;
  const share = Math.min(1, Math.max(0, (value - stops[place]) / (stops[place + 1] - stops[place] || 1)));
  const mixed = [1, 3, 5].map((at) => {
    const [from, to] = [colors[place], colors[place + 1]].map((each) => Number.parseInt(each.slice(at, at + 2), 16));
    return Math.round(from + share * (to - from)).toString(16).padStart(2, "0");
  });
  return `#${mixed.join("")}`;
}

/**
 * Return the colors of values and where they are on the scale, fitted to the values so that differences are seen: two hues
 * that part at zero for differences; else one from the least to the greatest, with growing steps where a few values are far
 * above the others.
 *
 * @returns {{stops: number[], colors: string[]}} colors as "#rrggbb"
 */
function fittedColors(values, diverging) {
  const known = values.filter(isNumber).sort((one, other) => one - other);
  const colors = colorsOf(diverging ? "diverging" : "sequential");
  const far = diverging ? Math.max(...known.map(Math.abs), 0) || 1 : 0;
  const [low, high] = diverging ? [-far, far] : known.length && known[0] < known.at(-1) ? [known[0], known.at(-1)] : [0, known[0] || 1];
  const most = known[Math.floor(0.9 * (known.length - 1))];
  const skewed = !diverging && known.length > 0 && high - low > 3 * (most - low);
  const share = (place) => place / (colors.length - 1);
  return { stops: colors.map((_, place) => low + (high - low) * share(place) ** (skewed ? 2 : 1)), colors };
}

/** Return the values of a matrix: see CHART_KINDS.heat. */
function heatValues(cells, { rows, columns, title, rowTitle = null, columnTitle = null, diverging = false, format = ".2~%", color: fitted }, width) {
  const { stops, colors } = fitted ?? fittedColors(cells.filter((cell) => !cell.plain).map((cell) => cell.value), diverging);
  const names = besideAxis(rows, width);
  const across = width - Math.max(...names.map(widthOf)) - 16;
  const room = across / Math.max(1, columns.length);
  const shortened = columns.map((name) => shorten(String(name), 24));
  const written = Math.max(0, ...cells.map((cell) => widthOf(cell.text ?? ""))) + 4 <= room;
  const inked = cells.map((cell) => ({ ...cell, ink: cell.plain ? variable("ink") : legibleOn(colorAt(cell.value, stops, colors)) }));
  const known = inked.filter((cell) => !cell.plain && isNumber(cell.value));
  return {
    cells: known,
    plain: inked.filter((cell) => cell.plain || !isNumber(cell.value)),
    written: written ? inked.filter((cell) => cell.text) : [],
    row_names: nthText(names),
    rows_order: placesOf(rows),
    row_title: rowTitle,
    column_names: nthText(shortened),
    columns_order: placesOf(columns),
    column_title: columnTitle,
    column_angle: Math.max(...shortened.map(widthOf)) > room ? -90 : 0,
    title: wrappedText(title, across),
    stops,
    stop_colors: colors,
    legend: known.length > 0,
    legend_orient: "top",
    legend_direction: "horizontal",
    legend_length: Math.min(260, across - 8),
    legend_ticks: Math.max(2, Math.min(5, Math.floor(across / 50))),
    format: format ?? undefined,
  };
}

/**
 * The kinds of charts: each makes of its rows, its parameters and a width in pixels {of, values}: the name of a description
 * and what goes into its places. Details are shown to the pointer.
 */
const CHART_KINDS = {
  /**
   * Dots with intervals, a line each. Rows: {name, value, low, high, series, details}. Parameters: {title, short?: the
   * title on a phone, series, legend?, differences?}: values are shares, shown in percent; differences in percentage points,
   * around zero.
   */
  intervals: (rows, { title, short = title, series, legend = false, differences = false }, width) => {
    const names = besideAxis(rows.map(({ name }) => name), width);
    const across = width - Math.max(0, ...names.map(widthOf)) - 28;
    const scale = differences ? 100 : 1;
    const scaled = ({ value, low, high }) => ({ value: scale * value, low: scale * low, high: scale * high });
    return {
      of: "intervals",
      values: {
        ...seriesValues(series, width, legend),
        rows: rows.map((row, place) => ({ ...row, row: place })).filter((row) => isNumber(row.value)).map((row) => ({ ...row, ...scaled(row) })),
        rows_order: placesOf(rows),
        row_names: nthText(names),
        row_title: null,
        title: wrappedText(width < 400 ? short : title, across),
        format: differences ? undefined : ".2~%",
        ticks: width < 480 ? 4 : 8,
      },
    };
  },

  /**
   * Lines over periods, with bands of intervals. Rows: {series, x: a period, y, low?, high?, few?, details}; y is null where
   * there is nothing. Parameters: {series, unit: "year", "month" or "day", legend?}, and any further place.
   */
  trend: (rows, parameters, width) => ({ of: "trend", values: trendValues(rows, parameters, width) }),

  /** A line over numbers. Rows: {x, y, details}. Parameters: {x: a title, y: a title}. */
  curve: (rows, { x, y }, width) => ({
    of: "trend",
    values: trendValues(
      rows.map((row) => ({ ...row, series: 0 })),
      { series: [{ name: y, color: "accent" }], x_title: x, y_title: y, y_scale: { zero: false }, format: undefined, point_size: rows.length > 12 ? 8 : 40 },
      width,
    ),
  }),

  /**
   * A matrix of colored cells. Rows: {row, column: places, value, text?, details, plain?}: plain ones have no color, since
   * their value says nothing or is missing. Parameters: {rows, columns: names, title, diverging?, format?, rowTitle?,
   * columnTitle?}.
   */
  heat: (rows, parameters, width) => ({ of: "heat", values: heatValues(rows, parameters, width) }),
};

/** Replace lists of rows by names of data, in a filled description; the lists are returned by their names. */
function namedData(values, datasets) {
  const named = { ...values };
  for (const part of ["rows", "alone", "cells", "plain", "written"]) {
    if (!Array.isArray(values[part])) continue;
    datasets[part] = values[part];
    // An empty list leaves out its layer.
    named[part] = values[part].length || part === "rows" || part === "cells" ? { name: part } : null;
  }
  return named;
}

/** Return the Vega-Lite specification of a chart in the current colors. */
function specificationOf(descriptions, { of, values }, width, height) {
  const theme = {
    background: variable("surface"),
    foreground: variable("ink"),
    muted: variable("muted"),
    grid: variable("line"),
    missing: variable("missing"),
    font: getComputedStyle(document.body).fontFamily,
    padding: 0,
  };
  const datasets = {};
  const spec = filled(descriptions[of], { ...theme, width, height, ...namedData(values, datasets) });
  return {
    ...spec,
    datasets,
    autosize: { type: "fit", contains: "padding" },
    config: { ...filled(descriptions.config, theme), aria: false },
  };
}

/**
 * Charts that have been drawn, with the promise that their last drawing is done. Those no longer in the page are released
 * when the view changes.
 */
const charts = new Map();
/** Remember that a chart is being drawn. */
function drawingOf(element, drawing) {
  const before = charts.get(element);
  charts.set(element, Promise.allSettled([before, drawing]));
  return drawing;
}

/** What vegaEmbed returned for the chart of an element. */
const embeddedCharts = new WeakMap();
/** The function that draws the chart of an element. */
const drawers = new WeakMap();

/** Milliseconds after which charts that are out of sight are drawn. */
const DRAWN_WITHIN = 4000;

/** Draws a chart when it first becomes visible. */
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      watcher.unobserve(target);
      drawers.get(target)();
    }
  },
  { rootMargin: "200px" },
);

/** Draws charts again whose width has changed. */
const resizer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (charts.has(target) && Number(target.dataset.width) !== target.clientWidth && target.clientWidth) drawers.get(target)();
  }
});

/** Draw what has not been in sight yet, too, once the page has nothing else to do: it may be printed. */
function drawAllLater(element) {
  const draw = () => element.isConnected && !charts.has(element) && (watcher.unobserve(element), drawers.get(element)());
  if (typeof requestIdleCallback === "function") requestIdleCallback(draw, { timeout: DRAWN_WITHIN });
  else setTimeout(draw, DRAWN_WITHIN);
}

/** Draw all charts of the page that have not been drawn. */
function drawAll() {
  const waiting = [...document.querySelectorAll(".chart")].filter((element) => drawers.has(element) && !charts.has(element));
  for (const element of waiting) watcher.unobserve(element);
  return Promise.all(waiting.map((element) => drawers.get(element)()));
}

/** Pixels between the margins of a sheet of paper. */
const PAPER_WIDTH = 680;
let onPaper = false;
// On paper, all are in sight, and have its width. Once the library is unpacked, they are drawn before this event is over.
for (const event of ["beforeprint", "afterprint"]) {
  addEventListener(event, () => {
    onPaper = event === "beforeprint";
    for (const element of document.querySelectorAll(".chart")) {
      watcher.unobserve(element);
      drawers.get(element)?.();
    }
  });
}

/** Redraw charts whose colors are mixed of others, after these have changed; the others follow by themselves. */
function redrawCharts() {
  const mixed = [...charts.keys()].filter((element) => element.classList.contains("heat"));
  return Promise.all(mixed.map((element) => drawers.get(element)()));
}

/** Release charts that are no longer in the page. */
function releaseCharts() {
  hideTip();
  for (const [element, drawing] of charts) {
    if (element.isConnected) continue;
    charts.delete(element);
    resizer.unobserve(element);
    // Not while it is being drawn: the library would miss what it is drawing.
    drawing.then(() => embeddedCharts.get(element)?.finalize());
  }
}

let tip;

/** Show a text next to the pointer, or nothing. */
function showTip(event, text) {
  if (!text) return hideTip();
  tip ??= make("div", { class: "tip", "aria-hidden": "true" });
  if (!tip.isConnected) document.body.append(tip);
  tip.textContent = text;
  tip.hidden = false;
  const [left, top] = [event.clientX + 14, event.clientY + 14];
  tip.style.left = `${Math.max(4, Math.min(left, window.innerWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${top + tip.offsetHeight > window.innerHeight ? event.clientY - tip.offsetHeight - 10 : top}px`;
}

/** Hide the text next to the pointer. */
function hideTip() {
  if (tip) tip.hidden = true;
}

/**
 * Make a figure: a heading, buttons that save it, controls, what is drawn, and the same figures as a table.
 *
 * @param {string} options.title the heading, and the name of files
 * @param {HTMLElement} options.element what is drawn
 * @param {function(string): Promise<Blob|null>} options.picture the drawing as "png" or "svg"
 * @param {HTMLElement} [options.table] the same figures, unless the description says where they are
 * @param {HTMLElement[]} [options.controls] elements above it
 */
function figureOf({ title, element, picture, table = null, controls = [] }) {
  async function save(format) {
    const blob = await picture(format);
    if (blob) saveBlob(blob, fileName(title, format));
  }
  return make(
    "figure",
    {},
    make(
      "figcaption",
      {},
      make("h3", {}, title),
      make(
        "div",
        { class: "buttons" },
        saveButton("PNG", () => save("png"), `Save the chart ${title} as PNG`),
        saveButton("SVG", () => save("svg"), `Save the chart ${title} as SVG`),
      ),
    ),
    ...controls.filter(Boolean),
    element,
    table && make("details", {}, make("summary", {}, "The same figures as a table"), table),
  );
}

/** Return a drawing, written as SVG, as a file: "svg", in the colors that the page now has, or "png" of twice the size. */
async function pictureOf(drawing, format, width, height) {
  const text = drawing.replace(/var\(--([\w-]+)\)/g, (_, name) => color(name));
  const blob = new Blob([text], { type: "image/svg+xml;charset=utf-8" });
  if (format === "svg") return blob;
  const image = new Image();
  const url = URL.createObjectURL(blob);
  image.src = url;
  await image.decode();
  const canvas = make("canvas", { width: 2 * width, height: 2 * height });
  canvas.getContext("2d").drawImage(image, 0, 0, 2 * width, 2 * height);
  URL.revokeObjectURL(url);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/**
 * Make the figure of a chart, which is drawn when it first becomes visible, and again in other colors or widths.
 *
 * @param {string} options.title the heading, and the name of files
 * @param {string} options.description what is seen, for readers who do not see it
 * @param {string} options.kind one of CHART_KINDS
 * @param {object[]} options.rows what is drawn, as the kind wants it
 * @param {object} [options.parameters] what the kind takes; colors are names of the style sheet's variables
 * @param {number} [options.height] in pixels
 * @param {HTMLElement} [options.table] the same figures, unless the description says where they are
 * @param {HTMLElement[]} [options.controls] elements above the chart
 * @param {boolean} [options.wide] whether it takes a whole row
 */
function chartFigure({ title, description, kind, rows, parameters = {}, height = 320, table = null, controls = [], wide = false }) {
  const element = make("div", { class: `chart ${kind}${wide ? " wide" : ""}`, role: "img", "aria-label": `${title}. ${description}` });
  element.style.height = `${height}px`;
  drawers.set(element, draw);
  watcher.observe(element);
  drawAllLater(element);

  async function draw() {
    try {
      const { embed, descriptions } = await loadVega();
      // One drawing after the other.
      await charts.get(element);
      if (!element.isConnected) return;
      await drawingOf(element, render(embed, descriptions));
      element.dataset.drawn = "true";
    } catch (error) {
      element.dataset.drawn = "false";
      element.replaceChildren(make("p", { class: "problem" }, `The chart can't be shown: ${error.message}.`));
    }
  }

  async function render(embed, descriptions) {
    // A part of a pixel more would be clipped.
    const width = onPaper ? PAPER_WIDTH : Math.floor(element.getBoundingClientRect().width);
    element.dataset.width = String(element.clientWidth);
    const spec = specificationOf(descriptions, CHART_KINDS[kind](rows, parameters, width), width, height);
    const before = embeddedCharts.get(element);
    const options = {
      mode: "vega-lite",
      renderer: "svg",
      // The policy of the page forbids to make code of texts.
      ast: true,
      actions: false,
      defaultStyle: false,
      tooltip: (handler, event, item, value) => showTip(event, value),
    };
    // The library gives this element a role and a name of its own; the one around it has those of the figure.
    const inner = make("div", { "aria-hidden": "true" });
    const embeddedChart = await embed(inner, spec, options);
    element.replaceChildren(inner);
    embeddedCharts.set(element, embeddedChart);
    before?.finalize();
    resizer.observe(element);
  }

  async function picture(format) {
    await draw();
    const view = embeddedCharts.get(element)?.view;
    if (element.dataset.drawn !== "true" || !view) return null;
    const drawing = await view.toSVG();
    const [width, height] = ["width", "height"].map((side) => Number(new RegExp(`^<svg[^>]* ${side}="([\\d.]+)"`).exec(drawing)[1]));
    return pictureOf(drawing, format, width, height);
  }

  return figureOf({ title, element, picture, table, controls });
}
