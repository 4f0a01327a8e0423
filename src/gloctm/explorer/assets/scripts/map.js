// The map of topics, and the list next to it, which says the same to everyone.

const SMALLEST_CIRCLE = 11;
const LARGEST_CIRCLE = 30;
/** Pixels of a cell of the raster that knows what is taken, and of a line of a name. */
const CELL = 3;
const NAME_LINE = 14;
/** How far circles are moved apart, in pixels, as far as names need it, and at least. */
const GAPS = [5, 12, 20, 30, 42, 56, 70];
const LEAST_GAP = 2;
/** How far from its circle a name may be, and in which directions from it, the best first: in turns of a circle. */
const DISTANCES = [3, 8, 14, 22, 32, 44, 58, 75, 95, 120, 150, 190];
const DIRECTIONS = [0, 8, 4, 12, 2, 14, 6, 10, 1, 15, 7, 9, 3, 13, 5, 11].map((part) => (part / 16) * 2 * Math.PI);

/** Return radii in pixels: areas are in proportion to prevalence, none too small to hit, all small enough to fit. */
function circleSizes(code, area) {
  const largest = Math.max(SMALLEST_CIRCLE, Math.min(LARGEST_CIRCLE, Math.sqrt((0.16 * area) / summary.topics.length) / 2));
  const shares = summary.topics.map((topic) => prevalenceOf(topic, code));
  const most = Math.max(...shares.map((share) => share ?? 0));
  return shares.map((share) => (share === null || !most ? Math.min(14, largest) : Math.max(SMALLEST_CIRCLE, largest * Math.sqrt(share / most))));
}

/** Place the circles by their likeness, and move those apart that are closer to each other than a gap. */
function circlePlaces(sizes, width, height, gap) {
  const room = Math.max(...sizes);
  const [sideX, sideY] = [Math.min(room + 34, 0.2 * width), room + 20];
  const places = summary.topics.map(({ x, y }) => ({
    x: width / 2 + x * (width / 2 - sideX),
    y: height / 2 - y * (height / 2 - sideY),
  }));
  moveApart(places, sizes, width, height, gap);
  // A gap that the drawing has no room for pushes circles over each other at its edges.
  if (gap > LEAST_GAP) moveApart(places, sizes, width, height, LEAST_GAP);
  return places;
}

/** Move circles apart that are closer to each other than a gap, within the drawing. */
function moveApart(places, sizes, width, height, gap) {
  for (let turn = 0; turn < 200; turn += 1) {
    let moved = false;
    for (let one = 0; one < places.length; one += 1) {
      for (let other = 0; other < one; other += 1) {
        const [a, b] = [places[one], places[other]];
        const [x, y] = [a.x - b.x, a.y - b.y];
        const distance = Math.hypot(x, y);
        const lacking = sizes[one] + sizes[other] + gap - distance;
        if (lacking <= 0.5) continue;
        moved = true;
        // Two at one place part in a direction that depends on their numbers alone.
        const [towardX, towardY] = distance > 0.01 ? [x / distance, y / distance] : [Math.cos(one + other), Math.sin(one + other)];
        a.x += (towardX * lacking) / 2;
        a.y += (towardY * lacking) / 2;
        b.x -= (towardX * lacking) / 2;
        b.y -= (towardY * lacking) / 2;
      }
    }
    places.forEach((place, number) => {
      // Above them and to their right, there may be a mark of doubt.
      place.x = Math.min(width - sizes[number] - 6, Math.max(sizes[number] + 3, place.x));
      place.y = Math.min(height - sizes[number] - 3, Math.max(sizes[number] + 7, place.y));
    });
    if (!moved) break;
  }
}

/** Return whether no circle covers another. */
const areApart = (places, sizes) =>
  places.every(({ x, y }, one) => places.slice(0, one).every((other, place) => Math.hypot(x - other.x, y - other.y) > sizes[one] + sizes[place] + 1));

