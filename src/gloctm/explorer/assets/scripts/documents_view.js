// The view of documents: filters, map and list, which show the same documents.

/** Shares of a topic to choose from, in percent; without one, documents mainly about it. */
const LEAST_SHARES = [5, 10, 20, 30, 50];
const DOCUMENT_SORTS = { share: "largest share", newest: "date, newest first", oldest: "date, oldest first", id: "id" };
/** Fewer documents are placed by UMAP only where the report was asked for it. */
const FEWEST_FOR_UMAP = 2000;
const HOW_TO_SEEK = 'Texts that have all of these words, or words with these parts. In quotes, words must follow each other: "heart attack". An id finds its document.';
/** How long typing must pause before texts are searched, in milliseconds. */
const TYPING_PAUSE = 120;

/** Make the view. */
function documentsView(parameters) {
  const heading = make("h1", {}, "Documents");
  if (!summary.documents) return { title: "Documents", content: [heading, make("p", { class: "lead" }, noDocuments())] };
  const holder = make("div", { class: "documents-view" });
  const ready = documentsNow();
  // At once where possible, so that a view that is drawn again stays where it was scrolled.
  if (ready) holder.append(...documentsParts(ready, parameters));
  else fillDocuments(holder, parameters);
  return { title: "Documents", content: [heading, holder] };
}

/** Fill the view once the documents are unpacked. */
async function fillDocuments(holder, parameters) {
  holder.append(make("p", { class: "note", role: "status" }, "One moment: documents are being unpacked…"));
  try {
    const table = await loadDocuments();
    if (holder.isConnected) holder.replaceChildren(...documentsParts(table, parameters));
  } catch (error) {
    holder.replaceChildren(make("p", { class: "problem" }, `The documents can't be shown: ${error.message}.`));
    throw error;
  }
}

/** Say why there are no documents, and how to get them. */
const noDocuments = () =>
  hasPrevalence()
    ? "This report was made without documents to read. Make it again with documents: gloctm report --documents 20000."
    : "This report was made without a corpus, so it has no documents. Make it again with the corpus: gloctm report MODEL --corpus CORPUS, or model.report(path, corpus).";

/** Change the address to what the view shows, without a step back. */
function keepAddress(parameters) {
  const href = documentsAddress(parameters);
  if (href === location.hash) return;
  history.replaceState(null, "", href);
  document.documentElement.dataset.shown = location.hash;
}

/** "20,000 of 1,000,000 documents, drawn at random." */
function sampleSentence(table) {
  const total = Object.values(table.totals).reduce((sum, count) => sum + count, 0);
  if (table.size < total) return `The report has ${formatCount(table.size)} of ${formatCount(total)} documents, drawn at random.`;
  if (total === 1) return "The report has the one document of the corpus with a known word.";
  return `The report has all ${formatCount(total)} documents of the corpus with a known word.`;
}

/** Say what made the map, and how well languages mix on it. */
function mapSentences(table) {
  const made =
    table.projection === "umap"
      ? ["UMAP placed documents by their topics: near ones are alike; large distances say little."]
      : [
          "Each document is among its topics on the topic map, nearer to larger ones. ",
          ...(table.size < FEWEST_FOR_UMAP ? [] : ["For a map that separates documents better, make the report again after ", make("code", {}, "pip install 'gloctm[map]'"), "."]),
        ];
  if (!isNumber(table.mixing)) return make("p", { class: "note" }, made);
  const how = table.mixing >= 0.8 ? "Languages mix" : table.mixing >= 0.5 ? "Languages mix in part" : "Languages mix little";
  return make("p", { class: "note" }, `${how}: a document's neighbors on the map are of another language `, make("b", {}, formatDecimal(table.mixing)), " times as often as by chance. ", made);
}

/** Read the state from the address. */
function documentsState(table, { view, color, sort, page, document: opened, ...filters }) {
  const known = Object.fromEntries(DOCUMENT_FILTERS.filter((name) => filters[name]).map((name) => [name, filters[name]]));
  return {
    filters: known,
    color: Object.hasOwn(documentColorings(table), color ?? "") ? color : "topic",
    sort: Object.hasOwn(DOCUMENT_SORTS, sort ?? "") ? sort : "share",
    page: Math.max(1, Math.floor(Number(page)) || 1),
    opened: Number(opened) < table.size && opened !== undefined ? Number(opened) : null,
    brush: null,
  };
}

