// What the measures of quality say.

/** By the names that `gloctm evaluate` prints. Of each, higher is better. */
const MEASURES_SAY = {
  TU: "how far a topic's top words are its own; 1: no word is in two topics",
  "topic diversity": "the share of different words among the top words of all topics",
  "inverted RBO": "how little topics share their top words, the first counting most; 1: nothing",
  "CNPMI, published counting": "whether words of two languages stand in aligned documents of a reference corpus; around 0: no more than by chance",
  "CNPMI, document counting": "the same with documents counted once, −1 to 1",
  TQ: "CNPMI, where it is above 0, times topic uniqueness",
  "quality in the corpus": "coherence in the corpus itself times uniqueness",
  NPMI: "whether words of a topic stand in the same documents of a reference corpus, −1 to 1; 0: no more than by chance",
  "words in the reference corpus": "the share of top words that the reference corpus has, on which the others rest",
  "NPMI in the corpus": "whether words of a topic stand in the same documents of this corpus, −1 to 1; 0: no more than by chance, below 0 is common in short texts",
  c_v: "whether words of a topic have like contexts in a reference corpus, in practice 0.2 to 0.8",
  "translation agreement": "how often top words have a translation among the top words of the other language",
  "words in the dictionary": "the share of top words that the dictionary has, on which agreement rests",
  "accuracy within languages": "how often a classifier tells labels from topic proportions",
  "accuracy across languages": "the same, taught in one language and asked in another",
  "macro-F1 within languages": "how well labels are told, each label counting alike",
  "macro-F1 across languages": "the same, taught in one language and asked in another",
  purity: "the share of documents that have the label most frequent in their main topic",
  NMI: "what main topics and labels tell of each other, 0 to 1",
  "purity, languages pooled": "purity of the documents of all languages together",
  "NMI, languages pooled": "NMI of the documents of all languages together",
  "translations found, MRR": "how high up a document's translation is among those nearest to it; 1: always first",
  "translations found first": "the share of documents whose translation is the nearest to them",
  "translations found in ten": "the share of documents whose translation is among the ten nearest",
  stability: "how alike the topics of several seeds are, 0 to 1",
};

/** A measure's name, and what it says. */
function measureName(measure) {
  const says = MEASURES_SAY[measure];
  return make("span", {}, measure, says && make("span", { class: "says" }, `${says} (higher is better)`));
}

/** What a measure was taken of, in words: "zh from en" is "Chinese from English", "en zh" is "English and Chinese". */
function whereText(where) {
  if (where === "all") return "all languages";
  const parts = where.split(" ").map((part) => (part === "from" ? part : languageName(part)));
  return parts.includes("from") ? parts.join(" ") : parts.join(" and ");
}
