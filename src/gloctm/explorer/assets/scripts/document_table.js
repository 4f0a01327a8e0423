// The documents of the report: unpacked on first use, indexed by column, filtered.

/** The promise that columns are unpacked, these, and the table of them with the topics of the summary that is shown. */
let [unpacking, documentParts, documentTable] = [null, null, null];
whenReplaced(() => {
  documentTable = null;
  // A server's answer may have documents of its own.
  if (summary.documents?.ids) documentParts = indexedColumns({ ...summary.documents, members: summary.topics.map(({ members }) => members) });
});

/** Return the documents with what filters need of them, or null; the first call unpacks them, others wait for it. */
async function loadDocuments() {
  if (!summary.documents) return null;
  unpacking ??= embedded("documents").then((text) => (documentParts ??= indexedColumns(JSON.parse(text))));
  await unpacking;
  return documentsNow();
}

/** Return the documents if they are unpacked, else null. */
function documentsNow() {
  if (!summary.documents || !documentParts) return null;
  documentTable ??= { ...documentParts, ...indexedTopics(documentParts) };
  return documentTable;
}

/** Replace lists of numbers by typed arrays, which take a tenth of the room and are filtered in a moment. */
function indexedColumns({ languages, labels, dates, x, y, ...columns }) {
  const size = columns.ids.length;
  return {
    ...columns,
    size,
    language: Uint16Array.from(languages),
    label: labels?.some((label) => label >= 0) ? Int32Array.from(labels) : null,
    ...indexedDates(dates),
    x: Float32Array.from(x),
    y: Float32Array.from(y),
    folded: columns.texts && new Array(size).fill(null),
  };
}

/**
 * Put the documents' topics, by their places in the summary that is shown, into one row after the other. Topics may have
 * been merged or hidden since the report was made: shares of merged ones add up.
 */
function indexedTopics({ topics, members, size }) {
  const shown = members.map(([number]) => placeOf(topicOf(number)?.id) ?? null);
  const same = shown.every((place, before) => place === before);
  const total = topics.reduce((sum, listed) => sum + listed.length, 0);
  const [offsets, topicPlaces, shares] = [new Uint32Array(size + 1), new Uint16Array(total), new Float32Array(total)];
  const main = new Int16Array(size).fill(-1);
  let next = 0;
  for (let place = 0; place < size; place += 1) {
    const listed = same ? topics[place] : mergedShares(topics[place], shown);
    for (const [topic, share] of listed) {
      topicPlaces[next] = topic;
      shares[next] = share;
      next += 1;
    }
    offsets[place + 1] = next;
    if (listed.length) main[place] = listed[0][0];
  }
  return { offsets, topicPlaces, shares, main };
}

/** Add up the shares of topics that are shown as one, and leave out hidden ones. */
function mergedShares(listed, shown) {
  const sums = new Map();
  for (const [topic, share] of listed) if (shown[topic] !== null) sums.set(shown[topic], (sums.get(shown[topic]) ?? 0) + share);
  return [...sums].sort(([, one], [, other]) => other - one);
}

/** Number the dates in their order; −1 without one. */
function indexedDates(dates) {
  if (!dates?.some(Boolean)) return { dateValues: [], date: null };
  const dateValues = [...new Set(dates)].filter(Boolean).sort();
  const numbers = new Map(dateValues.map((value, number) => [value, number]));
  return { dateValues, date: Int32Array.from(dates, (value) => numbers.get(value) ?? -1) };
}

const languageOfDocument = (table, place) => summary.languages[table.language[place]].code;
const labelOfDocument = (table, place) => (table.label && table.label[place] >= 0 ? table.label_values[table.label[place]] : null);
const dateOfDocument = (table, place) => (table.date && table.date[place] >= 0 ? table.dateValues[table.date[place]] : null);

/** Return the share of a topic in a document; 0 if it is not among its largest topics. */
function shareOf(table, place, topic) {
  for (let at = table.offsets[place]; at < table.offsets[place + 1]; at += 1) if (table.topicPlaces[at] === topic) return table.shares[at];
  return 0;
}

/** Return the share of a document's largest topic. */
const largestShare = (table, place) => (table.main[place] < 0 ? 0 : table.shares[table.offsets[place]]);

/** Return a document's topics, [place, share], the largest first. */
const topicsOfDocument = (table, place) =>
  Array.from({ length: table.offsets[place + 1] - table.offsets[place] }, (_, rank) => {
    const at = table.offsets[place] + rank;
    return [table.topicPlaces[at], table.shares[at]];
  });

/** Return an address of the view of documents; topics by id, share in percent. */
const documentsAddress = (filters = {}) => address({ view: "documents", ...filters });

/** The filters of the view, as its address names them. */
const DOCUMENT_FILTERS = ["topic", "share", "lang", "label", "from", "to", "q"];

// Most texts of many languages have nothing to fold but case.
const PLAIN = /^[\x00-\x7f]*$/;
const foldedText = (text) => (PLAIN.test(text) ? text.toLowerCase() : folded(text));