/** Make a raster of a drawing that knows what is taken. */
function rasterOf(width, height) {
  const [across, down] = [Math.ceil(width / CELL), Math.ceil(height / CELL)];
  const taken = new Uint8Array(across * down);
  const cells = ({ left, right, top, bottom }) => [left, right - 0.01, top, bottom - 0.01].map((edge) => Math.floor(edge / CELL));
  return {
    /** Return whether a box is within the drawing and free. */
    free(box) {
      if (box.left < 1 || box.top < 1 || box.right > width - 1 || box.bottom > height - 1) return false;
      const [left, right, top, bottom] = cells(box);
      for (let y = top; y <= bottom; y += 1) {
        for (let x = left; x <= right; x += 1) if (taken[y * across + x]) return false;
      }
      return true;
    },
    take(box) {
      const [left, right, top, bottom] = cells(box);
      for (let y = Math.max(0, top); y <= Math.min(down - 1, bottom); y += 1) {
        for (let x = Math.max(0, left); x <= Math.min(across - 1, right); x += 1) taken[y * across + x] = 1;
      }
    },
  };
}

/** Return the small boxes along a line. */
function boxesAlong({ x1, y1, x2, y2 }) {
  const steps = Math.max(1, Math.ceil(Math.hypot(x2 - x1, y2 - y1) / CELL));
  return Array.from({ length: steps + 1 }, (_, step) => {
    const [x, y] = [x1 + ((x2 - x1) * step) / steps, y1 + ((y2 - y1) * step) / steps];
    return { left: x - 1, right: x + 1, top: y - 1, bottom: y + 1 };
  });
}

/** Return the forms of a name, by preference: on a line or on two if it is long, then shortened, then even more. */
function nameForms(name, measure) {
  const form = (lines) => ({ lines, wide: Math.max(...lines.map(measure)) + 2, high: NAME_LINE * lines.length });
  const whole = shorten(name, 34);
  const words = whole.split(" ");
  const forms = [];
  if (words.length > 1 && measure(whole) > 80) {
    const splits = words.slice(1).map((_, place) => [words.slice(0, place + 1).join(" "), words.slice(place + 1).join(" ")]);
    const widest = (lines) => Math.max(...lines.map(measure));
    forms.push(form(splits.reduce((best, lines) => (widest(lines) < widest(best) ? lines : best))));
  }
  const onLine = form([whole]);
  const shorter = [14, 9].map((most) => form([shorten(name, most)])).filter(({ wide }) => wide < onLine.wide - 10);
  // By preference: each is tried only after those before it had no place.
  return [[...forms, onLine], ...shorter.map((each) => [each])];
}

/**
 * Find a place for each name: near its circle, within the drawing, on nothing else. Where it has to be far away, a line leads
 * to it. Those of rank 0 come first. Names that found no place in one round are the first of the next, unless there are so
 * many that not all can be placed: then those of larger circles are.
 *
 * @returns {(object|null)[]} by topic {lines, x: the middle, y: the top, leader: a line or null}; null without a place
 */
