// Topics renamed, merged and hidden in the page: at once everywhere, kept until discarded, and saved as a view file.

/** The summary as the page or the server gave it, to which changes are applied. */
let givenSummary;
/** The view that changes are told against, the current one, and those before it, for undoing. */
let [viewAtFirst, viewNow, viewsBefore] = [null, null, []];
/** What the server objected to, or what was wrong with a file; null for nothing. */
let editProblem = null;
/** Whether the server is at work on a change. */
let editing = false;
/** Whether a server computes what is changed; it may refuse. */
let serverEdits = Boolean(document.documentElement.dataset.live);

/** Return whether topics can be changed: the summary must say which view it shows. */
const canEdit = () => Boolean(viewNow);

/** Changes are kept for the model's topics and the view that the page was made with: another report begins afresh. */
const editsKey = () => ["gloctm-view", viewAtFirst.topics_fingerprint, contentOfView(viewAtFirst)].join("-");

// A title made by default counts the topics.
whenReplaced(() => document.querySelector(".brand span").replaceChildren(summary.title));

/** Begin: apply what the reader changed before. */
function startEditing() {
  givenSummary = summary;
  if (!summary.view?.groups) return;
  viewAtFirst = viewNow = orderedView(summary.view);
  if (serverEdits) return;
  const kept = keptView();
  if (kept) showView(kept);
}

/** Return the view that the reader made before, if it is of this model; null without one. */
function keptView() {
  try {
    const view = { ...viewAtFirst, ...JSON.parse(remembered(editsKey())) };
    return problemOfView({ ...view, format: "gloctm-view" }, viewAtFirst) ? null : orderedView(view);
  } catch {
    return null;
  }
}

/** Show a view: everything is drawn of the changed summary from now on. */
function showView(view) {
  viewNow = view;
  replaceSummary(changedSummary(givenSummary, view));
  const { groups, names, hidden } = view;
  remember(editsKey(), sameView(view, viewAtFirst) ? null : JSON.stringify({ groups, names, hidden }));
}

/** Change the view, draw everything again, and tell it; with a server, its answer is shown. */
async function changeView(view, told, { back = false } = {}) {
  if (editing) return;
  editProblem = null;
  if (sameView(view, viewNow)) {
    drawChanges();
    return;
  }
  let before = viewNow;
  if (serverEdits) {
    editing = true;
    drawChanges();
    try {
      const { answer, others, lost } = await viewFromServer(view);
      for (const theirs of others) followOthers(theirs);
      before = viewNow;
      givenSummary = answer;
      viewNow = orderedView(answer.view);
      replaceSummary(answer);
      if (lost) {
        editProblem = lost;
        redrawAll();
        return;
      }
    } catch (error) {
      if (error.status !== 403) {
        editProblem = error;
        return;
      }
      // The server takes no changes: they are then shown as far as they can be estimated here.
      serverEdits = false;
      editProblem = new Error(`${error.message} So changes are shown in this page only.`);
      showView(view);
    } finally {
      editing = false;
      drawChanges();
    }
  } else showView(view);
  viewsBefore = back ? viewsBefore.slice(0, -1) : [...viewsBefore, before];
  afterChange(told);
}

/** How often a change is tried again over those of others, before the reader is told. */
const MOST_TRIES = 5;

/**
 * Send a view to the server, which refuses it where someone else made another one since. It is then made again over
 * theirs; where both are about the same topics, theirs stands.
 *
 * @returns {Promise<{answer: object, others: object[], lost: Error | null}>} the summary that the server computed; the
 *   views that others made meanwhile, in turn; and what became of the change, if it is not shown
 */
async function viewFromServer(view) {
  const others = [];
  let [wanted, present, lost] = [view, viewNow, null];
  for (;;) {
    try {
      const { groups, names, hidden } = present;
      const body = { ...fileOfView(wanted), changes: { groups, names, hidden } };
      const response = await ask("api/view", JSON.stringify(body), { "Content-Type": "application/json" });
      return { answer: await response.json(), others, lost };
    } catch (error) {
      if (error.status !== 409 || !error.view || others.length === MOST_TRIES) throw error;
      const theirs = orderedView({ ...viewAtFirst, ...error.view });
      const both = lost ? null : joinedView(present, wanted, theirs);
      lost ??= both ? null : lostChange(present, wanted, theirs);
      // Without a change of one's own, the server computes theirs for this page.
      [wanted, present] = [both ?? theirs, theirs];
      others.push(theirs);
    }
  }
}

/** Say that someone else's change stands, and what is not shown for it. */
function lostChange(before, wanted, theirs) {
  return new Error(["Someone else changed the same topics before you, and that stands:", ...changesOf(theirs, before), "Your change is not shown:", ...changesOf(wanted, before), "Make it again if it should be so."].join(" "));
}

