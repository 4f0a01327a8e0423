// The summary that this page shows, and what all views need of it.

/** The parsed summary; filled before the first view is drawn. */
let summary;

/** Decode base64. */
function bytesOf(base64) {
  // Many times faster, in browsers that have it.
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let place = 0; place < characters.length; place += 1) bytes[place] = characters.charCodeAt(place);
  return bytes;
}

/** Return the text of a part of the page, inflated if it was embedded deflated. */
async function embedded(id) {
  const element = document.getElementById(id);
  if (element.dataset.encoding !== "deflate") return element.textContent;
  const bytes = bytesOf(element.textContent.trim());
  // It is not needed again.
  element.remove();
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}

const languageNamed = (code) => summary.languages.find((language) => language.code === code);
const languageName = (code) => languageNamed(code)?.name ?? code;
const directionOf = (code) => languageNamed(code)?.direction ?? "auto";
let places;
/** What forgets figures made of the summary, once another one is shown. */
const forgetting = [() => (places = shareFormats = undefined)];
/** Have something called each time that the summary is replaced, by one with topics merged or hidden. */
const whenReplaced = (forget) => forgetting.push(forget);

/** Show another summary from now on; the view has to be drawn again. */
function replaceSummary(next) {
  summary = next;
  for (const forget of forgetting) forget();
}

/** Return the index of a topic in lists of figures. Its id is the model's number instead. */
function placeOf(id) {
  places ??= new Map(summary.topics.map((topic, place) => [topic.id, place]));
  return places.get(id);
}

const topicNumbered = (id) => summary.topics[placeOf(id)];
/** Return the topic that shows a topic of the model, which may be merged with others. */
const topicOf = (number) => summary.topics.find((topic) => topic.members.includes(number));

const knownLanguages = new Intl.DisplayNames(["en"], { type: "language", fallback: "none" });

/** Return the lang attribute: null for an unknown code, which would confuse screen readers. */
function languageTag(code) {
  try {
    return knownLanguages.of(code) ? code : null;
  } catch {
    return null;
  }
}

/** Return the number of a language's color and mark. */
const toneOf = (code) =>
  Math.max(
    0,
    summary.languages.findIndex((language) => language.code === code),
  ) % 8;

/** Mark up a text in a language, so that it gets the right font, voice and direction. */
function inLanguage(code, text, tag = "span", attributes = {}) {
  return make(tag, { lang: languageTag(code), dir: directionOf(code), ...attributes }, text);
}

/** Return the language of a topic's title, if known. */
function languageOfName(topic) {
  const title = topicTitle(topic);
  const codes = languagesInOrder();
  const labeled = codes.find((code) => topic.labels[code] === title);
  return labeled ?? codes.find((code) => title === firstWords(topic, code, 3).join(" ")) ?? null;
}

/** Return the heaviest words of a topic in a language. */
function firstWords(topic, code, count) {
  return (topic.words[code] ?? []).slice(0, count).map(([word]) => word);
}

/** Mark up a topic's title in its language. */
function topicName(topic, tag = "span") {
  const code = languageOfName(topic);
  return code ? inLanguage(code, topicTitle(topic), tag) : make(tag, { dir: "auto" }, topicTitle(topic));
}

/** Link to a topic by its number and name. */
function topicLink(topic, further = {}) {
  return make(
    "a",
    { class: "topic-link", href: address({ topic: topic.id, ...further }) },
    make("span", { class: "number" }, String(topic.id)),
    " ",
    topicName(topic),
    topic.estimated && make("span", { class: "approximate", title: "Merged here: its figures are estimated" }, " ≈", make("span", { class: "offscreen" }, " estimated")),
  );
}

/** "Topic 3: rain storm wind", where only text is possible. */
const topicText = (topic) => `Topic ${topic.id}: ${topicTitle(topic)}`;

/** Make a language's mark and name. */
function languageMark(code) {
  return make(
    "span",
    { class: `language language-${toneOf(code)}` },
    make("span", { class: "mark", "aria-hidden": "true" }),
    languageName(code),
  );
}

/** Return whether the summary has prevalences, so was made with documents. */
const hasPrevalence = () => summary.topics.some((topic) => isNumber(topic.overall));

/** Return the prevalence of a topic, over all languages or in one; null without a corpus. */
function prevalenceOf(topic, code) {
  return (code === "all" ? topic.overall : topic.prevalence?.[code]?.mean) ?? null;
}

/** Sort the topics by prevalence, over all languages or in one; by number without a corpus. */
function topicsByPrevalence(code = "all") {
  const share = (topic) => prevalenceOf(topic, code) ?? 0;
  return [...summary.topics].sort((one, other) => share(other) - share(one) || one.id - other.id);
}

/** Return the address of a view within this page: address({topic: 3}) is "#topic=3". */
function address(parameters) {
  const present = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
  return `#${new URLSearchParams(present)}`;
}
