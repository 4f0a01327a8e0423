// The overview: what was found, and all topics.

function overviewView() {
  const parts = [
    section("Findings", findings()),
    section("Topics", mapWithList(), doubtNote(summary.topics), topicsButton()),
    section("Languages", languagesTable()),
  ];
  return {
    title: null,
    content: [
      make("h1", {}, make("span", { dir: "auto" }, summary.title)),
      make("p", { class: "lead" }, leadSentence()),
      jumpLinks(parts),
      parts,
      section("What this rests on", hiddenNote(), summary.sampled && make("p", { class: "note" }, summary.sampled), make("p", {}, make("a", { href: address({ view: "about" }) }, "Quality, training, settings and how to cite"))),
    ],
  };
}

/** Count topics, languages and documents in one sentence, without the languages if the title names them all. */
function leadSentence() {
  const names = summary.languages.map((language) => language.name);
  const documents = summary.languages.map((language) => language.documents);
  const count = `${summary.topics.length} ${summary.topics.length === 1 ? "topic" : "topics"}`;
  const named = names.every((name) => summary.title.includes(name));
  const shared = named ? `${names.length} languages` : formatList(names);
  if (!documents.every(isNumber)) return `${count} shared by ${shared}.`;
  const total = documents.reduce((sum, number) => sum + number, 0);
  return `${count} shared by ${shared}, in ${formatCount(total)} documents.`;
}

function languagesTable() {
  const counted = summary.languages.some((language) => isNumber(language.documents));
  const column = (label, key) => ({
    label,
    value: (language) => language[key],
    text: (language) => formatCount(language[key]),
    numeric: true,
  });
  return dataTable({
    caption: "languages",
    rows: summary.languages,
    columns: [
      { label: "language", value: (language) => language.name, node: (language) => languageMark(language.code), header: true },
      { label: "code", value: (language) => language.code },
      ...(counted ? [column("documents", "documents")] : []),
      column("words in the vocabulary", "words"),
      ...(counted ? [column("words in documents", "tokens")] : []),
    ],
  });
}
