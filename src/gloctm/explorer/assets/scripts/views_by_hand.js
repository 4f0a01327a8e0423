// Topics renamed, merged and hidden by hand: views, as TopicView of Python has them, and summaries changed by them.

/** A name's most characters, and what none may have: the same as in Python. */
const MOST_OF_NAME = 200;
const NOT_IN_A_NAME = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu;

/** Bring a view into the order of its file: groups by their first members, which are the keys of names. */
function orderedView({ groups, names, hidden, ...others }) {
  const ordered = groups.map((group) => [...group].sort((one, other) => one - other)).sort(([one], [other]) => one - other);
  const firsts = ordered.map(([first]) => String(first)).filter((first) => names[first]);
  return {
    ...others,
    groups: ordered,
    names: Object.fromEntries(firsts.map((first) => [first, names[first]])),
    hidden: [...hidden].sort((one, other) => one - other),
  };
}

/** Return the group of a view that has a topic of the model; undefined for a hidden one. */
const groupOf = (view, number) => view.groups.find((group) => group.includes(number));

/** Return a view with another name of a topic; without a text, the topic has its own name again. */
function renamedView(view, number, text) {
  const name = [...text.replace(NOT_IN_A_NAME, " ").trim()].slice(0, MOST_OF_NAME).join("").trim();
  return orderedView({ ...view, names: { ...view.names, [groupOf(view, number)[0]]: name } });
}

/** Return a view with topics shown as one; unless a name is given, it keeps the first that one of them has. */
function mergedView(view, numbers, name = "") {
  const merged = view.groups.filter((group) => numbers.some((number) => group.includes(number)));
  if (merged.length < 2) return view;
  const kept = merged.map(([first]) => view.names[first]).find(Boolean);
  const names = { ...view.names };
  for (const [first] of merged) delete names[first];
  const all = merged.flat().sort((one, other) => one - other);
  const next = { ...view, groups: [...view.groups.filter((group) => !merged.includes(group)), all], names: { ...names, ...(kept && { [all[0]]: kept }) } };
  return name.trim() ? renamedView(orderedView(next), all[0], name) : orderedView(next);
}

/** Return a view without topics; one of them stays at least. */
function hiddenView(view, numbers) {
  const gone = view.groups.filter((group) => numbers.some((number) => group.includes(number)));
  if (gone.length === view.groups.length) return view;
  return orderedView({ ...view, groups: view.groups.filter((group) => !gone.includes(group)), hidden: [...view.hidden, ...gone.flat()] });
}

/** Return a view that shows hidden topics again, each by itself. */
function shownView(view, numbers) {
  const again = view.hidden.filter((number) => numbers.includes(number));
  return orderedView({ ...view, groups: [...view.groups, ...again.map((number) => [number])], hidden: view.hidden.filter((number) => !again.includes(number)) });
}

/** Return a view that shows each member of a topic by itself, without a name given to all. */
function splitView(view, number) {
  const group = groupOf(view, number);
  const { [group[0]]: _, ...names } = view.names;
  return orderedView({ ...view, names, groups: [...view.groups.filter((each) => each !== group), ...group.map((member) => [member])] });
}

/** Return whether something may be a topic's name: one line, not too long. */
const isName = (name) => typeof name === "string" && name.trim() !== "" && name.trim().search(NOT_IN_A_NAME) < 0 && [...name.trim()].length <= MOST_OF_NAME;

/** Return what is wrong with the content of a view's file for the model of a summary's own view; null if nothing. */
function problemOfView(content, own) {
  const whole = (value) => Number.isInteger(value) && value >= 0;
  if (content?.format !== "gloctm-view") return "This is not the file of a view.";
  if (!Number.isInteger(content.format_version)) return "This view is damaged: make it again.";
  if (content.format_version > own.format_version) return "This view was written by a newer gloctm: update it, and make the report again.";
  const { groups, names, hidden } = content;
  const lists = Array.isArray(groups) && groups.every((group) => Array.isArray(group) && group.length && group.every(whole));
  if (!lists || !groups.length || !Array.isArray(hidden) || typeof names !== "object" || names === null) return "This view is damaged: make it again.";
  for (const key of ["num_topics", "corpus_fingerprint", "seed", "topics_fingerprint"]) {
    if (content[key] !== own[key]) return "This view is of another model.";
  }
  const listed = [...groups.flat(), ...hidden].sort((one, other) => one - other);
  const complete = listed.length === own.num_topics && listed.every((number, place) => number === place);
  const named = Object.entries(names).every(([first, name]) => groups.some((group) => Math.min(...group) === Number(first)) && isName(name));
  return complete && named ? null : "This view is damaged: make it again.";
}

