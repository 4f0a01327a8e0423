// The map of documents: points written as pixels, so that 100,000 of them move fluently without a graphics card.

/** How far one can zoom in. */
const MOST_ZOOM = 80;
/** Both directions of the map are scaled alike, unless the window is wide. */
const MOST_STRETCH = 1.7;
/** With less than one in so many documents around the middle of the view, zooming in goes to where more are. */
const FEW_IN_MIDDLE = 20;
/** How near the pointer must come to a document, in pixels. */
const REACH = 9;
const GRID = 128;
/** Drawing that takes longer, in milliseconds, is coarser while the map moves on screens of many pixels. */
const LONGEST_DRAWING = 9;
/** How long the map must stand still to be drawn finely again, in milliseconds. */
const STANDS_STILL = 140;
/** Opaque alpha of a pixel, and all bits but the lowest of each part. */
const OPAQUE = 0xff000000;
const HALVES = 0x7f7f7f7f;

/** Return numbers below a size in a random order, always the same one: no language covers another. */
function shuffled(size) {
  const order = Uint32Array.from({ length: size }, (_, place) => place);
  let state = 12345;
  for (let last = size - 1; last > 0; last -= 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = Math.floor((state / 4294967296) * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/** Return the offsets of a disc's pixels in rows of a width: the full ones, and those half covered by its edge. */
function discOffsets(diameter, width) {
  const radius = diameter / 2;
  const reach = Math.ceil(radius);
  const [full, half] = [[], []];
  // An even diameter has its middle between pixels.
  const shift = Math.round(diameter) % 2 ? 0 : 0.5;
  for (let y = -reach; y <= reach; y += 1) {
    for (let x = -reach; x <= reach; x += 1) {
      const inside = radius - Math.hypot(x + shift, y + shift);
      if (inside >= 0.2) full.push(y * width + x);
      else if (inside > -0.3) half.push(y * width + x);
    }
  }
  return { full: Int32Array.from(full), half: Int32Array.from(half), reach };
}

/** The box around all documents. */
function extentOf(table) {
  const box = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
  for (let place = 0; place < table.size; place += 1) {
    box.left = Math.min(box.left, table.x[place]);
    box.right = Math.max(box.right, table.x[place]);
    box.bottom = Math.min(box.bottom, table.y[place]);
    box.top = Math.max(box.top, table.y[place]);
  }
  return box;
}

/** Sort documents into the squares of a grid, for finding those near a point. */
function gridOf(table, box) {
  const across = Math.max(box.right - box.left, 1e-6);
  const up = Math.max(box.top - box.bottom, 1e-6);
  const column = (x) => Math.min(GRID - 1, Math.max(0, Math.floor(((x - box.left) / across) * GRID)));
  const row = (y) => Math.min(GRID - 1, Math.max(0, Math.floor(((y - box.bottom) / up) * GRID)));
  const cell = (place) => row(table.y[place]) * GRID + column(table.x[place]);
  const starts = new Uint32Array(GRID * GRID + 1);
  for (let place = 0; place < table.size; place += 1) starts[cell(place) + 1] += 1;
  for (let square = 0; square < GRID * GRID; square += 1) starts[square + 1] += starts[square];
  const next = starts.slice();
  const members = new Uint32Array(table.size);
  for (let place = 0; place < table.size; place += 1) {
    const square = cell(place);
    members[next[square]] = place;
    next[square] += 1;
  }
  /** Call a function with each document of the squares that a box touches. */
  const within = ({ left, right, bottom, top }, visit) => {
    for (let y = row(bottom); y <= row(top); y += 1) {
      for (let at = starts[y * GRID + column(left)]; at < starts[y * GRID + column(right) + 1]; at += 1) visit(members[at]);
    }
  };
  return { within };
}

/** Return whether a point is within a polygon of [x, y], by crossings to its right. */
function isWithin(x, y, polygon) {
  let inside = false;
  for (let place = 0, before = polygon.length - 1; place < polygon.length; before = place, place += 1) {
    const [x1, y1] = polygon[place];
    const [x2, y2] = polygon[before];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

/** Return the documents within a polygon of map coordinates: 1 or 0 for each. */
function documentsWithin(table, grid, polygon) {
  const mask = new Uint8Array(table.size);
  const [xs, ys] = [polygon.map(([x]) => x), polygon.map(([, y]) => y)];
  const box = { left: Math.min(...xs), right: Math.max(...xs), bottom: Math.min(...ys), top: Math.max(...ys) };
  grid.within(box, (place) => {
    if (isWithin(table.x[place], table.y[place], polygon)) mask[place] = 1;
  });
  return mask;
}

/** Where a name may stand, seen from the middle of its topic's documents: parts of its width, and pixels downward. */
const NAME_PLACES = [[0, 0], [0, -20], [0, 20], [0.3, -20], [-0.3, -20], [0.3, 20], [-0.3, 20], [0.5, 0], [-0.5, 0], [0, -40], [0, 40], [0.5, -40], [-0.5, -40], [0.5, 40], [-0.5, 40]];

/**
 * Place names without overlap, the largest first: at the middle of their documents, or else close to it and to no other
 * one. Names leave room at the edges, and those whose middle is outside are left out.
 *
 * @param {{x: number, y: number, wide: number}[]} names the middle and width of each, in pixels
 */
function namesWithoutOverlap(names, width, height) {
  const taken = [];
  const isFree = (box) => !taken.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
  const away = (name, x, y, wide) => Math.hypot(Math.max(0, Math.abs(x - name.x) - wide / 2), y - name.y);
  // Moved far enough, a name would seem to be that of other documents.
  const isOwn = (name, x, y) => !names.some((other) => away(other, x, y, name.wide) < away(name, x, y, name.wide) - 1);
  return names.flatMap((name) => {
    if (name.x < 0 || name.x > width || name.y < 0 || name.y > height) return [];
    for (const [part, down] of NAME_PLACES) {
      const x = Math.min(Math.max(name.x + part * name.wide, name.wide / 2 + 6), Math.max(name.wide / 2 + 6, width - name.wide / 2 - 6));
      const y = Math.min(Math.max(name.y + down, 14), height - 14);
      const box = { left: x - name.wide / 2 - 5, right: x + name.wide / 2 + 5, top: y - 10, bottom: y + 10 };
      if (!isFree(box) || ((part || down) && !isOwn(name, x, y))) continue;
      taken.push(box);
      return { ...name, x, y };
    }
    return [];
  });
}

/**
 * Make the map.
 *
 * @param {object} options.table the documents
 * @param {function(number)} options.onOpen called with a document that is clicked
 * @param {function(Uint8Array|null)} options.onBrush called with the documents that were chosen, null for none
 * @returns element, and functions: color(pixels), show(mask), ring(document|null), brush(null) to forget the choice,
 *   setMode, zoomBy, zoomIn, reset, save, release
 */
function documentMap({ table, onOpen, onBrush }) {
  const points = make("canvas", { class: "points", "aria-hidden": "true" });
  const canvas = make("canvas", {
    class: "names",
    role: "img",
    tabindex: "0",
    "aria-label": "Map of documents: those with similar topics are close together. The list says the same; filters choose as drawing on the map does. Keys: plus and minus zoom, arrows move, 0 shows all.",
  });
  const tip = make("div", { class: "document-tip", hidden: true });
  const showAll = () => {
    reset();
    canvas.focus({ preventScroll: true });
  };
  const nothing = make("div", { class: "nothing-here", hidden: true }, make("span", {}, "No documents shown here."), make("button", { type: "button", onclick: showAll }, "Show all"));
  const element = make("div", { class: "document-map" }, points, canvas, nothing, tip);

  const box = extentOf(table);
  const grid = gridOf(table, box);
  const order = shuffled(table.size);
  const middles = topicMiddles(table);
  const camera = { zoom: 1, x: (box.left + box.right) / 2, y: (box.bottom + box.top) / 2 };
  let colors = new Uint32Array(table.size);
  let mask = new Uint8Array(table.size).fill(1);
  let [mode, brushed, drawing, ringed, pointed] = ["move", null, null, null, null];
  // What is drawn, in its order: faint ones first.
  const [drawnX, drawnY, drawnColor] = [new Float32Array(table.size), new Float32Array(table.size), new Uint32Array(table.size)];
  let shownCount = table.size;
  let image = null;
  let theme = {};
  let asked = 0;

  /** Read the theme's colors. */
  function readTheme() {
    const page = (name) => cssColor(rgbOfPage(name));
    const [red, green, blue] = rgbOfPage("surface");
    theme = { back: (OPAQUE | (blue << 16) | (green << 8) | red) >>> 0, faint: faintPixel(), surface: page("surface"), ink: page("ink"), accent: page("accent"), font: getComputedStyle(document.body).fontFamily };
  }

  /** Put documents in the order in which they are drawn. */
  function arrange() {
    let next = 0;
    for (const shown of [0, 1]) {
      for (let at = 0; at < table.size; at += 1) {
        const place = order[at];
        if (mask[place] !== shown) continue;
        drawnX[next] = table.x[place];
        drawnY[next] = table.y[place];
        drawnColor[next] = shown ? colors[place] : theme.faint;
        next += 1;
      }
      if (!shown) shownCount = table.size - next;
    }
    ask();
  }

  /** Return how map coordinates become pixels of the page: x * ax + bx. */
  function transform() {
    const [width, height] = [element.clientWidth, element.clientHeight];
    const room = 26;
    const [wide, high] = [Math.max(box.right - box.left, 1e-6), Math.max(box.top - box.bottom, 1e-6)];
    const [across, up] = [Math.max(1, width - 2 * room) / wide, Math.max(1, height - 2 * room) / high];
    const least = Math.min(across, up);
    const ax = Math.min(across, MOST_STRETCH * least) * camera.zoom;
    const ay = -Math.min(up, MOST_STRETCH * least) * camera.zoom;
    return { width, height, ax, ay, bx: width / 2 - camera.x * ax, by: height / 2 - camera.y * ay };
  }

  /** Return the diameter of a number of documents in pixels: larger if they are few, and as one zooms in. */
  function diameter({ width, height }, count) {
    return Math.min(6, Math.max(2, Math.sqrt((0.5 * width * height) / Math.max(1, count)) * camera.zoom ** 0.4));
  }

  /** Draw the documents, and return how many of those shown are in view. */
  function drawPoints(view, density) {
    const sizes = [table.size, shownCount].map((count) => Math.round(diameter(view, count) * density));
    // Room around, so that discs at the edge need no clipping.
    const room = Math.ceil(sizes[1] / 2) + 2;
    const [wide, high] = [Math.round(view.width * density) + 2 * room, Math.round(view.height * density) + 2 * room];
    if (!image || image.width !== wide || image.height !== high) {
      points.width = wide - 2 * room;
      points.height = high - 2 * room;
      const made = new ImageData(wide, high);
      image = { made, width: wide, height: high, pixels: new Uint32Array(made.data.buffer) };
    }
    const { pixels } = image;
    pixels.fill(theme.back);
    const [ax, ay, bx, by] = [view.ax * density, view.ay * density, view.bx * density + room, view.by * density + room];
    const faint = table.size - shownCount;
    stamp(0, faint, discOffsets(sizes[0], wide));
    const seen = stamp(faint, table.size, discOffsets(sizes[1], wide));

    /** Write discs of documents from a place of their order to another, and return how many of them are in view. */
    function stamp(from, to, { full, half }) {
      const [right, bottom] = [wide - room + 1, high - room + 1];
      const [fulls, halves] = [full.length, half.length];
      let inView = 0;
      for (let at = from; at < to; at += 1) {
        const x = drawnX[at] * ax + bx;
        const y = drawnY[at] * ay + by;
        if (!(x >= room - 1 && x < right && y >= room - 1 && y < bottom)) continue;
        inView += 1;
        const base = (y | 0) * wide + (x | 0);
        const pixel = drawnColor[at];
        const halved = (pixel >>> 1) & HALVES;
        for (let place = 0; place < fulls; place += 1) pixels[base + full[place]] = pixel;
        for (let place = 0; place < halves; place += 1) {
          const spot = base + half[place];
          pixels[spot] = (((pixels[spot] >>> 1) & HALVES) + halved) | OPAQUE;
        }
      }
      return inView;
    }
    points.getContext("2d").putImageData(image.made, -room, -room);
    return seen;
  }

  /** Draw what is above the points: names, what is being chosen, and rings. */
  function drawAbove(view, density) {
    const [wide, high] = [Math.round(view.width * density), Math.round(view.height * density)];
    if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
    const context = canvas.getContext("2d");
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, view.width, view.height);
    drawNames(context, view);
    const outline = drawing ?? brushed?.polygon.map(([x, y]) => [x * view.ax + view.bx, y * view.ay + view.by]);
    if (outline?.length > 1) {
      context.beginPath();
      outline.forEach(([x, y], place) => (place ? context.lineTo(x, y) : context.moveTo(x, y)));
      context.closePath();
      context.setLineDash([6, 4]);
      Object.assign(context, { strokeStyle: theme.ink, lineWidth: 1.5, globalAlpha: 1 });
      context.stroke();
      Object.assign(context, { fillStyle: theme.accent, globalAlpha: 0.08 });
      context.fill();
      context.globalAlpha = 1;
      context.setLineDash([]);
    }
    for (const place of new Set([ringed, pointed])) if (place !== null) drawRing(context, view, place);
  }

  function drawRing(context, view, place) {
    const [x, y] = [table.x[place] * view.ax + view.bx, table.y[place] * view.ay + view.by];
    for (const [style, lineWidth] of [[theme.surface, 6], [theme.ink, 2.5]]) {
      context.beginPath();
      context.arc(x, y, 8, 0, 2 * Math.PI);
      Object.assign(context, { strokeStyle: style, lineWidth });
      context.stroke();
    }
  }

  /** Names of topics at the middle of their documents; more have room as one zooms in. */
  let measured = new Map();
  function drawNames(context, view) {
    Object.assign(context, { font: `600 ${view.width < 480 ? 12 : 13}px ${theme.font}`, textAlign: "center", textBaseline: "middle", lineJoin: "round" });
    const names = [];
    for (const topic of namedTopics()) {
      const name = shorten(topicTitle(summary.topics[topic]), view.width < 480 ? 18 : 26);
      const key = context.font + name;
      if (!measured.has(key)) measured.set(key, context.measureText(name).width);
      names.push({ name, wide: measured.get(key), x: middles[topic].x * view.ax + view.bx, y: middles[topic].y * view.ay + view.by });
    }
    const placed = namesWithoutOverlap(names, view.width, view.height);
    Object.assign(context, { strokeStyle: theme.surface, lineWidth: 4 });
    for (const { name, x, y, wide } of placed) {
      // A veil and a halo, so that names are legible on any colors.
      context.globalAlpha = 0.55;
      context.fillStyle = theme.surface;
      context.beginPath();
      context.roundRect(x - wide / 2 - 5, y - 10, wide + 10, 20, 6);
      context.fill();
      Object.assign(context, { globalAlpha: 1, fillStyle: theme.ink });
      context.strokeText(name, x, y);
      context.fillText(name, x, y);
    }
    canvas.dataset.names = placed.map(({ name }) => name).join("\n");
  }

  let named = null;
  /** The topics that documents shown are mainly about, the most frequent first. */
  function namedTopics() {
    if (named) return named;
    const counts = new Uint32Array(summary.topics.length);
    for (let place = 0; place < table.size; place += 1) if (mask[place] && table.main[place] >= 0) counts[table.main[place]] += 1;
    named = byCount([...counts]).filter((topic) => counts[topic] > 0.002 * shownCount);
    return named;
  }

  function draw() {
    asked = 0;
    if (!element.clientWidth || !element.clientHeight) return;
    const began = performance.now();
    const density = Math.min(window.devicePixelRatio || 1, 2);
    const coarse = moving && slow && density > 1;
    const view = transform();
    const seen = drawPoints(view, coarse ? 1 : density);
    const isEmpty = shownCount > 0 && !seen;
    if (isEmpty && nothing.hidden) announce("No documents shown here.");
    nothing.hidden = !isEmpty;
    drawAbove(view, density);
    const took = performance.now() - began;
    if (!coarse) slow = took > LONGEST_DRAWING;
    // For programs that drive the page: where points are, and how long drawing took.
    canvas.dataset.view = [view.ax, view.bx, view.ay, view.by].join(" ");
    canvas.dataset.took = took.toFixed(2);
  }

  /** Ask for a drawing before the next frame. */
  function ask() {
    asked ||= requestAnimationFrame(draw);
  }

  let [moving, slow, still] = [false, false, 0];
  /** Draw finely once the map has stood still. */
  function moves() {
    moving = true;
    clearTimeout(still);
    still = setTimeout(() => {
      moving = false;
      if (slow) ask();
    }, STANDS_STILL);
  }

  const placeInMap = (x, y) => {
    const view = transform();
    return [(x - view.bx) / view.ax, (y - view.by) / view.ay];
  };

  /** Keep the middle within the documents. */
  function move(x, y) {
    camera.x = Math.min(box.right, Math.max(box.left, x));
    camera.y = Math.min(box.top, Math.max(box.bottom, y));
    point(null);
    moves();
    ask();
  }

  /** Zoom by a factor; what is at a place of the page stays there. */
  function zoomBy(factor, x = element.clientWidth / 2, y = element.clientHeight / 2) {
    const before = placeInMap(x, y);
    camera.zoom = Math.min(MOST_ZOOM, Math.max(1, camera.zoom * factor));
    const after = placeInMap(x, y);
    move(camera.x + before[0] - after[0], camera.y + before[1] - after[1]);
    if (camera.zoom === 1) reset();
  }

  /** Zoom in around documents, and move them toward the middle: between groups, the middle of the map may have none. */
  function zoomIn(factor) {
    const place = documentInMiddle();
    if (place === null || camera.zoom * factor > MOST_ZOOM) return zoomBy(factor);
    const nearer = (from, to) => to + (from - to) / (2 * factor);
    camera.zoom *= factor;
    return move(nearer(camera.x, table.x[place]), nearer(camera.y, table.y[place]));
  }

  /** Return a document amid those shown around the middle of the view, or else of all that are in view; null for none. */
  function documentInMiddle() {
    const { ax, ay } = transform();
    const shownWithin = (part) => {
      const [across, up] = [(part * element.clientWidth) / 2 / ax, (part * element.clientHeight) / 2 / -ay];
      const found = [];
      grid.within({ left: camera.x - across, right: camera.x + across, bottom: camera.y - up, top: camera.y + up }, (place) => {
        if (mask[place] && Math.abs(table.x[place] - camera.x) <= across && Math.abs(table.y[place] - camera.y) <= up) found.push(place);
      });
      return found;
    };
    const all = shownWithin(1);
    const inner = shownWithin(0.5);
    const places = inner.length >= all.length / FEW_IN_MIDDLE ? inner : all;
    if (!places.length) return null;
    const median = (values) => Float32Array.from(places, (place) => values[place]).sort()[places.length >> 1];
    const [x, y] = [median(table.x), median(table.y)];
    const away = (place) => ((table.x[place] - x) * ax) ** 2 + ((table.y[place] - y) * ay) ** 2;
    return places.reduce((best, place) => (away(place) < away(best) ? place : best));
  }

  function reset() {
    camera.zoom = 1;
    move((box.left + box.right) / 2, (box.bottom + box.top) / 2);
  }

  /** Move by pixels of the page. */
  function pan(x, y) {
    const view = transform();
    move(camera.x - x / view.ax, camera.y - y / view.ay);
  }

  /** Return the document shown that is nearest to a place of the page, or null. */
  function nearest(x, y) {
    const view = transform();
    const [middle, reachX, reachY] = [placeInMap(x, y), REACH / view.ax, REACH / -view.ay];
    let [found, best] = [null, REACH * REACH];
    grid.within({ left: middle[0] - reachX, right: middle[0] + reachX, bottom: middle[1] - reachY, top: middle[1] + reachY }, (place) => {
      if (!mask[place]) return;
      const away = ((table.x[place] - middle[0]) * view.ax) ** 2 + ((table.y[place] - middle[1]) * view.ay) ** 2;
      if (away <= best) [found, best] = [place, away];
    });
    return found;
  }

  /** Show the beginning of a document next to the pointer; null for none. */
  function point(place, x = 0, y = 0) {
    if (place === pointed && place === null) return;
    pointed = place;
    canvas.classList.toggle("pointing", place !== null);
    tip.hidden = place === null;
    if (place !== null) {
      tip.replaceChildren(...documentHint(table, place));
      const [wide, high] = [tip.offsetWidth, tip.offsetHeight];
      tip.style.left = `${Math.max(4, Math.min(x + 14, element.clientWidth - wide - 4))}px`;
      tip.style.top = `${y + 18 + high > element.clientHeight ? Math.max(4, y - high - 14) : y + 18}px`;
    }
    ask();
  }

  /** Choose the documents within an outline of the page's pixels. */
  function choose(outline) {
    const polygon = outline.map(([x, y]) => placeInMap(x, y));
    brushed = { polygon };
    onBrush(documentsWithin(table, grid, polygon));
    ask();
  }

  const handlers = documentMapGestures({
    canvas,
    modeNow: () => mode,
    pan,
    zoomBy,
    zoomIn,
    reset,
    canZoomOut: () => camera.zoom > 1,
    outline(shape) {
      drawing = shape;
      ask();
    },
    choose,
    hover: (x, y) => point(nearest(x, y), x, y),
    leave: () => point(null),
    click(x, y) {
      const place = nearest(x, y);
      if (place !== null) onOpen(place);
    },
  });
  for (const [name, handler] of Object.entries(handlers)) canvas.addEventListener(name, handler, { passive: false });

  const onTheme = new MutationObserver(() => {
    if (!element.isConnected) return release();
    readTheme();
    onRecolor();
  });
  onTheme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  const onSize = new ResizeObserver(() => (element.isConnected ? ask() : release()));
  onSize.observe(element);
  let onRecolor = arrange;

  function release() {
    onTheme.disconnect();
    onSize.disconnect();
  }

  readTheme();
  return {
    element,
    canvas,
    /** Color documents; again is called after the theme has changed. */
    color(pixels, again) {
      colors = pixels;
      onRecolor = again;
      arrange();
    },
    /** Show documents; the others become faint. */
    show(which) {
      mask = which;
      named = null;
      point(null);
      arrange();
    },
    ring(place) {
      ringed = place;
      ask();
    },
    forgetBrush() {
      brushed = null;
      ask();
    },
    setMode(chosen) {
      mode = chosen;
      canvas.classList.toggle("choosing", mode !== "move");
    },
    zoomBy,
    zoomIn,
    reset,
    /** Save the map as it is seen. */
    save() {
      moving = false;
      draw();
      const whole = make("canvas", { width: points.width, height: points.height });
      const context = whole.getContext("2d");
      context.drawImage(points, 0, 0);
      context.drawImage(canvas, 0, 0);
      whole.toBlob((blob) => saveBlob(blob, fileName("map of documents", "png")));
    },
  };
}

/** Return what pointers, the wheel and keys do on the map. */
function documentMapGestures({ canvas, modeNow, pan, zoomBy, zoomIn, reset, canZoomOut, outline, choose, hover, leave, click }) {
  const fingers = new Map();
  let [start, moved, shape, kind] = [null, false, null, null];
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const middleOf = (places) => [0, 1].map((axis) => places.reduce((sum, place) => sum + place[axis], 0) / places.length);
  const spreadOf = ([one, other]) => Math.hypot(one[0] - other[0], one[1] - other[1]);

  const rectangle = ([x1, y1], [x2, y2]) => [[x1, y1], [x2, y1], [x2, y2], [x1, y2]];

  function drawOn(place) {
    if (kind === "rectangle") shape = rectangle(start, place);
    else if (Math.hypot(place[0] - shape.at(-1)[0], place[1] - shape.at(-1)[1]) > 3) shape = [...shape, place];
    outline(shape);
  }

  function stop() {
    shape = null;
    outline(null);
  }

  const keys = {
    "+": () => zoomIn(1.5),
    "=": () => zoomIn(1.5),
    "-": () => zoomBy(1 / 1.5),
    0: reset,
    ArrowLeft: () => pan(60, 0),
    ArrowRight: () => pan(-60, 0),
    ArrowUp: () => pan(0, 60),
    ArrowDown: () => pan(0, -60),
  };

  return {
    pointerdown(event) {
      if (event.button > 0) return;
      canvas.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, at(event));
      [start, moved] = [at(event), false];
      kind = modeNow() === "move" ? (event.shiftKey ? "rectangle" : null) : modeNow();
      if (fingers.size > 1) stop();
      else if (kind) shape = [start];
    },
    pointermove(event) {
      const place = at(event);
      const before = fingers.get(event.pointerId);
      if (!before) {
        if (event.pointerType === "mouse") hover(...place);
        return;
      }
      if (Math.hypot(place[0] - start[0], place[1] - start[1]) > 4) moved = true;
      const [spread, middle] = fingers.size > 1 ? [spreadOf([...fingers.values()]), middleOf([...fingers.values()])] : [];
      if (fingers.size === 1 && !shape && !moved) return;
      fingers.set(event.pointerId, place);
      if (fingers.size > 1) {
        const places = [...fingers.values()];
        const now = middleOf(places);
        if (spread) zoomBy(spreadOf(places) / spread, ...now);
        pan(now[0] - middle[0], now[1] - middle[1]);
      } else if (shape) drawOn(place);
      else pan(place[0] - before[0], place[1] - before[1]);
    },
    pointerup(event) {
      if (!fingers.delete(event.pointerId) || fingers.size) return;
      const [chosen, wasMoved] = [shape, moved];
      stop();
      if (!wasMoved) click(...at(event));
      else if (chosen?.length > 2) choose(chosen);
    },
    pointercancel(event) {
      fingers.delete(event.pointerId);
      stop();
    },
    pointerleave: leave,
    wheel(event) {
      // The page scrolls on where the map can't become smaller.
      if (event.deltaY > 0 && !canZoomOut()) return;
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : 1;
      zoomBy(Math.exp(-Math.max(-240, Math.min(240, event.deltaY * lines)) * (event.ctrlKey ? 0.01 : 0.002)), ...at(event));
    },
    keydown(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
      event.preventDefault();
      keys[event.key]();
    },
  };
}