/** Make all parts of the view, and keep them together. */
function documentsParts(table, parameters) {
  const state = documentsState(table, parameters);
  const count = make("p", { class: "count-shown", role: "status" });
  const clearBrush = make("button", { type: "button", class: "quiet", hidden: true, onclick: () => brush(null) }, "Clear what was chosen on the map");
  const filters = documentFilters(table, state, update);
  const list = documentList({
    table,
    onOpen: (place) => {
      state.opened = place;
      remember();
    },
    onPoint: (place) => map.ring(place ?? state.opened),
    onPage: (page) => {
      state.page = page;
      remember();
    },
  });
  const map = documentMap({ table, onOpen: open, onBrush: brush });
  const legend = make("div", { class: "legend-of-documents" });
  let shown = [];

  function remember() {
    map.ring(state.opened);
    keepAddress({
      ...state.filters,
      color: state.color === "topic" ? null : state.color,
      sort: state.sort === "share" ? null : state.sort,
      page: state.page === 1 ? null : state.page,
      document: state.opened,
    });
  }

  function open(place) {
    state.opened = place;
    list.reveal(place);
    remember();
  }

  function brush(mask) {
    state.brush = mask;
    if (!mask) map.forgetBrush();
    update();
  }

  /** Show what passes the filters and was chosen; from the first page, unless the address says another. */
  function update({ page = 1 } = {}) {
    state.page = page;
    const mask = matchingDocuments(table, state.filters);
    if (state.brush) for (let place = 0; place < table.size; place += 1) mask[place] &= state.brush[place];
    const chosen = state.filters.topic === undefined ? undefined : topicOf(Number(state.filters.topic));
    const topic = chosen ? placeOf(chosen.id) : null;
    shown = readersFirst(table, sortedDocuments(table, state.sort, topic).filter((place) => mask[place]));
    if (state.opened !== null && !mask[state.opened]) state.opened = null;
    list.show(shown, { topic, sought: soughtWords(state.filters.q), opened: state.opened }, page);
    map.show(mask);
    drawLegendState();
    clearBrush.hidden = !state.brush;
    filters.said();
    sayCount();
    remember();
  }

  function sayCount() {
    const of = state.brush ? "chosen on the map and by filters" : "shown";
    const none = shown.length ? "" : " No document passes all filters: clear one of them.";
    count.textContent = `${formatCount(shown.length)} of ${formatCount(table.size)} documents ${of}.${none}${shown.length && readerLanguage() !== "all" && !state.filters.lang ? ` Those in ${languageName(readerLanguage())} come first.` : ""}`;
  }

  function recolor() {
    const { colors, entries } = coloredDocuments(table, state.color);
    legend.replaceChildren(...legendOfDocuments(entries, toggle));
    map.color(colors, recolor);
    drawLegendState();
  }

  const isOn = (wanted) => Object.entries(wanted).every(([name, value]) => state.filters[name] === value);

  /** Filter by an entry of the legend, or no more. */
  function toggle(wanted) {
    const { ...changed } = state.filters;
    const on = isOn(wanted);
    for (const [name, value] of Object.entries(wanted)) {
      if (on) delete changed[name];
      else changed[name] = value;
    }
    state.filters = changed;
    filters.draw();
    update();
  }

  function drawLegendState() {
    const any = [...legend.querySelectorAll("button")].map((button) => [button, isOn(JSON.parse(button.dataset.filters))]);
    for (const [button, on] of any) button.setAttribute("aria-pressed", String(on));
  }

  const sorts = Object.entries(DOCUMENT_SORTS).filter(([name]) => table.date || !["newest", "oldest"].includes(name));
  const sort = choice("Sort by", sorts, state.sort, (chosen) => {
    state.sort = chosen;
    update();
  });
  const saving = make(
    "div",
    { class: "buttons" },
    saveButton("CSV", () => saveCsv(documentRows(table, shown), "documents"), "Save the documents shown as CSV"),
    saveButton("Parquet", () => saveParquet(documentColumns(table, shown), "documents"), "Save the documents shown as Parquet"),
  );
  const listId = freshId("documents");

  recolor();
  update({ page: state.page });
  prepareDocumentSearch(table);
  if (state.opened !== null) requestAnimationFrame(() => state.opened !== null && open(state.opened));
  return [
    !table.texts && make("p", { class: "note" }, "The corpus keeps no texts, so documents are listed by their ids. Build it with its texts to read and search them."),
    summary.hidden.length > 0 && make("p", { class: "note" }, "Hidden topics are left out: a document mostly about one of them is listed with the largest topic that is shown."),
    filters.element,
    make("div", { class: "row shown-row" }, count, filters.clearing, clearBrush, make("p", { class: "note sample" }, sampleSentence(table)), make("button", { type: "button", class: "quiet jump", onclick: () => document.getElementById(listId).scrollIntoView() }, "To the list")),
    make(
      "div",
      { class: "map-and-documents" },
      make("section", { class: "document-map-part", "aria-label": "Map of documents" }, mapControls(table, map, state, recolor, remember), map.element, make("p", { class: "note for-touch" }, "Two fingers move and zoom the map."), legend, mapSentences(table)),
      make("section", { class: "document-list-part", "aria-label": "List of documents", id: listId }, make("div", { class: "row list-controls" }, sort, saving), make("p", { class: "note of-files" }, "Files have the shares of a document's largest topics; smaller ones are in ", make("code", {}, "rest"), ". ", make("code", {}, "gloctm transform"), " gives all."), list.element),
    ),
  ].filter(Boolean);
}