/** Return what a view shows, as a text. */
const contentOfView = ({ groups, names, hidden }) => JSON.stringify([groups, names, hidden]);

/** Return whether two views show the same. */
const sameView = (one, other) => contentOfView(one) === contentOfView(other);

/** Return the topics that two views show differently: merged with others, under another name, or not at all. */
function changedTopics(before, view) {
  const shownAs = (each, number) => {
    const group = groupOf(each, number);
    return group ? JSON.stringify([group, each.names[group[0]] ?? ""]) : "hidden";
  };
  return [...before.groups.flat(), ...before.hidden].filter((number) => shownAs(before, number) !== shownAs(view, number));
}

/** Return a view that has both the changes of one view and of another; null where both change the same topics. */
function joinedView(before, mine, theirs) {
  const [changed, others] = [changedTopics(before, mine), changedTopics(before, theirs)];
  if (changed.some((number) => others.includes(number))) return null;
  // All members of a topic are changed, or none.
  const isMine = ([first]) => changed.includes(first);
  const groups = [...mine.groups.filter(isMine), ...theirs.groups.filter((group) => !isMine(group))];
  if (!groups.length) return null;
  const nameOf = (group) => (isMine(group) ? mine : theirs).names[group[0]];
  return orderedView({
    ...theirs,
    groups,
    names: Object.fromEntries(groups.map((group) => [group[0], nameOf(group)])),
    hidden: [...mine.hidden.filter((number) => changed.includes(number)), ...theirs.hidden.filter((number) => !changed.includes(number))],
  });
}

/**
 * Return for each group of a view the topics of a summary that it consists of. A topic that the summary has merged, and
 * the view splits, counts for the group of its first member that is shown; a hidden one of the summary has no figures.
 *
 * @returns {{group: number[], parts: number[], whole: boolean}[]} parts are places; whole: these are all members
 */
function partsOfView(topics, view) {
  const found = view.groups.map((group) => ({ group, parts: [], whole: true }));
  topics.forEach(({ members }, place) => {
    const owner = members.map((member) => found.find(({ group }) => group.includes(member))).find(Boolean);
    if (owner) owner.parts.push(place);
  });
  for (const each of found) {
    const covered = each.parts.flatMap((place) => topics[place].members);
    each.whole = covered.length === each.group.length && covered.every((member) => each.group.includes(member));
  }
  return found;
}

/** Return a summary as a view shows it: figures of merged topics are estimated from those of their parts. */
function changedSummary(original, view) {
  if (sameView(orderedView(original.view), view)) return original;
  const shown = partsOfView(original.topics, view).filter(({ parts }) => parts.length);
  const weights = weightsOf(original.topics);
  const similarity = original.similarity && shown.map(({ parts }) => shown.map(({ parts: others }) => meanSimilarity(original.similarity, parts, others, weights)));
  const ids = new Map(shown.flatMap(({ group, parts }) => parts.map((place) => [original.topics[place].id, shownId(original, group, parts)])));
  const topics = shown.map(({ group, parts, whole }) => changedTopic(original, view, { group, parts, whole, weights }));
  topics.forEach((topic, place) => {
    topic.similar = similarity ? similarOf(topics, similarity, place) : knownSimilar(topic, ids);
  });
  const rows = (table) => table && shown.map(({ parts }) => sumOfRows(parts.map((place) => table[place])));
  const byCode = (tables) => Object.fromEntries(Object.entries(tables).map(([code, table]) => [code, rows(table)]));
  const { labels, dates, search, other } = original;
  return {
    ...original,
    title: original.title === ownTitle(original) ? ownTitle({ ...original, topics }) : original.title,
    topics,
    hidden: view.hidden,
    view: { ...original.view, ...view },
    labels: labels && { ...labels, prevalence: rows(labels.prevalence), by_language: byCode(labels.by_language) },
    dates: dates && { ...dates, prevalence: byCode(dates.prevalence) },
    search: Object.fromEntries(Object.entries(search).map(([code, index]) => [code, { ...index, topics: index.topics.map((each) => changedIndex(each, ids)) }])),
    similarity: similarity ?? original.similarity,
    merges: similarity ? hierarchyOf(similarity) : original.merges,
    other: other && {
      ...other,
      similarity: shown.map(({ parts }) => other.similarity[parts[0]].map((_, column) => weightedMean(parts, weights, (place) => other.similarity[place][column]))),
      matches: changedMatches(other.matches, ids),
    },
  };
}

