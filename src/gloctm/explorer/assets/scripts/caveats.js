// What the figures do and do not say: readers receive the page without the documentation.

/** The mean of a period with fewer documents is mostly chance. */
const FEW_DOCUMENTS = 20;

const DOUBT = "⚠\uFE0E";

const ENCODERS = {
  global: "the model's global encoder, one for all languages",
  local: "the encoder of each language, which removes some of the differences between languages",
  both: "the mean of the global encoder and the encoder of each language",
  context: "the words of each document in the space of contexts that all languages share",
};

/** Name the encoder that inferred the proportions. */
const inferredBy = () => ENCODERS[summary.inference] ?? summary.inference;

/** Return the text if shares are soft, as those of the published method are. */
const softShares = (text) => summary.inference !== "context" && text;

/** Explain what is compared, what its intervals cover, and where it means little. */
function comparisonNotes(comparisons) {
  const chance = Math.round(comparisons / 20);
  // On a phone, they would take the first two screens.
  const phone = matchMedia("(width <= 44rem)").matches;
  const paragraphs = make(
    "div",
    { class: "caveats" },
    make(
      "p",
      {},
      make("b", {}, "The figure"),
      ` is the mean share of a document: how much of a document of the language is about the topic, on average, as inferred by ${inferredBy()}. `,
      softShares("Shares are soft, so differences are understated: trust their signs and order more than their sizes."),
    ),
    make(
      "p",
      {},
      make("b", {}, "The interval"),
      " covers sampling error only, for independent documents. It does not cover errors of the model, or that another seed would find other topics. ",
      chance > 0 && `Of ${formatCount(comparisons)} comparisons, about ${formatCount(chance)} ${chance === 1 ? "looks" : "look"} clear by chance alone. `,
      "Look at the documents of both sides before you report a difference.",
    ),
    doubtNote(summary.topics),
  );
  return phone ? make("details", { class: "folded-caveats" }, make("summary", {}, "What these figures say, and what not"), paragraphs) : paragraphs;
}

/** Explain the mark of doubt, if a topic has one. */
function doubtNote(topics) {
  const doubted = topics.filter((topic) => topic.doubtful.length);
  if (!doubted.length) return null;
  const which = doubted.length === 1 ? "One topic has" : `${doubted.length} topics have`;
  return make(
    "p",
    { class: "doubt-note" },
    make("b", {}, DOUBT),
    ` ${which} a language whose words agree little with those of the other languages: there it is probably about something else, and comparing shares means little. A topic that a language hardly has often holds another theme of that language.`,
  );
}

/** Name the doubtful languages of a topic. */
const doubtedNames = (topic) => topic.doubtful.map(languageName);

/** Make the mark next to a doubtful figure. */
function doubtMark(topic) {
  const names = formatList(doubtedNames(topic));
  return make("span", { class: "doubt", title: `The words in ${names} agree little with those of the other languages.` }, ` ${DOUBT}`, make("span", { class: "offscreen" }, ` in doubt: ${names}`));
}

/** Say how well a topic's words agree across languages; null with one language. */
function agreementPart(topic) {
  if (!topic.agreement) return null;
  const figures = summary.languages
    .filter(({ code }) => isNumber(topic.agreement[code]))
    .map(({ code, name }) => `${name} ${formatDecimal(topic.agreement[code])}`);
  return figures.length ? make("p", { class: "note" }, `How well each language's words agree with those of the others (cosine, 1 is best): ${figures.join(", ")}.`) : null;
}

/** Warn of a topic that has a doubtful language; null for others. */
function doubtWarning(topic) {
  if (!topic.doubtful.length) return null;
  return make(
    "p",
    { class: "warning doubt-note" },
    make("b", {}, DOUBT),
    ` The words in ${formatList(doubtedNames(topic))} agree little with those of the other languages: there this topic is probably about something else. Comparing its shares between languages means little.`,
  );
}

/** "7 documents in English and 3 in German have no date and are left out."; null if none is left out. */
function leftOutNote(counts, what) {
  const parts = summary.languages
    .filter(({ code }) => counts?.[code] > 0)
    .map(({ code, name }, place) => `${formatCount(counts[code])}${place ? "" : counts[code] === 1 ? " document" : " documents"} in ${name}`);
  if (!parts.length) return null;
  const one = parts.length === 1 && parts[0].startsWith("1 ");
  return make("p", { class: "note" }, `${formatList(parts)} ${one ? "has" : "have"} no ${what} and ${one ? "is" : "are"} left out.`);
}

/** Say which topics of the model are hidden. */
function hiddenNote() {
  if (!summary.hidden.length) return null;
  const [noun, verb] = summary.hidden.length === 1 ? ["topic", "is"] : ["topics", "are"];
  const sums = hasPrevalence() ? ", so the proportions of the others add up to less than 100%" : "";
  return make("p", { class: "note" }, `The model's ${noun} ${formatList(summary.hidden.map(String))} ${verb} hidden here${sums}.`);
}
