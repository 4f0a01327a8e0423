// What the measures of quality say.

/** By the names that `gloctm evaluate` prints. Higher is better for all of them. */
const MEASURES_SAY = {
  TU: "how far topics do not share their top words; 1: no word is in two topics",
  "topic diversity": "the share of distinct words among the top words of all topics",
  "inverted RBO": "how little topics share their top words, where the first ones count most; 1: nothing shared",
  "CNPMI, published counting": "whether words of two languages occur in aligned documents of a reference corpus; around 0: no more than by chance",
  "CNPMI, document counting": "the same with documents counted once, −1 to 1",
  TQ: "CNPMI, if above 0, times topic uniqueness",
  "quality in the corpus": "coherence in the corpus itself times uniqueness",
  NPMI: "whether words of a topic occur in the same documents of a reference corpus, −1 to 1; 0: no more than by chance",
  "words in the reference corpus": "the share of top words that the reference corpus has, on which the others rest",
  "NPMI in the corpus": "below 0 is usual for short texts and small corpora, where even related words rarely meet in one document, and says little by itself: compare it with other models of the same corpus. It tells whether words of a topic occur in the same documents of this corpus, −1 to 1; 0: no more than by chance",
  c_v: "whether words of a topic have similar contexts in a reference corpus, in practice 0.2 to 0.8",
  "translation agreement": "how often top words have a translation among the top words of the other language",
  "words in the dictionary": "the share of top words that the dictionary has, on which agreement rests",
  "accuracy within languages": "how often a classifier predicts labels from topic proportions",
  "accuracy across languages": "the same, trained in one language and tested in another",
  "macro-F1 within languages": "how well labels are predicted, with equal weight of labels",
  "macro-F1 across languages": "the same, trained in one language and tested in another",
  purity: "the share of documents that have the label most frequent in their main topic",
  NMI: "how well main topics and labels predict each other, 0 to 1",
  "purity, languages pooled": "purity of the documents of all languages together",
  "NMI, languages pooled": "NMI of the documents of all languages together",
  "translations found, MRR": "how high a document's translation ranks among the nearest documents; 1: always first",
  "translations found first": "the share of documents whose translation is the nearest one",
  "translations found in ten": "the share of documents whose translation is among the ten nearest",
  stability: "how similar the topics of several seeds are, 0 to 1",
};

/** Make a measure's name, and what it says. */
function measureName(measure) {
  const says = MEASURES_SAY[measure];
  return make("span", {}, measure, says && make("span", { class: "says" }, `${says} (higher is better)`));
}

/** Say what a measure is of: "zh from en" is "Chinese from English", "en zh" is "English and Chinese". */
function whereText(where) {
  if (where === "all") return "all languages";
  const parts = where.split(" ").map((part) => (part === "from" ? part : languageName(part)));
  return parts.includes("from") ? parts.join(" ") : parts.join(" and ");
}