/** Return the title that Python gives a summary unless its user does. */
const ownTitle = ({ topics, languages }) => `${topics.length} ${topics.length === 1 ? "topic" : "topics"} in ${formatList(languages.map(({ name }) => name))}`;

/** Return the number of a topic: that of its first member, or of its data's, where a merged one is split in part. */
const shownId = (original, group, parts) => (parts.length === 1 ? original.topics[parts[0]].id : group[0]);

/** Return how much each topic weighs in a merged one: its mean share, or equally without a corpus. */
function weightsOf(topics) {
  const known = topics.every((topic) => isNumber(topic.overall));
  // Never all 0.
  return topics.map((topic) => (known ? Math.max(topic.overall, 1e-9) : 1));
}

function weightedMean(parts, weights, valueOf) {
  const total = parts.reduce((sum, place) => sum + weights[place], 0);
  return parts.reduce((sum, place) => sum + weights[place] * (valueOf(place) ?? 0), 0) / total;
}

/** Add up estimates. Ends of intervals add up to one that is at least as wide as the exact one, however they depend. */
function sumOfEstimates(estimates) {
  const known = estimates.filter(Boolean);
  if (!known.length || known.length < estimates.length) return null;
  const sum = (key) => known.reduce((total, each) => total + each[key], 0);
  const value = "difference" in known[0] ? "difference" : "mean";
  return { [value]: sum(value), low: sum("low"), high: sum("high") };
}

/** Add up rows of estimates, cell by cell. */
function sumOfRows(rows) {
  return rows.length === 1 ? rows[0] : rows[0].map((_, column) => sumOfEstimates(rows.map((row) => row[column])));
}

/** Add up what topics have by language. */
function sumByLanguage(parts, key, add) {
  if (!parts[0][key]) return parts[0][key];
  return Object.fromEntries(Object.keys(parts[0][key]).map((code) => [code, add(parts.map((part) => part[key][code]))]));
}

const sumOf = (numbers) => numbers.reduce((sum, each) => sum + (each ?? 0), 0);

/** Return a topic as a view shows it. */
function changedTopic(original, view, { group, parts, whole, weights }) {
  const [first] = parts.map((place) => original.topics[place]);
  const topic = parts.length === 1 ? { ...first } : mergedTopic(original, { group, parts, weights });
  if (!whole) topic.partly = true;
  return { ...topic, ...namesIn(original, view, topic, group[0]) };
}

/** Return name and names of a topic: those of the view, or else labels or first words, as Python chooses them. */
function namesIn(original, view, topic, number) {
  const codes = original.languages.map(({ code }) => code);
  const given = view.names[number];
  if (given) return { name: given, names: Object.fromEntries(codes.map((code) => [code, given])) };
  const named = Object.values(original.view.names).includes(topic.name);
  if (!topic.estimated && !named) return {};
  const words = (code) => (topic.words[code] ?? []).slice(0, 3).map(([word]) => word).join(" ");
  const labels = (code) => original.topics.filter((each) => each.labels[code]).length;
  const labeled = [...codes].sort((one, other) => labels(other) - labels(one)).find((code) => topic.labels[code]);
  return {
    name: labeled ? topic.labels[labeled] : words(codes[0]),
    names: Object.fromEntries(codes.map((code) => [code, topic.labels[code] ?? words(code)])),
  };
}