/** Take over what others changed since: it is not told as the reader's, and undoing leaves it. */
function followOthers(theirs) {
  const over = (view) => joinedView(viewNow, view, theirs);
  viewsBefore = viewsBefore.map(over).filter(Boolean);
  viewAtFirst = over(viewAtFirst) ?? theirs;
  viewNow = theirs;
}

/** Draw everything again after a change, and tell it. */
function afterChange(told) {
  redrawAll();
  announce(told);
}

/** Draw everything again. */
function redrawAll() {
  views = viewsOf();
  drawNavigation();
  const parameters = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (isTopic(parameters) && !topicOf(Number(parameters.topic))) goTo(address({ view: "topics" }));
  else redraw();
  drawChanges();
  // What was pressed is no longer there.
  if (document.activeElement === document.body) focusHeading();
}

/** Return the content of a view's file. */
function fileOfView({ groups, names, hidden }) {
  const { num_topics, corpus_fingerprint, seed, topics_fingerprint } = viewAtFirst;
  return { format: "gloctm-view", format_version: viewAtFirst.format_version ?? 1, num_topics, corpus_fingerprint, seed, topics_fingerprint, groups, names, hidden };
}

/** Save the view that is shown as a file that gloctm reads. */
function saveView() {
  saveBlob(new Blob([`${JSON.stringify(fileOfView(viewNow), null, 2)}\n`], { type: "application/json" }), fileName("view", "json"));
}

/** Merge groups of topics, by their numbers in the model, all in one step. */
function applyGroups(groups) {
  if (!canEdit()) return undefined;
  const next = groups.reduce((view, numbers) => mergedView(view, numbers), viewNow);
  return changeView(next, `Merged: ${countOf(next.groups.length, "topic")} now.`);
}

/** Return the number by which the view knows a topic. */
const numberInView = (topic) => topic.members.find((member) => groupOf(viewNow, member));

const titles = (topics) => formatList(topics.map((topic) => `“${topicTitle(topic)}”`));
const rename = (topic, name) => changeView(renamedView(viewNow, numberInView(topic), name), name.trim() ? `Topic ${topic.id} is now called “${name.trim()}”.` : `Topic ${topic.id} has its own name again.`);
const merge = (topics, name) => changeView(mergedView(viewNow, topics.flatMap((topic) => topic.members), name), `Merged ${titles(topics)}.`);
const hide = (topics) => changeView(hiddenView(viewNow, topics.flatMap((topic) => topic.members)), `Hid ${titles(topics)}.`);
const unhide = (number) => changeView(shownView(viewNow, [number]), `Topic ${number} is shown again.`);
const split = (topic) => changeView(splitView(viewNow, numberInView(topic)), `Split “${topicTitle(topic)}” again.`);
const undo = () => changeView(viewsBefore.at(-1), "The last change is undone.", { back: true });
const discard = () => changeView(viewAtFirst, "All your changes are discarded.");

/** Tell what a view changes of the one at first, or of another one, a sentence each. */
function changesOf(view, before = viewAtFirst) {
  const isNew = (group) => !before.groups.some((each) => String(each) === String(group));
  const first = (number) => before.groups.find((group) => group.includes(number));
  const merged = view.groups.filter((group) => group.length > 1 && isNew(group));
  const apart = before.groups.filter((group) => group.length > 1 && new Set(group.map((number) => groupOf(view, number)?.[0] ?? -1)).size > 1);
  const renamed = view.groups.filter(([number]) => view.names[number] && view.names[number] !== before.names[number]);
  const unnamed = view.groups.filter(([number]) => !view.names[number] && before.names[number]);
  const hidden = view.hidden.filter((number) => !before.hidden.includes(number));
  const shown = before.hidden.filter((number) => !view.hidden.includes(number));
  const list = (numbers) => formatList(numbers.map(String));
  return [
    ...merged.map((group) => `Topics ${list(group)} are one.`),
    ...apart.map((group) => `Topic ${first(group[0])[0]} is split: ${list(group)}.`),
    ...renamed.map(([number]) => `Topic ${number} is called “${view.names[number]}”.`),
    ...unnamed.map(([number]) => `Topic ${number} has its own name again.`),
    hidden.length > 0 && `${hidden.length === 1 ? "Topic" : "Topics"} ${list(hidden)} ${hidden.length === 1 ? "is" : "are"} hidden.`,
    shown.length > 0 && `${shown.length === 1 ? "Topic" : "Topics"} ${list(shown)} ${shown.length === 1 ? "is" : "are"} shown again.`,
  ].filter(Boolean);
}

/** Name the topics that the page has no figures of: some of their members were hidden or merged when it was made. */
function pendingTopics() {
  return partsOfView(givenSummary.topics, viewNow)
    .filter(({ whole }) => !whole)
    .map(({ group }) => group.join(" + "));
}