/** Make what is above the map: colors, modes, zoom, saving. */
function mapControls(table, map, state, recolor, remember) {
  const options = Object.entries(documentColorings(table)).map(([name, { label }]) => [name, label]);
  const color = choice("Color by", options, state.color, (chosen) => {
    state.color = chosen;
    recolor();
    remember();
  });
  const modes = Object.entries({ move: "Move", rectangle: "Rectangle", lasso: "Lasso" }).map(([mode, label]) =>
    make("button", { type: "button", "aria-pressed": String(mode === "move"), title: mode === "move" ? null : "Draw around documents to list them", "data-mode": mode }, label),
  );
  for (const button of modes) {
    button.addEventListener("click", () => {
      map.setMode(button.dataset.mode);
      for (const each of modes) each.setAttribute("aria-pressed", String(each === button));
    });
  }
  const act = (text, label, onclick) => make("button", { type: "button", "aria-label": label, title: label, onclick }, text);
  return make(
    "div",
    { class: "row map-controls" },
    color,
    make("div", { class: "group", role: "group", "aria-label": "What dragging does" }, modes),
    make("div", { class: "group", role: "group", "aria-label": "Zoom" }, act("+", "Zoom in", () => map.zoomIn(1.6)), act("−", "Zoom out", () => map.zoomBy(1 / 1.6)), act("All", "Show all of the map", map.reset)),
    saveButton("PNG", map.save, "Save the map as PNG"),
  );
}

/** Make the legend; entries filter. Only some of its rows may be seen at a time: a sentence says so. */
function legendOfDocuments(entries, onToggle) {
  const item = ({ content, rgb, count, filters }) => {
    const sign = make("span", { class: "swatch", "aria-hidden": "true" });
    sign.style.background = cssColor(rgb);
    const parts = [sign, make("span", { class: "said-of", title: content.map((part) => part.textContent ?? part).join("") }, content), make("span", { class: "count" }, formatCount(count))];
    return make("li", {}, filters ? make("button", { type: "button", "aria-pressed": "false", "data-filters": JSON.stringify(filters), onclick: () => onToggle(filters) }, parts) : make("span", { class: "entry" }, parts));
  };
  const list = make("ul", { class: "plain", "aria-label": "Colors; each filters" }, entries.map(item));
  const more = make("p", { class: "note", hidden: true }, `Scroll for all ${formatCount(entries.length)} colors.`);
  new ResizeObserver(() => (more.hidden = list.scrollHeight <= list.clientHeight + 1)).observe(list);
  return [list, more];
}

/**
 * Make the filters.
 *
 * @param {function()} update called after state.filters has changed
 * @returns {{element, clearing, draw(), said()}} draw() shows state.filters again; said() tells how many are set; clearing
 *   is the button that clears them
 */