function placedNames(places, sizes, names, ranks, width, height, measure) {
  const forms = names.map((name) => nameForms(name, measure));
  const near = places.map((place) => places.filter((other) => Math.hypot(place.x - other.x, place.y - other.y) < 90).length);
  const many = places.length > 80;
  let order = placesOf(places).sort(
    (one, other) => ranks[one] - ranks[other] || (many ? 0 : near[other] - near[one]) || sizes[other] - sizes[one],
  );
  let best = [];
  let most = -1;
  for (let round = 0; round < (many ? 1 : 3); round += 1) {
    const found = placedInOrder(order);
    const placed = found.filter(Boolean).length;
    if (placed > most) [best, most] = [found, placed];
    if (most === places.length) break;
    order = [...order.filter((number) => !found[number]), ...order.filter((number) => found[number])].sort((one, other) => ranks[one] - ranks[other]);
  }
  return best;

  function placedInOrder(numbers) {
    const raster = rasterOf(width, height);
    places.forEach(({ x, y }, number) => {
      // A circle of rows.
      const radius = sizes[number] + 1;
      for (let row = -radius; row <= radius; row += CELL) {
        const half = Math.sqrt(Math.max(0, radius ** 2 - row ** 2));
        raster.take({ left: x - half, right: x + half, top: y + row - 1, bottom: y + row + 1 });
      }
      if (summary.topics[number].doubtful.length) raster.take(markBox(places[number], sizes[number]));
    });
    const found = new Array(places.length).fill(null);
    for (const number of numbers) found[number] = placeOne(number, raster);
    return found;
  }

  function placeOne(number, raster) {
    const [{ x, y }, radius] = [places[number], sizes[number]];
    for (const tried of forms[number]) {
      for (const distance of DISTANCES) {
        for (const turn of DIRECTIONS) {
          for (const { lines, wide, high } of tried) {
            const [toX, toY] = [Math.cos(turn), Math.sin(turn)];
            const middle = { x: x + (radius + distance + wide / 2) * toX, y: y + (radius + distance + high / 2) * toY };
            const box = { left: middle.x - wide / 2, right: middle.x + wide / 2, top: middle.y - high / 2, bottom: middle.y + high / 2 };
            if (!raster.free(box)) continue;
            const leader = leaderTo(box, x, y, radius);
            // The beginning touches the circle itself.
            const along = leader ? boxesAlong(leader).slice(2, -1) : [];
            if (!along.every(raster.free)) continue;
            // Names need air between them to be told apart.
            const around = { left: box.left - 3, right: box.right + 3, top: box.top - 1, bottom: box.bottom + 1 };
            [around, ...along].forEach(raster.take);
            return { lines, x: middle.x, y: box.top, leader };
          }
        }
      }
    }
    return null;
  }
}

/** Return where the mark of doubt of a circle is. */
const markBox = ({ x, y }, radius) => ({ left: x + 0.75 * radius - 7, right: x + 0.75 * radius + 7, top: y - 0.55 * radius - 11, bottom: y - 0.55 * radius + 2 });

/**
 * Place circles and names: circles are moved apart no further than it takes to have room for the names, or for most of them.
 *
 * @returns {{places: object[], names: (object|null)[]}} by topic
 */
function placedTopics(sizes, titles, ranks, width, height, measure) {
  let best = { worth: -1 };
  for (const gap of titles.length > 80 ? GAPS.slice(0, 1) : GAPS) {
    const places = circlePlaces(sizes, width, height, gap);
    // Those that have no room for such gaps may be pushed onto each other.
    if (gap > GAPS[0] && !areApart(places, sizes)) break;
    const names = placedNames(places, sizes, titles, ranks, width, height, measure);
    const found = names.filter(Boolean);
    const shortened = found.filter(({ lines }) => lines.join("").includes("…")).length;
    const worth = found.length - shortened / 5;
    if (worth > best.worth) best = { places, names, worth };
    if (found.length === titles.length && shortened <= titles.length / 12) break;
  }
  return best;
}

/** Return the line from a circle to the nearest point of a box; null if they are close. */
function leaderTo(box, x, y, radius) {
  const [nearX, nearY] = [Math.min(box.right, Math.max(box.left, x)), Math.min(box.bottom, Math.max(box.top, y))];
  const distance = Math.hypot(nearX - x, nearY - y);
  if (distance - radius < 9) return null;
  const share = (radius + 1) / distance;
  return { x1: x + (nearX - x) * share, y1: y + (nearY - y) * share, x2: nearX, y2: nearY };
}