const REPORT_COMMAND = "gloctm report MODEL --corpus CORPUS --view FILE -o NEW.html";

/** Draw the bar that says what was changed; it is empty without changes. */
function drawChanges() {
  const bar = document.getElementById("changes");
  const changes = canEdit() ? changesOf(viewNow) : [];
  bar.hidden = !changes.length && !viewsBefore.length && !editProblem && !editing;
  if (bar.hidden) {
    bar.replaceChildren();
    return;
  }
  const open = bar.querySelector("details")?.open ?? false;
  const pending = pendingTopics();
  const estimated = summary.topics.some((topic) => topic.estimated);
  const button = (label, act, attributes = {}) => make("button", { type: "button", class: "quiet", onclick: () => editing || act(), "aria-disabled": editing ? "true" : null, ...attributes }, label);
  bar.replaceChildren(
    make(
      "div",
      { class: "changes-head" },
      changes.length > 0
        ? make(
            "details",
            { open },
            make("summary", {}, changes.length === 1 ? "You changed 1 thing" : `You changed ${changes.length} things`),
            make("ul", {}, changes.map((change) => make("li", { dir: "auto" }, change))),
            estimated && make("p", { class: "note" }, "Figures of merged topics are estimated here. They are exact in a new report: save the view file, then ", make("code", {}, REPORT_COMMAND), "."),
          )
        : make("p", {}, "Nothing is changed."),
      make("div", { class: "buttons" }, changes.length > 0 && button("Save view file", saveView, { class: "main" }), viewsBefore.length > 0 && button("Undo", undo), changes.length > 0 && button("Discard all", discard)),
    ),
    ...[
      editing && make("p", { class: "note" }, "The server is computing the change…"),
      editProblem && make("p", { class: "problem" }, editProblem.message),
      editProblem?.wantsToken && tokenForm(),
      pending.length > 0 && make("p", { class: "note" }, `This page has no figures of topic ${formatList(pending)} as it is now. A new report has them: save the view file, then `, make("code", {}, REPORT_COMMAND), "."),
    ].filter(Boolean),
  );
}

/** Say which figures of a merged topic are estimated; null for others. */
function estimatedNote(topic) {
  if (!topic.estimated) return null;
  return make(
    "p",
    { class: "note estimated" },
    make("b", {}, "Estimated. "),
    `Shares add up exactly; their intervals are at least as wide as the exact ones. It may be the main topic of more documents than are counted. ${byCoherence() ? "Words are the best of the merged topics; their probabilities, similarity" : "Words, similarity"} and the place on the map are averages of the merged topics. Exact after `,
    make("code", {}, "gloctm report --view FILE"),
    ".",
  );
}

/** Make the tools of a topic's page: rename, merge, hide, split. */
function topicTools(topic) {
  if (!canEdit()) return null;
  const form = make("div", { class: "tool-form" });
  const buttons = [];
  let opened = null;

  function tool(label, build) {
    const button = make("button", { type: "button", class: "quiet", "aria-expanded": "false" }, label);
    button.addEventListener("click", () => toggle(button, build));
    buttons.push(button);
    return button;
  }

  function toggle(button, build) {
    const close = opened === button;
    for (const each of buttons) each.setAttribute("aria-expanded", "false");
    form.replaceChildren(...(close ? [] : [build(() => toggle(button, build))]));
    opened = close ? null : button;
    if (close) button.focus();
    else {
      button.setAttribute("aria-expanded", "true");
      const field = form.querySelector("input, select");
      field.focus();
      // Typing replaces the former name.
      field.select?.();
    }
  }

  const act = (label, run) => make("button", { type: "button", class: "quiet", onclick: run }, label);
  const several = summary.topics.length > 1;
  return make(
    "div",
    { class: "tools", role: "group", "aria-label": "Change this topic" },
    tool("Rename", (close) => renameForm(topic, close)),
    several && tool("Merge with…", (close) => mergeForm(topic, close)),
    several && act("Hide", () => hide([topic])),
    topic.members.length > 1 && act("Split again", () => split(topic)),
    form,
  );
}

/** Make a form of one line, with buttons to do and to leave it. */
function lineForm(field, label, doIt, close, ...more) {
  const form = make(
    "form",
    { class: "row", onkeydown: (event) => event.key === "Escape" && close() },
    field,
    make("button", { class: "main" }, label),
    ...more,
    make("button", { type: "button", class: "quiet", onclick: close }, "Cancel"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    doIt();
  });
  return form;
}

function renameForm(topic, close) {
  const id = freshId("name");
  const input = make("input", { id, dir: "auto", maxlength: String(MOST_OF_NAME), size: "30", autocomplete: "off", required: true });
  input.value = topicTitle(topic);
  const given = viewNow.names[groupOf(viewNow, numberInView(topic))[0]];
  const field = make("div", { class: "choice" }, make("label", { for: id }, "Name, in all languages"), input);
  return lineForm(field, "Save", () => rename(topic, input.value), close, given && make("button", { type: "button", class: "quiet", onclick: () => rename(topic, "") }, "Its own name"));
}

