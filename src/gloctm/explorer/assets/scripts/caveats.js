// What the figures do and do not say: a page is sent on without its documentation.

/** Documents below which the mean of a period is hardly more than those very documents. */
const FEW_DOCUMENTS = 20;

const DOUBT = "⚠\uFE0E";

const ENCODERS = {
  global: "the model's global encoder, which is one for all languages",
  local: "the encoder of each language, which evens out part of what languages differ in",
  both: "the mean of the global encoder and of each language's own",
  context: "the words of each document in the space of contexts that all languages share",
};

/** By which encoder proportions were inferred, in words. */
const inferredBy = () => ENCODERS[summary.inference] ?? summary.inference;

/** Said of shares where they are soft, as by the encoders of the published method; of others nothing. */
const softShares = (text) => summary.inference !== "context" && text;

/** What is compared, what its intervals hold, and where it means little. */
function comparisonNotes(comparisons) {
  const chance = Math.round(comparisons / 20);
  return make(
    "div",
    { class: "caveats" },
    make(
      "p",
      {},
      make("b", {}, "The figure"),
      ` is the mean share of a document: how much of a document of the language is about the topic, on average, as inferred by ${inferredBy()}. `,
      softShares("Shares are soft, so differences are understated: go by signs and order rather than by sizes."),
    ),
    make(
      "p",
      {},
      make("b", {}, "The interval"),
      " holds the chance of which documents were written, each taken as independent of the others; not the errors of the model, nor that another seed would find other topics. ",
      chance > 0 && `Of ${formatCount(comparisons)} comparisons about ${formatCount(chance)} ${chance === 1 ? "sticks" : "stick"} out by chance alone. `,
      "Look at the documents of both sides before you report a difference.",
    ),
    doubtNote(summary.topics),
  );
}

/** What the mark of doubt means, where a topic has one. */
function doubtNote(topics) {
  const doubted = topics.filter((topic) => topic.doubtful.length);
  if (!doubted.length) return null;
  const which = doubted.length === 1 ? "One topic has" : `${doubted.length} topics have`;
  return make(
    "p",
    { class: "doubt-note" },
    make("b", {}, DOUBT),
    ` ${which} a language whose words agree little with those of the other languages: there it is probably about something else, and comparing shares means little. A topic that a language hardly has is often filled with another theme of it.`,
  );
}

/** The languages in doubt of a topic, by name. */
const doubtedNames = (topic) => topic.doubtful.map(languageName);

/** What stands beside a figure that is in doubt. */
function doubtMark(topic) {
  const names = formatList(doubtedNames(topic));
  return make("span", { class: "doubt", title: `The words in ${names} agree little with those of the other languages.` }, ` ${DOUBT}`, make("span", { class: "offscreen" }, ` in doubt: ${names}`));
}

/** How well a topic's words agree across languages, as a sentence with its warning; null with one language. */
function agreementPart(topic) {
  if (!topic.agreement) return null;
  const figures = summary.languages
    .filter(({ code }) => isNumber(topic.agreement[code]))
    .map(({ code, name }) => `${name} ${formatDecimal(topic.agreement[code])}`);
  return [
    topic.doubtful.length > 0 &&
      make(
        "p",
        { class: "problem doubt-note" },
        `${DOUBT} The words in ${formatList(doubtedNames(topic))} agree little with those of the other languages: there this topic is probably about something else. Comparing its shares between languages means little.`,
      ),
    figures.length > 0 &&
      make("p", { class: "note" }, `How well each language's words agree with those of the others (cosine, 1 is best): ${figures.join(", ")}.`),
  ];
}

/** "7 documents in English and 3 in German have no date and are left out."; null where none is left out. */
function leftOutNote(counts, what) {
  const parts = summary.languages
    .filter(({ code }) => counts?.[code] > 0)
    .map(({ code, name }, place) => `${formatCount(counts[code])}${place ? "" : counts[code] === 1 ? " document" : " documents"} in ${name}`);
  if (!parts.length) return null;
  const one = parts.length === 1 && parts[0].startsWith("1 ");
  return make("p", { class: "note" }, `${formatList(parts)} ${one ? "has" : "have"} no ${what} and ${one ? "is" : "are"} left out.`);
}

/** That topics of the model are hidden. */
function hiddenNote() {
  if (!summary.hidden.length) return null;
  const [noun, verb] = summary.hidden.length === 1 ? ["topic", "is"] : ["topics", "are"];
  const sums = hasPrevalence() ? ": proportions of those shown add up to less than 100%" : "";
  return make("p", { class: "note" }, `The model's ${noun} ${formatList(summary.hidden.map(String))} ${verb} hidden here${sums}.`);
}