/** Lines end as words do, so that phrases go on over them; lengths stay. */
const spaced = (text) => text.replace(/\s/gu, " ");

/** Return a document's text as it is searched. */
function searchedText(table, place) {
  table.folded[place] ??= spaced(foldedText(table.texts[place]));
  return table.folded[place];
}

/** Fold all texts a slice at a time, so that the first word typed finds them ready and the page stays responsive. */
function prepareDocumentSearch(table) {
  if (!table.texts || table.prepared) return;
  table.prepared = true;
  let place = 0;
  const slice = () => {
    const end = performance.now() + 6;
    while (place < table.size && performance.now() < end) {
      const stop = Math.min(table.size, place + 50);
      for (; place < stop; place += 1) searchedText(table, place);
    }
    if (place < table.size) setTimeout(slice, 4);
  };
  setTimeout(slice, 50);
}

/** Return whether a text is a year, a month or a day. */
const isDate = (text) => /^\d{4}(-\d{2}(-\d{2})?)?$/.test(text);

/** Return which dates are in a range, both ends included; "2019" includes all of its days. */
function datesWithin(dateValues, from, to) {
  const within = (value) => {
    const cut = (end) => [value.slice(0, end.length), end.slice(0, value.length)];
    const [late, start] = cut(from ?? "");
    const [early, stop] = cut(to ?? "");
    return late >= start && early <= stop;
  };
  return Uint8Array.from(dateValues, (value) => Number(within(value)));
}

/**
 * Return which documents pass: 1 or 0 for each. Filters are as in the address: texts, topic as a number of the model.
 * A filter by something that the report does not have is passed by none.
 */
function matchingDocuments(table, filters) {
  const mask = new Uint8Array(table.size).fill(1);
  const keep = (passes) => {
    for (let place = 0; place < table.size; place += 1) if (mask[place] && !passes(place)) mask[place] = 0;
  };
  if (filters.topic !== undefined) {
    const shown = topicOf(Number(filters.topic));
    const topic = shown ? placeOf(shown.id) : -2;
    const least = Number(filters.share) / 100;
    keep(least > 0 ? (place) => shareOf(table, place, topic) >= least : (place) => table.main[place] === topic);
  }
  if (filters.lang !== undefined) {
    const language = summary.languages.findIndex(({ code }) => code === filters.lang);
    keep((place) => table.language[place] === language);
  }
  if (filters.label !== undefined) {
    const label = table.label_values.indexOf(filters.label);
    keep((place) => label >= 0 && table.label[place] === label);
  }
  const [from, to] = [filters.from, filters.to].map((value) => (isDate(value ?? "") ? value : null));
  if (from || to) {
    const within = datesWithin(table.dateValues, from, to);
    keep((place) => table.date && table.date[place] >= 0 && within[table.date[place]]);
  }
  const words = soughtWords(filters.q);
  if (words.length) {
    const id = filters.q.trim();
    keep((place) => table.ids[place] === id || (table.texts !== null && words.every((word) => searchedText(table, place).includes(word))));
  }
  return mask;
}

/** Return all documents in an order: by share, of the chosen topic or of each one's largest, by date, or by id. */
function sortedDocuments(table, sort, topic) {
  const key = `${sort} ${sort === "share" ? topic : ""}`;
  if (table.sortedBy !== key) {
    table.sorted = Uint32Array.from({ length: table.size }, (_, place) => place).sort(documentOrder(table, sort, topic));
    table.sortedBy = key;
  }
  return table.sorted;
}

/** Put documents in the reader's language first, if one is chosen. */
function readersFirst(table, places) {
  const code = readerLanguage();
  if (code === "all") return places;
  const own = (place) => languageOfDocument(table, place) === code;
  return Uint32Array.from([...places.filter(own), ...places.filter((place) => !own(place))]);
}

/** Return the comparison of a sort. Ties stay in the order of the corpus, but among shares: there, no language is first. */
function documentOrder(table, sort, topic) {
  if (sort === "id") {
    const collator = new Intl.Collator("en", { numeric: true });
    const numbers = table.ids.every((id) => /^\d{1,15}$/.test(id)) && Float64Array.from(table.ids, Number);
    return numbers ? (one, other) => numbers[one] - numbers[other] : (one, other) => collator.compare(table.ids[one], table.ids[other]);
  }
  if (sort === "newest" && table.date) return (one, other) => table.date[other] - table.date[one];
  if (sort === "oldest" && table.date) {
    const late = (place) => (table.date[place] < 0 ? Infinity : table.date[place]);
    return (one, other) => late(one) - late(other) || 0;
  }
  const shares = Float32Array.from({ length: table.size }, (_, place) => (topic === null ? largestShare(table, place) : shareOf(table, place, topic)));
  const ranks = new Uint32Array(table.size);
  shuffled(table.size).forEach((place, rank) => (ranks[place] = rank));
  return (one, other) => shares[other] - shares[one] || ranks[one] - ranks[other];
}
