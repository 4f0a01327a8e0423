// The map of topics, and the list next to it, which says the same to everyone.

const SMALLEST_BUBBLE = 16;
const LARGEST_BUBBLE = 62;

/** Return diameters in pixels: areas are in proportion to prevalence, none too small to hit, all small enough to fit. */
function bubbleSizes(code, area) {
  const largest = Math.min(LARGEST_BUBBLE, Math.sqrt((0.4 * area) / summary.topics.length));
  const shares = summary.topics.map((topic) => prevalenceOf(topic, code));
  const most = Math.max(...shares.map((share) => share ?? 0));
  return shares.map((share) =>
    share === null || !most ? Math.min(30, largest) : Math.max(SMALLEST_BUBBLE, largest * Math.sqrt(share / most)),
  );
}

/** Estimate the width of a name: characters of East Asian scripts are twice as wide. */
const widthOf = (name) => [...name].reduce((sum, character) => sum + (character > "\u2e80" ? 12 : 6.6), 0);

/**
 * Find where names fit: below a bubble and within the map, unless they would cover another name or bubble. Larger topics
 * come first. Names without a place are still in the list and under the pointer.
 *
 * @returns {(number|null)[]} the middle of each name, in pixels from the left; null if it is not shown
 */
function placedNames(places, sizes, names, width) {
  const overlaps = (one, other) =>
    one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
  const bubbles = places.map(({ x, y }, number) => {
    const radius = sizes[number] / 2;
    return { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius };
  });
  const taken = [];
  const middles = new Array(names.length).fill(null);
  const bySize = sizes.map((_, number) => number).sort((one, other) => sizes[other] - sizes[one]);
  for (const number of bySize) {
    const wide = widthOf(names[number]);
    const x = Math.min(Math.max(places[number].x, wide / 2 + 2), width - wide / 2 - 2);
    const top = bubbles[number].bottom + 1;
    const box = { left: x - wide / 2, right: x + wide / 2, top, bottom: top + 15 };
    const others = bubbles.filter((_, other) => other !== number);
    if ([...taken, ...others].some((other) => overlaps(box, other))) continue;
    taken.push(box);
    middles[number] = x;
  }
  return middles;
}

/** Return the map's traces and layout for an element's size. */
function mapChart(element, height, code, selected) {
  const { topics } = summary;
  const width = element.clientWidth;
  const sizes = bubbleSizes(code, width * height);
  // Room at the edges for a bubble, and for its name below.
  const room = Math.max(...sizes) / 2;
  const [reachX, reachY] = [1 / (1 - (2 * (room + 36)) / width), 1 / (1 - (2 * (room + 22)) / height)];
  const places = topics.map(({ x, y }) => ({
    x: ((x + reachX) / (2 * reachX)) * width,
    y: ((reachY - y) / (2 * reachY)) * height,
  }));
  const names = topics.map((topic) => shorten(topic.name, width < 480 ? 18 : 24));
  const middles = placedNames(places, sizes, names, width);
  const isSelected = (topic) => topic.id === selected;
  const faded = selected === null ? 0.82 : 0.3;
  const bubbles = {
    type: "scatter",
    mode: "markers+text",
    x: topics.map((topic) => topic.x),
    y: topics.map((topic) => topic.y),
    text: topics.map((topic) => String(topic.id)),
    textfont: { color: topics.map((topic) => color(selected === null || isSelected(topic) ? "on-accent" : "ink")), size: 12 },
    hovertext: topics.map((topic) => literal(`${topicText(topic)}\n${formatPercent(prevalenceOf(topic, code))}`).replace("\n", "<br>")),
    hoverinfo: "text",
    cliponaxis: false,
    marker: {
      size: sizes,
      color: color("accent"),
      opacity: topics.map((topic) => (isSelected(topic) ? 1 : faded)),
      line: { width: 1.5, color: color("surface") },
    },
  };
  const pixels = (2 * reachY) / height;
  const labels = {
    type: "scatter",
    mode: "text",
    x: middles.map((middle, number) => (middle === null ? topics[number].x : ((2 * middle) / width - 1) * reachX)),
    y: topics.map((topic, number) => topic.y - (sizes[number] / 2 + 8) * pixels),
    text: names.map((name, number) => (middles[number] === null ? "" : literal(name))),
    textfont: { color: color("ink"), size: 12 },
    hoverinfo: "skip",
    cliponaxis: false,
  };
  const axis = (reach) => ({ visible: false, range: [-reach, reach] });
  const layout = layoutOf({ xaxis: axis(reachX), yaxis: axis(reachY), margin: { l: 0, r: 0, t: 0, b: 0 } });
  return { data: [bubbles, labels], layout };
}