function mergeForm(topic, close) {
  const similar = new Map(topic.similar);
  const others = summary.topics.filter((each) => each !== topic).sort((one, other) => (similar.get(other.id) ?? -1) - (similar.get(one.id) ?? -1) || one.id - other.id);
  const field = choice("Merge with (the most similar first)", others.map((other) => [other.id, topicText(other)]), others[0].id, () => {});
  const chosen = () => topicNumbered(Number(field.querySelector("select").value));
  return lineForm(field, "Merge", () => merge([topic, chosen()]), close, make("a", { href: address({ view: "topics" }) }, "Merge several"));
}

/** Topics chosen in the table of all, by their ids. */
const chosenTopics = new Set();
whenReplaced(() => chosenTopics.clear());

/** Make the column of the table of topics in which they are chosen; null where they can't be changed. */
function chosenColumn() {
  if (!canEdit()) return null;
  return {
    label: "choose",
    kind: "chosen-here",
    unsaved: true,
    value: (topic) => Number(chosenTopics.has(topic.id)),
    node: (topic) => {
      const box = make("input", { type: "checkbox", class: "choose", "aria-label": `Choose ${topicText(topic)}` });
      box.checked = chosenTopics.has(topic.id);
      box.addEventListener("change", () => {
        if (box.checked) chosenTopics.add(topic.id);
        else chosenTopics.delete(topic.id);
        drawTableTools();
      });
      return box;
    },
  };
}

/** Make the tools below the table of topics. */
function tableTools() {
  if (!canEdit()) return null;
  return make("div", { class: "tools table-tools", role: "group", "aria-label": "Change topics" }, ...tableToolParts());
}

function drawTableTools() {
  document.querySelector(".table-tools")?.replaceChildren(...tableToolParts());
}

function tableToolParts() {
  const chosen = () => summary.topics.filter((topic) => chosenTopics.has(topic.id));
  const count = chosen().length;
  const able = count > 1;
  const button = (label, enabled, run) => make("button", { type: "button", class: "quiet", disabled: !enabled, onclick: run }, label);
  const says = count ? `${countOf(count, "topic")} chosen` : "Choose topics to merge or hide them.";
  return [
    make("p", { class: "note", role: "status" }, says),
    button("Merge them", able, () => merge(chosen())),
    button("Hide them", count > 0 && count < summary.topics.length, () => hide(chosen())),
    button("Choose none", count > 0, () => {
      chosenTopics.clear();
      for (const box of document.querySelectorAll("input.choose")) box.checked = false;
      drawTableTools();
    }),
  ];
}

/** List hidden topics, each with a button that shows it again, and the view's file; null where nothing can be changed. */
function viewPart() {
  if (!canEdit()) return null;
  const id = freshId("view");
  const input = make("input", { type: "file", id, accept: ".json,application/json" });
  input.addEventListener("change", () => loadView(input.files[0]));
  return [
    viewNow.hidden.length > 0 && section("Hidden topics", make("ul", { class: "plain hidden-topics" }, viewNow.hidden.map(hiddenTopic))),
    make(
      "section",
      { class: "view-file" },
      make("h2", {}, "View file"),
      make("p", { class: "note" }, "A view file keeps names, merged and hidden topics. gloctm report, serve, documents and reduce take it by ", make("code", {}, "--view FILE"), ", Python by ", make("code", {}, "TopicView.load"), "."),
      make("div", { class: "row" }, make("button", { type: "button", onclick: saveView }, "Save the view shown"), make("div", { class: "choice" }, make("label", { for: id }, "Load a view file"), input)),
    ),
  ];
}

function hiddenTopic(number) {
  const known = givenSummary.topics.find((topic) => topic.members.includes(number));
  return make("li", {}, make("button", { type: "button", class: "quiet", onclick: () => unhide(number) }, "Show again"), " ", known ? [make("span", { class: "number" }, String(number)), " ", topicName(known)] : `topic ${number}`);
}

/** Load a view's file. */
async function loadView(file) {
  if (!file) return;
  let content = null;
  try {
    content = JSON.parse(await file.text());
  } catch {
    // Said below.
  }
  const problem = problemOfView(content, { format_version: 1, ...viewAtFirst });
  if (problem) {
    editProblem = new Error(`${file.name}: ${problem}`);
    drawChanges();
    announce(editProblem.message);
    return;
  }
  const { groups, names, hidden } = content;
  changeView(orderedView({ ...viewAtFirst, groups, names, hidden }), `The view of ${file.name} is shown.`);
}