/** Return several topics as one, as far as their figures tell; what is not exact is said next to it. */
function mergedTopic(original, { group, parts: places, weights }) {
  const parts = places.map((place) => original.topics[place]);
  const total = sumOf(places.map((place) => weights[place]));
  const own = places.map((place) => weights[place] / total);
  const mean = (valueOf) => sumOf(parts.map((part, place) => own[place] * (valueOf(part) ?? 0)));
  const codes = original.languages.map(({ code }) => code);
  const byCode = (make) => Object.fromEntries(codes.map((code) => [code, make(code)]));
  // A part that is merged itself has the scores of its largest member.
  const largest = parts.map((part, place) => own[place] * Math.max(...Object.values(part.shares)));
  const words = byCode((code) => {
    const lists = parts.map((part) => part.words[code] ?? []);
    return byCoherence() ? mergedScores(lists, largest) : mergedWords(lists, own);
  });
  const agreement = parts.every((part) => part.agreement) ? byCode((code) => mean((part) => part.agreement[code])) : parts[0].agreement;
  return {
    ...parts[0],
    id: group[0],
    members: group,
    estimated: true,
    shares: Object.fromEntries(parts.flatMap((part, place) => part.members.map((member) => [member, own[place] * part.shares[member]]))),
    labels: Object.fromEntries(Object.entries(parts[0].labels).filter(([code, label]) => parts.every((part) => part.labels[code] === label))),
    x: mean((part) => part.x),
    y: mean((part) => part.y),
    prevalence: sumByLanguage(parts, "prevalence", sumOfEstimates),
    overall: parts.every((part) => isNumber(part.overall)) ? sumOf(parts.map((part) => part.overall)) : null,
    mainly: sumByLanguage(parts, "mainly", sumOf),
    contrast: sumByLanguage(parts, "contrast", sumOfEstimates),
    agreement,
    doubtful: codes.filter((code) => parts.some((part) => part.doubtful.includes(code))),
    words,
    terms: parts.every((part) => part.terms) ? byCode((code) => mergedTerms(parts.map((part) => part.terms[code] ?? []), own, words[code])) : parts[0].terms,
    links: mergedLinks(parts, words),
    documents: byCode((code) => mergedDocuments(parts.map((part) => part.documents[code] ?? []))),
  };
}

/** Average weights of words; a word that a part does not list weighs there as much as the last that it lists. */
function mergedWords(lists, own) {
  const known = lists.map((list) => new Map(list));
  const least = lists.map((list) => (list.length ? list.at(-1)[1] : 0));
  const all = [...new Set(lists.flat().map(([word]) => word))];
  const weighed = all.map((word) => [word, sumOf(known.map((list, place) => own[place] * (list.get(word) ?? least[place])))]);
  return weighed.sort(([, one], [, other]) => other - one).slice(0, Math.max(...lists.map((list) => list.length)));
}

/** Whether words are ranked by coherence; another number orders them otherwise. */
const byCoherence = () => summary.about?.settings?.ranking === "coherence";

/** Merge scores of words exactly as Python does: the highest of each word, by the shares, the largest one's in full. */
function mergedScores(lists, shares) {
  const most = Math.max(...shares);
  const scores = new Map();
  lists.forEach((list, place) => {
    const weight = Math.max(shares[place] / most, 1e-6);
    for (const [word, score] of list) {
      const own = score > 0 ? score * weight : score;
      scores.set(word, Math.max(own, scores.get(word) ?? -Infinity));
    }
  });
  return [...scores].sort(([, one], [, other]) => other - one).slice(0, Math.max(...lists.map((list) => list.length)));
}

/** Average probabilities of terms; one that a part does not list counts as 0 there. */
function mergedTerms(lists, own, words) {
  const terms = new Map();
  lists.forEach((list, place) => {
    for (const [word, probability, overall, documents] of list) {
      terms.set(word, [word, (terms.get(word)?.[1] ?? 0) + own[place] * probability, overall, documents]);
    }
  });
  const ranks = new Map(words.map(([word], rank) => [word, rank]));
  const rank = ([word]) => ranks.get(word) ?? Infinity;
  return [...terms.values()].sort((one, other) => (rank(one) === rank(other) ? other[1] - one[1] : rank(one) - rank(other)));
}

