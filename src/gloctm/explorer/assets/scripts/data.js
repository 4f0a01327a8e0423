// The summary that this page shows, and what is asked of it everywhere.

/** The parsed summary; filled before the first view is drawn. */
let summary;

/** The bytes that a text of base64 stands for. */
function bytesOf(base64) {
  // Many times faster where a browser has it.
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let place = 0; place < characters.length; place += 1) bytes[place] = characters.charCodeAt(place);
  return bytes;
}

/** The text that a part of the page holds, inflated where it was embedded deflated. */
async function embedded(id) {
  const element = document.getElementById(id);
  if (element.dataset.encoding !== "deflate") return element.textContent;
  const bytes = bytesOf(element.textContent.trim());
  // Once read it is only in the way.
  element.remove();
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}

const languageNamed = (code) => summary.languages.find((language) => language.code === code);
const languageName = (code) => languageNamed(code)?.name ?? code;
const directionOf = (code) => languageNamed(code)?.direction ?? "auto";
let places;
/** Where a topic stands in lists of figures. Its id is no place: it is the model's number of it. */
function placeOf(id) {
  places ??= new Map(summary.topics.map((topic, place) => [topic.id, place]));
  return places.get(id);
}

const topicNumbered = (id) => summary.topics[placeOf(id)];
/** The topic that a number of the model is shown in: it may be merged with others. */
const topicOf = (number) => summary.topics.find((topic) => topic.members.includes(number));

const knownLanguages = new Intl.DisplayNames(["en"], { type: "language", fallback: "none" });

/** What goes into a lang attribute: nothing for a code that is nobody's, which readers would stumble over. */
function languageTag(code) {
  try {
    return knownLanguages.of(code) ? code : null;
  } catch {
    return null;
  }
}

/** Which of the colours and marks of languages is a language's. */
const toneOf = (code) =>
  Math.max(
    0,
    summary.languages.findIndex((language) => language.code === code),
  ) % 8;

/** A text of a language, so that the right font, voice and direction are taken. */
function inLanguage(code, text, tag = "span", attributes = {}) {
  return make(tag, { lang: languageTag(code), dir: directionOf(code), ...attributes }, text);
}

/** The language that a topic's name is in, as far as can be told. */
function languageOfName(topic) {
  const labelled = Object.entries(topic.labels).find(([, label]) => label === topic.name);
  if (labelled) return labelled[0];
  const found = summary.languages.find(({ code }) => topic.name === firstWords(topic, code, 3).join(" "));
  return found ? found.code : null;
}

/** The heaviest words of a topic in a language. */
function firstWords(topic, code, count) {
  return (topic.words[code] ?? []).slice(0, count).map(([word]) => word);
}

/** A topic's name, in the language that it is in. */
function topicName(topic, tag = "span") {
  const code = languageOfName(topic);
  return code ? inLanguage(code, topic.name, tag) : make(tag, { dir: "auto" }, topic.name);
}

/** A link to a topic: its number and its name. */
function topicLink(topic, further = {}) {
  return make(
    "a",
    { class: "topic-link", href: address({ topic: topic.id, ...further }) },
    make("span", { class: "number" }, String(topic.id)),
    " ",
    topicName(topic),
  );
}

/** "Topic 3: rain storm wind", for where there is text alone. */
const topicText = (topic) => `Topic ${topic.id}: ${topic.name}`;

/** A language's name beside its mark. */
function languageMark(code) {
  return make(
    "span",
    { class: `language language-${toneOf(code)}` },
    make("span", { class: "mark", "aria-hidden": "true" }),
    languageName(code),
  );
}

/** Whether documents were looked at, so that there are prevalences. */
const hasPrevalence = () => summary.topics.some((topic) => isNumber(topic.overall));

/** How much of a topic there is: over all languages or in one; null without a corpus. */
function prevalenceOf(topic, code) {
  return (code === "all" ? topic.overall : topic.prevalence?.[code]?.mean) ?? null;
}

/** The topics, most prevalent first, over all languages or in one; as they are numbered without a corpus. */
function topicsByPrevalence(code = "all") {
  const share = (topic) => prevalenceOf(topic, code) ?? 0;
  return [...summary.topics].sort((one, other) => share(other) - share(one) || one.id - other.id);
}

/** The address of a view within this page: address({topic: 3}) is "#topic=3". */
function address(parameters) {
  const present = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
  return `#${new URLSearchParams(present)}`;
}