/** Return the shares of a topic's languages, whose documents count alike, as [code, share]; none without a corpus. */
function compositionOf(topic) {
  const means = summary.languages.map(({ code }) => [code, topic.prevalence?.[code]?.mean ?? 0]);
  const sum = means.reduce((total, [, mean]) => total + mean, 0);
  return sum > 0 && summary.languages.length > 1 ? means.map(([code, mean]) => [code, mean / sum]) : [];
}

/** Describe a topic's languages: "English 40%, German 60%". */
const compositionText = (topic) =>
  compositionOf(topic).map(([code, share]) => `${languageName(code)} ${Math.round(100 * share)}%`).join(", ");

/** Draw a ring with an arc per language. */
function ringOf(topic, x, y, radius, thick) {
  const arcs = compositionOf(topic).filter(([, share]) => share > 0.004);
  const at = (turn) => `${(x + radius * Math.sin(turn)).toFixed(2)} ${(y - radius * Math.cos(turn)).toFixed(2)}`;
  const gap = arcs.length > 1 ? 0.7 / radius : 0;
  let from = 0;
  return arcs.map(([code, share]) => {
    const to = from + 2 * Math.PI * Math.min(share, 0.9999);
    const path = `M${at(from + gap)}A${radius} ${radius} 0 ${share > 0.5 ? 1 : 0} 1 ${at(Math.max(to - gap, from + gap + 0.01))}`;
    from = to;
    return makeSvg("path", { d: path, fill: "none", stroke: `var(--language-${toneOf(code)})`, "stroke-width": thick });
  });
}

/** Say all about a topic of the map: name, share, languages, doubt. */
function topicSays(topic, code) {
  const share = prevalenceOf(topic, code);
  const parts = compositionText(topic);
  return [
    topicText(topic),
    share === null ? null : `mean share of a document${code === "all" ? "" : ` in ${languageName(code)}`}: ${formatPercent(share)}`,
    parts && `by language: ${parts}`,
    topic.doubtful.length ? `${DOUBT} ${doubtReason(topic)}` : null,
  ].filter(Boolean);
}

const doubtReason = (topic) => `The words in ${formatList(doubtedNames(topic))} agree little with those of the other languages.`;

/** Make a text of the drawing. */
function svgText(text, x, y, attributes = {}) {
  const element = makeSvg("text", { x: x.toFixed(1), y: y.toFixed(1), "text-anchor": "middle", "font-size": "12", fill: "var(--ink)", ...attributes });
  element.append(text);
  return element;
}

/** Draw a topic: its circle with the ring of languages, number, mark of doubt and name, all of them a link. */
function spotOf(topic, place, radius, name, { code, faded, chosen, onPoint }) {
  const { x, y } = place;
  const says = topicSays(topic, code);
  const link = makeSvg("a", { class: chosen ? "spot chosen" : "spot", href: address({ topic: topic.id }), "data-topic": topic.id, "aria-label": says.join("; ") });
  const thick = radius < 15 ? 3 : 4;
  const ring = ringOf(topic, x, y, radius - thick / 2, thick);
  const outline = { cx: x.toFixed(1), cy: y.toFixed(1), r: (radius - (ring.length ? thick : 1)).toFixed(1) };
  const disc = makeSvg("circle", { ...outline, class: "disc", fill: "var(--accent-soft)", stroke: ring.length ? "none" : "var(--accent)", "stroke-width": "2" });
  const round = makeSvg("g", { opacity: faded ? "0.35" : "1" });
  round.append(disc, ...ring);
  if (name?.leader) {
    const { x1, y1, x2, y2 } = name.leader;
    link.append(makeSvg("line", { x1: x1.toFixed(1), y1: y1.toFixed(1), x2: x2.toFixed(1), y2: y2.toFixed(1), stroke: "var(--line-strong)", "stroke-width": "1" }));
  }
  link.append(round, svgText(String(topic.id), x, y + 4, { "font-size": radius < 13 ? "10" : "12" }));
  if (topic.doubtful.length) {
    const mark = svgText(DOUBT, x + radius * 0.75, y - radius * 0.55, { class: "doubt", fill: "var(--less)", "font-size": "13", stroke: "var(--surface)", "stroke-width": "3", "paint-order": "stroke" });
    const reason = makeSvg("title");
    reason.append(doubtReason(topic));
    mark.append(reason);
    link.append(mark);
  }
  const tag = languageTag(languageOfName(topic) ?? "");
  name?.lines.forEach((line, number) => {
    link.append(svgText(line, name.x, name.y + 11 + NAME_LINE * number, { class: "name", fill: faded ? "var(--muted)" : "var(--ink)", ...(tag ? { lang: tag } : {}) }));
  });
  const point = (event) => {
    showTip(event, says.join("\n"));
    onPoint(topic.id);
  };
  link.addEventListener("pointermove", point);
  link.addEventListener("pointerleave", () => {
    hideTip();
    onPoint(null);
  });
  link.addEventListener("focus", () => onPoint(topic.id));
  link.addEventListener("blur", () => onPoint(null));
  return link;
}