/** Keep the translations among the words that are left. */
function mergedLinks(parts, words) {
  const ranks = Object.fromEntries(Object.entries(words).map(([code, list]) => [code, new Map(list.map(([word], rank) => [word, rank]))]));
  const links = new Map();
  for (const part of parts) {
    for (const [code, rank, otherCode, otherRank, cosine] of part.links) {
      const [one, other] = [ranks[code].get(part.words[code][rank][0]), ranks[otherCode].get(part.words[otherCode][otherRank][0])];
      if (one !== undefined && other !== undefined) links.set(`${code} ${one} ${otherCode} ${other}`, [code, one, otherCode, other, cosine]);
    }
  }
  return [...links.values()];
}

/** Put typical documents together; shares of one that several parts list add up. */
function mergedDocuments(lists) {
  const found = new Map();
  for (const document of lists.flat()) {
    const before = found.get(document.id);
    found.set(document.id, { ...document, proportion: document.proportion + (before?.proportion ?? 0) });
  }
  return [...found.values()].sort((one, other) => other.proportion - one.proportion).slice(0, Math.max(...lists.map((list) => list.length)));
}

function meanSimilarity(similarity, parts, others, weights) {
  // A topic is as similar to itself as can be.
  if (parts === others) return 1;
  return weightedMean(parts, weights, (place) => weightedMean(others, weights, (other) => similarity[place][other]));
}

/** Return up to 5 similar topics by the table of similarities. */
function similarOf(topics, similarity, place) {
  return topics
    .map((topic, other) => [topic.id, similarity[place][other], other])
    .filter(([, cosine, other]) => other !== place && cosine >= 0.1)
    .sort(([, one], [, other]) => other - one)
    .slice(0, 5)
    .map(([id, cosine]) => [id, cosine]);
}

/** Return the similar topics that are still shown. */
function knownSimilar(topic, ids) {
  const found = new Map();
  for (const [id, cosine] of topic.similar) {
    const now = ids.get(id);
    if (now !== undefined && now !== topic.id && !found.has(now)) found.set(now, cosine);
  }
  return [...found];
}

/** Return the topics of a word of the search, as they are numbered now. */
function changedIndex(topics, ids) {
  const found = new Map();
  for (const [id, rank, weight] of topics) {
    const now = ids.get(id);
    if (now !== undefined && !found.has(now)) found.set(now, [now, rank, weight]);
  }
  return [...found.values()];
}

/** Return the matches with another model, one to one as before. */
function changedMatches(matches, ids) {
  const taken = new Set();
  return matches.flatMap(([id, number, similarity]) => {
    const now = ids.get(id);
    if (now === undefined || taken.has(now)) return [];
    taken.add(now);
    return [[now, number, similarity]];
  });
}

/** Join topics by average linkage, of 1 minus their similarity, as Python does. */
function hierarchyOf(similarity) {
  const count = similarity.length;
  const distances = similarity.map((row) => row.map((cosine) => 1 - cosine));
  let groups = similarity.map((_, place) => ({ number: place, members: [place] }));
  const apart = (one, other) => sumOf(one.members.flatMap((each) => other.members.map((second) => distances[each][second]))) / (one.members.length * other.members.length);
  // Distances of groups, kept by their numbers: each step adds those of one group.
  const known = new Map();
  const keyOfPair = (one, other) => Math.min(one.number, other.number) * 2 * count + Math.max(one.number, other.number);
  const between = (one, other) => {
    const key = keyOfPair(one, other);
    if (!known.has(key)) known.set(key, apart(one, other));
    return known.get(key);
  };
  const merges = [];
  while (groups.length > 1) {
    let best = null;
    for (let one = 0; one < groups.length; one += 1) {
      for (let other = one + 1; other < groups.length; other += 1) {
        const height = between(groups[one], groups[other]);
        if (!best || height < best.height) best = { one: groups[one], other: groups[other], height };
      }
    }
    const { one, other, height } = best;
    const members = [...one.members, ...other.members];
    merges.push([Math.min(one.number, other.number), Math.max(one.number, other.number), height, members.length]);
    groups = [...groups.filter((group) => group !== one && group !== other), { number: count + merges.length - 1, members }];
  }
  return merges;
}
