// Charts by plotly, which is unpacked when the first one becomes visible, in the page's own colors.

let plotly;

/** Load the library; the first call unpacks it, others wait for it. */
function loadPlotly() {
  plotly ??= embedded("plotly").then((source) => {
    keepOutStyles(source);
    // The page's policy knows this script by its hash.
    const script = make("script", {}, source);
    document.head.append(script);
    script.remove();
    if (!window.Plotly) throw new Error("this browser did not run the library of the charts");
    return window.Plotly;
  });
  return plotly;
}

/**
 * Keep out style sheets of the library for maps, which are not used here. They add themselves unless an element has
 * their id; the page's policy would refuse them and report it.
 */
function keepOutStyles(source) {
  for (const [, id] of source.matchAll(/getElementById\("([0-9a-f]{64})"\)/g)) {
    document.head.append(make("template", { id }));
  }
}

/** Escape a text for plotly, which would read tags in it. */
const literal = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Return a color of the page by the name of its variable. */
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** A language's color, and the mark that identifies it without color. */
const languageColor = (code) => color(`language-${toneOf(code)}`);
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "star", "hexagon", "triangle-down"];
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "solid", "dash", "dot"];
const languageSymbol = (code) => SYMBOLS[toneOf(code)];
const languageDash = (code) => DASHES[toneOf(code)];

/** Make a layout with what all charts have in common. */
function layoutOf(changes = {}) {
  const axis = {
    gridcolor: color("line"),
    zerolinecolor: color("line-strong"),
    linecolor: color("line-strong"),
    automargin: true,
    fixedrange: true,
    ticks: "",
  };
  const { xaxis = {}, yaxis = {}, margin = {}, ...others } = changes;
  return {
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: color("ink") },
    paper_bgcolor: color("surface"),
    plot_bgcolor: color("surface"),
    margin: { l: 8, r: 12, t: 8, b: 8, ...margin },
    showlegend: false,
    dragmode: false,
    hovermode: "closest",
    hoverlabel: { bgcolor: color("ink"), bordercolor: color("ink"), font: { color: color("surface") }, align: "left" },
    xaxis: { ...axis, ...xaxis },
    yaxis: { ...axis, ...yaxis },
    ...others,
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

/** The function that draws the chart of an element. */
const drawers = new WeakMap();

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

/** Redraw all charts that have been drawn, after the colors have changed. */
function redrawCharts() {
  return Promise.all([...charts.keys()].map((element) => drawers.get(element)()));
}

/** Release charts that are no longer in the page. */
function releaseCharts() {
  for (const [element, drawing] of charts) {
    if (element.isConnected) continue;
    charts.delete(element);
    // Not while it is being drawn: the library would miss what it is drawing.
    drawing.then(() => window.Plotly.purge(element));
  }
}

/**
 * Make a figure: a chart, its description, the same figures as a table, and buttons to save it.
 *
 * @param {string} options.title the heading, and the name of files
 * @param {string} options.description what is seen, for readers who do not see it
 * @param {function(HTMLElement): {data: object[], layout: object}} options.build the chart, in the current colors
 * @param {number} options.height in pixels
 * @param {HTMLElement} [options.table] the same figures, unless the description says where they are
 * @param {function} [options.onDrawn] called with the chart's element once it is drawn
 * @param {HTMLElement[]} [options.controls] elements above the chart
 * @param {string} [options.kind] a further class, for styles
 */
function chartFigure({ title, description, build, height, table = null, onDrawn = () => {}, controls = [], kind = "" }) {
  const element = make("div", { class: `chart ${kind}`, role: "img", "aria-label": `${title}. ${description}` });
  element.style.height = `${height}px`;
  drawers.set(element, draw);
  watcher.observe(element);

  async function draw() {
    try {
      const Plotly = await loadPlotly();
      // One drawing after the other.
      await charts.get(element);
      if (!element.isConnected) return;
      const { data, layout } = build(element);
      const first = !charts.has(element);
      const options = { displayModeBar: false, responsive: true };
      await drawingOf(element, Plotly.react(element, data, { ...layout, height, autosize: true }, options));
      element.dataset.drawn = "true";
      if (first) onDrawn(element);
    } catch (error) {
      element.replaceChildren(make("p", { class: "problem" }, `The chart can't be shown: ${error.message}.`));
    }
  }

  async function save(format) {
    await draw();
    if (element.dataset.drawn !== "true") return;
    const size = { width: element.clientWidth, height, scale: format === "png" ? 2 : 1 };
    const url = await window.Plotly.toImage(element, { format, ...size });
    saveBlob(blobOf(url), fileName(title, format));
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
    ...controls,
    element,
    table && make("details", {}, make("summary", {}, "The same figures as a table"), table),
  );
}

/** Return the content of a data: URL. */
function blobOf(url) {
  const [head, body] = [url.slice(5, url.indexOf(",")), url.slice(url.indexOf(",") + 1)];
  const [type, ...parameters] = head.split(";");
  return parameters.includes("base64")
    ? new Blob([bytesOf(body)], { type })
    : new Blob([decodeURIComponent(body)], { type: `${type};charset=utf-8` });
}

/** Make an axis of names, each on its own line, the first on top; short ones on a phone, for more room. */
function namesAxis(names, element, changes = {}) {
  const most = element.clientWidth < 480 ? 15 : 30;
  return {
    tickvals: names.map((_, place) => place),
    ticktext: names.map((name) => literal(shorten(name, most))),
    range: [names.length - 0.5, -0.5],
    zeroline: false,
    showgrid: false,
    ...changes,
  };
}

/**
 * Make a chart of estimates with their intervals, as points on lines: one for each of {name, mean, low, high, color, symbol, hover,
 * hollow?}.
 * Shares are shown in percent; differences of shares in percentage points, around zero.
 */
function intervalChart(element, points, { axisTitle, differences = false }) {
  const scale = differences ? 100 : 1;
  const scaled = ({ mean, low, high }) => ({ mean: scale * mean, low: scale * low, high: scale * high });
  const known = points
    .map((point, place) => ({ ...point, place }))
    .filter((point) => isNumber(point.mean))
    .map((point) => ({ ...point, ...scaled(point) }));
  const trace = {
    type: "scatter",
    mode: "markers",
    x: known.map((point) => point.mean),
    y: known.map((point) => point.place),
    hovertext: known.map((point) => literal(point.hover)),
    hoverinfo: "text",
    marker: {
      size: 11,
      color: known.map((point) => (point.hollow ? color("surface") : point.color)),
      symbol: known.map((point) => point.symbol),
      line: { width: 2, color: known.map((point) => point.color) },
    },
    error_x: {
      type: "data",
      symmetric: false,
      array: known.map((point) => point.high - point.mean),
      arrayminus: known.map((point) => point.mean - point.low),
      color: color("muted"),
      thickness: 1.5,
      width: 5,
    },
  };
  const layout = layoutOf({
    xaxis: {
      tickformat: differences ? "~g" : ".2~%",
      title: { text: axisTitle, font: { size: 13 } },
      rangemode: differences ? "normal" : "tozero",
      zeroline: true,
      zerolinewidth: 2,
      tickangle: 0,
      nticks: element.clientWidth < 480 ? 4 : 8,
    },
    yaxis: namesAxis(points.map((point) => point.name), element),
  });
  return { data: [trace], layout };
}