/** Draw the legend of languages below the map, and return it with its height. */
function legendOf(width, measure) {
  const group = makeSvg("g", { class: "legend" });
  if (summary.languages.length < 2 || !hasPrevalence()) return { group, height: 0 };
  let [x, row] = [8, 0];
  for (const { code, name } of summary.languages) {
    const text = shorten(name, 24);
    const wide = measure(text) + 32;
    if (x + wide > width && x > 8) [x, row] = [8, row + 1];
    group.append(
      makeSvg("circle", { cx: x + 6, cy: 18 * row + 10, r: 5, fill: "none", stroke: `var(--language-${toneOf(code)})`, "stroke-width": "4" }),
      svgText(text, x + 17, 18 * row + 14, { "text-anchor": "start" }),
    );
    x += wide;
  }
  return { group, height: 18 * (row + 1) + 6 };
}

/** Return a function that measures texts as the map writes them. */
function measureOf(font) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = `12px ${font}`;
  return (text) => context.measureText(text).width;
}

/** Draw the map of topics for a size. */
function mapDrawing(width, height, { code, selected, onPoint }) {
  const font = getComputedStyle(document.body).fontFamily;
  const measure = measureOf(font);
  const legend = legendOf(width, measure);
  const room = height - legend.height;
  const sizes = circleSizes(code, width * room);
  const near = selected === null ? null : new Set([selected, ...topicNumbered(selected).similar.map(([id]) => id)]);
  const ranks = summary.topics.map(({ id }) => (near && !near.has(id) ? 1 : 0));
  const { places, names } = placedTopics(sizes, summary.topics.map(topicTitle), ranks, width, room, measure);
  const drawing = makeSvg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": font });
  drawing.append(
    ...summary.topics.map((topic, number) => {
      const faded = near !== null && !near.has(topic.id);
      return spotOf(topic, places[number], sizes[number], names[number], { code, faded, chosen: topic.id === selected, onPoint });
    }),
  );
  legend.group.setAttribute("transform", `translate(0 ${room})`);
  drawing.append(legend.group);
  return drawing;
}

/** Write a drawing as SVG, to be saved. */
function writtenDrawing(drawing, width, height) {
  const copy = drawing.cloneNode(true);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.prepend(makeSvg("rect", { width, height, fill: "var(--surface)" }));
  // Addresses within the page lead nowhere outside of it.
  for (const link of copy.querySelectorAll("a")) link.removeAttribute("href");
  return new XMLSerializer().serializeToString(copy);
}

/** Draws maps when they get a width, and again when it changes. */
const mapSizer = new ResizeObserver((entries) => {
  for (const { target } of entries) if (target.clientWidth && Number(target.dataset.width) !== target.clientWidth) mapDrawers.get(target)?.();
});
const mapDrawers = new WeakMap();

