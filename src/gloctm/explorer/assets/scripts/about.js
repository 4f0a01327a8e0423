// About the model and the report: how good the topics are, how they were made, how to cite them.

function aboutView() {
  const parts = [
    summary.quality.length > 0 && section("Quality", ...qualityTables(), changedNote()),
    section("What the figures say", figuresPart()),
    summary.history?.epoch?.length > 0 && section("Training", trainingCurve()),
    section("Settings", settingsPart()),
    section("Cite", citationPart()),
  ].filter(Boolean);
  return {
    title: "About",
    content: [
      make("h1", {}, "About these topics"),
      make("p", { class: "lead" }, "How good they are, how they were made, and how to cite them."),
      jumpLinks(parts),
      parts,
    ],
  };
}

/** Say that measures are of the topics before they were merged or hidden in the page; null if none was. */
function changedNote() {
  const changed = summary.topics.some((topic) => topic.estimated);
  return changed ? make("p", { class: "note" }, "These measures are of the topics as they were before you merged some here.") : null;
}

/** Explain the figures of all views. */
function figuresPart() {
  return make(
    "ul",
    { class: "explained" },
    hasPrevalence() && make("li", {}, make("b", {}, "Share: "), `how much of a document is about a topic, on average over the documents of a language, as inferred by ${inferredBy()}. The overall share gives all languages equal weight. `, softShares("Shares are soft: topics that are hardly present have some, too.")),
    hasPrevalence() && make("li", {}, make("b", {}, "Mainly about: "), "the documents of which the topic is the largest one."),
    hasPrevalence() && make("li", {}, make("b", {}, "Interval: "), "95%, from the documents at hand. It does not cover errors of the model, or that another seed would find other topics."),
    make("li", {}, make("b", {}, "Words: "), "in the model's order unless you choose another. Relevance λ orders them from the topic's most frequent words to its most specific ones (Sievert and Shirley 2014)."),
    summary.languages.length > 1 && make("li", {}, make("b", {}, `Doubt ${DOUBT}: `), "the words of a language agree little with those of the others (cosine below 0.6), so the topic is probably about something else there."),
  );
}
