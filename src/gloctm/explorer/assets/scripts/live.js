// "Try a text": the model answers for texts of the reader's own. Only in pages that a server hands out.

/** Topics of a text that are shown. */
const MOST_TOPICS = 8;

/** What a server that wants one was given as its token; kept for as long as the page is open. */
let token = null;

/** Ask the server; its errors become sentences. */
async function ask(path, body, headers = {}) {
  const authorization = token ? { Authorization: `Bearer ${token}` } : {};
  let response;
  try {
    response = await fetch(path, { method: "POST", body, headers: { ...headers, ...authorization } });
  } catch {
    throw new Error("The server can't be reached.");
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  const error = new Error(typeof told.detail === "string" ? told.detail : `The server answered ${response.status}.`);
  error.wantsToken = response.status === 401;
  throw error;
}

function tryView() {
  return {
    title: "Try a text",
    content: [
      make("h1", {}, "Try a text"),
      make("p", { class: "lead" }, "Type or paste a text in any language that the model's encoder knows, and see what it is about."),
      textForm(),
      section("Many texts at once", fileForm()),
    ],
  };
}

/** Languages to choose from; the first lets the server tell. */
function languageChoice() {
  return choice("Language", [["", "identify it"], ...summary.languages.map(({ code, name }) => [code, name])], "", () => {});
}

function textForm() {
  const text = make("textarea", { id: "text", rows: "6", dir: "auto", required: true });
  const language = languageChoice();
  const result = make("div", { class: "result", role: "status" });
  const button = make("button", { class: "main" }, "Find its topics");
  const form = make(
    "form",
    {},
    make("label", { for: "text" }, "Text"),
    text,
    make("div", { class: "row" }, language, button),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const document = { text: text.value, lang: language.querySelector("select").value || null };
    run(button, result, async () => {
      const body = JSON.stringify({ documents: [document], explain: true });
      const response = await ask("api/transform", body, { "Content-Type": "application/json" });
      const { documents } = await response.json();
      return textResult(document.text, documents[0]);
    });
  });
  return make("div", {}, form, result);
}

/** Do something that takes a while: once at a time, its outcome or its error shown. */
async function run(button, place, work) {
  if (button.getAttribute("aria-disabled")) return;
  button.setAttribute("aria-disabled", "true");
  place.replaceChildren(make("p", { class: "note" }, "One moment…"));
  try {
    place.replaceChildren(await work());
  } catch (error) {
    place.replaceChildren(make("p", { class: "problem" }, error.message), ...(error.wantsToken ? [tokenForm()] : []));
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** A server that is open to others asks for a token. */
function tokenForm() {
  const input = make("input", { type: "password", autocomplete: "off", id: "token" });
  const form = make("form", { class: "row" }, make("label", { for: "token" }, "Token of the server"), input, make("button", {}, "Use it"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    token = input.value.trim() || null;
    form.replaceWith(make("p", {}, "Now try again."));
  });
  return form;
}

/** A text's topics, and its words that led there. */
function textResult(text, { lang, theta, words }) {
  const identified = lang ? [make("p", { class: "note" }, `Language: ${languageName(lang)}.`)] : [];
  if (!theta?.every(isNumber)) return make("div", {}, identified, make("p", {}, "The model knows no word of this text."));
  const shares = theta
    .map((share, place) => ({ share, topic: summary.topics[place] }))
    .filter(({ topic }) => topic)
    .sort((one, other) => other.share - one.share)
    .slice(0, MOST_TOPICS);
  const marked = markedText(text, words.map(({ start, end }) => [start, end]), (number) => wordAttributes(words[number]));
  return make(
    "div",
    {},
    identified,
    make("h2", {}, "Its topics"),
    make("ol", { class: "bars topic-list" }, shares.map(({ share, topic }) => {
      const bar = make("span", { class: "bar", "aria-hidden": "true" });
      bar.style.width = `${100 * share}%`;
      return make("li", {}, bar, topicLink(topic), make("span", { class: "figures" }, formatPercent(share)));
    })),
    make("h2", {}, "The words that led there"),
    make("p", { class: "document text", lang: languageTag(lang), dir: "auto" }, marked),
    wordsTable(words),
  );
}

/** What a marked word is told of when pointed to. */
function wordAttributes({ topics }) {
  return { title: topics.map(([id]) => (topicNumbered(id) ? topicText(topicNumbered(id)) : `Topic ${id}`)).join("; ") };
}

function wordsTable(words) {
  return dataTable({
    caption: "words of the text",
    rows: words,
    columns: [
      { label: "word", value: ({ word }) => word, node: ({ word }) => make("span", { dir: "auto" }, word), header: true },
      {
        label: "weighs most in",
        value: ({ topics }) => topics.map(([id]) => id).join(" "),
        node: ({ topics }) =>
          make(
            "ul",
            { class: "plain" },
            topics.map(([id, weight]) => {
              const topic = topicNumbered(id);
              return make("li", {}, topic ? topicLink(topic) : String(id), ` ${formatDecimal(weight)}`);
            }),
          ),
      },
    ],
  });
}

function fileForm() {
  const file = make("input", { type: "file", id: "file", required: true });
  const format = choice("Result as", [["csv", "CSV"], ["jsonl", "JSON lines"]], "csv", () => {});
  const result = make("div", { class: "result", role: "status" });
  const button = make("button", { class: "main" }, "Upload and save the result");
  const form = make(
    "form",
    {},
    make("label", { for: "file" }, "A file of texts: JSON lines or CSV"),
    file,
    make("div", { class: "row" }, format, button),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(button, result, async () => {
      const ending = format.querySelector("select").value;
      const body = new FormData();
      body.append("file", file.files[0]);
      body.append("format", ending);
      const response = await ask("api/transform/file", body);
      const name = fileName(`theta ${file.files[0].name.replace(/\.[^.]*$/, "")}`, ending);
      saveBlob(await response.blob(), name);
      return make("p", {}, `Saved as ${name}.`);
    });
  });
  return make("div", {}, form, result);
}