/** Ring the topic of a drawn map whose line in the list is pointed to; null for none. */
function ringTopic(element, id) {
  if (element.dataset.drawn !== "true") return;
  const width = summary.topics.map((topic) => (topic.id === id ? 4 : 1.5));
  const line = summary.topics.map((topic) => color(topic.id === id ? "ink" : "surface"));
  drawingOf(element, window.Plotly.restyle(element, { "marker.line.width": [width], "marker.line.color": [line] }, [0]));
}

/** Make the figure of the map; onPoint is called with the topic that is pointed to. */
function topicMap({ height, code = "all", selected = null, onPoint = () => {} }) {
  const sizes = hasPrevalence() ? "larger circles are more prevalent topics" : "all circles are equal without a corpus";
  return chartFigure({
    title: "Map of topics",
    description: `Topics with similar words are close together; ${sizes}. The list of topics says the same.`,
    height,
    kind: "map",
    build: (element) => mapChart(element, height, code, selected),
    onDrawn: (element) => {
      element.on("plotly_click", ({ points }) => goTo(address({ topic: topicAt(points[0]).id })));
      element.on("plotly_hover", ({ points }) => onPoint(topicAt(points[0]).id));
      element.on("plotly_unhover", () => onPoint(null));
    },
  });
}

const topicAt = (point) => summary.topics[point.pointNumber];

/** Show map and list side by side; each marks what is pointed to in the other. */
function mapWithList() {
  const holder = make("div", { class: "map-holder" });
  const items = new Map();
  const list = make("ol", { class: "topic-list bars", "aria-label": "Topics" });
  let code = "all";

  const ring = (id) => {
    const element = holder.querySelector(".chart");
    if (element) ringTopic(element, id);
  };
  const point = (id) => items.forEach((item, topic) => item.classList.toggle("pointed", topic === id));

  function item(topic, most) {
    const share = prevalenceOf(topic, code);
    const link = topicLink(topic);
    link.addEventListener("focus", () => ring(topic.id));
    link.addEventListener("blur", () => ring(null));
    const element = make("li", {}, barOf(most ? share / most : 0), link, share !== null && make("span", { class: "figures" }, formatPercent(share)));
    element.addEventListener("pointerenter", () => ring(topic.id));
    element.addEventListener("pointerleave", () => ring(null));
    items.set(topic.id, element);
    return element;
  }

  function draw() {
    const sorted = topicsByPrevalence(code);
    const most = prevalenceOf(sorted[0], code);
    items.clear();
    list.replaceChildren(...sorted.map((topic) => item(topic, most)));
    holder.replaceChildren(topicMap({ height: mapHeight(), code, onPoint: point }));
    releaseCharts();
  }

  const options = [["all", "all languages, weighted equally"], ...summary.languages.map((language) => [language.code, language.name])];
  const size = choice("Size: mean share of a document in", options, code, (chosen) => {
    code = chosen;
    draw();
  });
  draw();
  return make("div", { class: "map-and-list" }, holder, make("div", { class: "side" }, hasPrevalence() && size, list));
}

/** Return the height that the window has room for. */
const mapHeight = () => Math.round(Math.min(540, Math.max(320, window.innerHeight * 0.58)));