/** Make the figure of the map; onPoint is called with the topic that is pointed to, or null. */
function topicMap({ height, code = "all", selected = null, onPoint = () => {} }) {
  const sizes = hasPrevalence() ? "larger circles are more prevalent topics" : "all circles are equal without a corpus";
  const rings = hasPrevalence() && summary.languages.length > 1 ? " The ring of a circle shows its languages' shares, with equal weight of languages." : "";
  const said = `Topics with similar words are close together; ${sizes}.${rings} The list of topics says the same.`;
  const element = make("div", { class: "chart map", role: "group", "aria-label": `Map of topics. ${said}` });
  element.style.height = `${height}px`;
  mapDrawers.set(element, () => {
    element.dataset.width = String(element.clientWidth);
    element.replaceChildren(mapDrawing(element.clientWidth, height, { code, selected, onPoint }));
    element.dataset.drawn = "true";
  });
  mapSizer.observe(element);
  const picture = async (format) => {
    const drawing = element.querySelector("svg");
    const width = Number(element.dataset.width);
    return drawing && pictureOf(writtenDrawing(drawing, width, height), format, width, height);
  };
  return figureOf({ title: "Map of topics", element, picture });
}

/** Ring the topic of a drawn map whose line in the list is pointed to; null for none. */
function ringTopic(element, id) {
  for (const spot of element.querySelectorAll(".spot")) spot.classList.toggle("pointed", Number(spot.dataset.topic) === id);
}

/** Make the bar below a topic's line: as long as its share of the longest, in the colors of its languages. */
function composedBar(topic, share) {
  const bar = barOf(share);
  const parts = compositionOf(topic).map(([code, part]) => {
    const piece = make("span", { class: `language-${toneOf(code)}` });
    piece.style.width = `${100 * part}%`;
    return piece;
  });
  bar.append(...(parts.length ? parts : [make("span", { class: "whole" })]));
  return bar;
}

/** Show map and list side by side; each marks what is pointed to in the other. */
function mapWithList() {
  const holder = make("div", { class: "map-holder" });
  const items = new Map();
  const list = make("ol", { class: "topic-list bars composed", "aria-label": "Topics" });
  const height = mapHeight();
  let code = "all";

  const ring = (id) => ringTopic(holder, id);
  const point = (id) => items.forEach((item, topic) => item.classList.toggle("pointed", topic === id));

  function item(topic, most) {
    const share = prevalenceOf(topic, code);
    const mainly = mainlyOf(topic, code);
    const link = topicLink(topic);
    link.addEventListener("focus", () => ring(topic.id));
    link.addEventListener("blur", () => ring(null));
    const figures = [formatPercent(share), mainly !== null && `mainly about: ${countOf(mainly, "document")}`].filter(Boolean);
    const parts = compositionText(topic);
    const element = make(
      "li",
      {},
      composedBar(topic, most ? share / most : 0),
      make("span", {}, link, topic.doubtful.length > 0 && doubtMark(topic)),
      share !== null && make("span", { class: "figures" }, figures.join(" · "), parts && make("span", { class: "offscreen" }, `, by language: ${parts}`)),
    );
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
    holder.replaceChildren(topicMap({ height, code, onPoint: point }));
  }

  const options = [["all", "all languages, weighted equally"], ...summary.languages.map((language) => [language.code, language.name])];
  const size = choice("Size: mean share of a document in", options, code, (chosen) => {
    code = chosen;
    draw();
  });
  draw();
  const whole = make("div", { class: "map-and-list" }, holder, make("div", { class: "side" }, hasPrevalence() && size, list));
  whole.style.setProperty("--map-height", `${height}px`);
  return whole;
}

/** Return the height that the window has room for; many topics need more. */
function mapHeight() {
  if (summary.topics.length > 100) return 940;
  const many = summary.topics.length > 30;
  return Math.round(Math.min(many ? 780 : 540, Math.max(many ? 700 : 320, window.innerHeight * (many ? 0.85 : 0.58))));
}