function documentFilters(table, state, update) {
  const fields = make("div", { class: "row controls" });
  const said = make("summary", {});
  const wide = matchMedia("(width > 44rem)").matches;
  const element = make("details", { class: "document-filters", open: wide }, said, fields);
  const clearing = make("button", { type: "button", class: "quiet", onclick: clear }, "Clear filters");
  let waiting = 0;

  /** Set filters, empty ones left out. */
  function set(changes, { later = false } = {}) {
    state.filters = Object.fromEntries(Object.entries({ ...state.filters, ...changes }).filter(([, value]) => value));
    clearTimeout(waiting);
    if (later) waiting = setTimeout(update, TYPING_PAUSE);
    else update();
  }

  function field(label, name, attributes, { valid = () => true } = {}) {
    const id = freshId("filter");
    const input = make("input", { id, type: "text", value: state.filters[name] ?? "", autocomplete: "off", spellcheck: "false", ...attributes });
    input.addEventListener("input", (event) => {
      const value = input.value.trim();
      input.toggleAttribute("aria-invalid", false);
      if (value && !valid(value)) input.setAttribute("aria-invalid", "true");
      if (!event.isComposing && (!value || valid(value))) set({ [name]: value }, { later: true });
    });
    // What was composed, as Chinese is, counts once it is finished.
    input.addEventListener("compositionend", () => set({ [name]: input.value.trim() }, { later: true }));
    return make("div", { class: "choice" }, make("label", { for: id }, label), input);
  }

  function draw() {
    const { filters } = state;
    const topics = [["", "any"], ...summary.topics.map((topic) => [String(topic.id), `${topic.id} ${shorten(topicTitle(topic), 40)}`])];
    const chosen = filters.topic === undefined ? undefined : topicOf(Number(filters.topic));
    const shares = [["", "mainly about it"], ...LEAST_SHARES.map((share) => [String(share), `at least ${share}%`])];
    const languages = [["", "any"], ...summary.languages.map(({ code, name }) => [code, name])];
    const labels = [["", "any"], ...table.label_values.map((label) => [label, shorten(label, 40)])];
    const example = table.dateValues[0];
    fields.replaceChildren(
      ...[
        table.texts && field("Words in the text", "q", { type: "search", dir: "auto", class: "words-sought", placeholder: 'words or "a phrase"', title: HOW_TO_SEEK }),
        choice("Topic", topics, chosen ? String(chosen.id) : "", (topic) => {
          set({ topic, ...(!topic && { share: null }) });
          draw();
          fields.querySelector("select").focus();
        }),
        filters.topic !== undefined && choice("How much of it", shares, filters.share ?? "", (share) => set({ share })),
        summary.languages.length > 1 && choice("Language", languages, filters.lang ?? "", (lang) => set({ lang })),
        table.label && choice("Label", labels, filters.label ?? "", (label) => set({ label })),
        table.date && field("From", "from", { class: "date-sought", placeholder: example.slice(0, 4) }, { valid: isDate }),
        table.date && field("To", "to", { class: "date-sought", placeholder: table.dateValues.at(-1).slice(0, 7) }, { valid: isDate }),
      ].filter(Boolean),
    );
  }

  function clear() {
    state.filters = {};
    clearTimeout(waiting);
    draw();
    update();
    (element.open ? fields.querySelector("input, select") : said).focus();
  }

  draw();
  return {
    element,
    clearing,
    draw,
    said() {
      const set = Object.keys(state.filters).length - (state.filters.share ? 1 : 0);
      said.textContent = set ? `Filters (${set} set)` : "Filters";
      clearing.hidden = !set;
    },
  };
}

/**
 * Return the documents shown as columns of a file: facts, largest topic, text, and the share of each topic. Shares that
 * are too small to be in the page, and those of hidden topics, are 0; their sum is the column "rest".
 */
function documentColumns(table, places) {
  const shown = Array.from(places);
  const text = (name, valueOf) => ({ name, type: "text", values: shown.map(valueOf) });
  const main = (place) => (table.main[place] < 0 ? null : summary.topics[table.main[place]]);
  const exact = (share) => Number(share.toPrecision(4));
  const shares = summary.topics.map(() => new Array(shown.length).fill(0));
  const rest = shown.map((place, row) => {
    const listed = topicsOfDocument(table, place);
    for (const [topic, share] of listed) shares[topic][row] = exact(share);
    return Math.max(0, Number((1 - listed.reduce((sum, [, share]) => sum + share, 0)).toFixed(4)));
  });
  return [
    text("id", (place) => table.ids[place]),
    text("language", (place) => languageOfDocument(table, place)),
    text("label", (place) => labelOfDocument(table, place)),
    text("date", (place) => dateOfDocument(table, place)),
    { name: "topic", type: "int", values: shown.map((place) => main(place)?.id ?? null) },
    text("name", (place) => (main(place) ? topicTitle(main(place)) : null)),
    { name: "share", type: "double", values: shown.map((place) => (main(place) ? exact(largestShare(table, place)) : null)) },
    text("text", (place) => table.texts?.[place] ?? null),
    { name: "cut", type: "truth", values: shown.map((place) => Boolean(table.cut[place])) },
    { name: "x", type: "double", values: shown.map((place) => exact(table.x[place])) },
    { name: "y", type: "double", values: shown.map((place) => exact(table.y[place])) },
    ...summary.topics.map((topic, place) => ({ name: `share of topic ${topic.id}`, type: "double", values: shares[place] })),
    { name: "rest", type: "double", values: rest },
  ];
}

/** Return them as rows of CSV. */
function documentRows(table, places) {
  const columns = documentColumns(table, places);
  return [columns.map(({ name }) => name), ...Array.from(places, (_, row) => columns.map(({ values }) => values[row]))];
}
