// The page's address names the view, so that views can be linked to and the back button works.

/** Return the views by name, without those that have nothing to show. */
function viewsOf() {
  return {
    overview: { label: "Overview", draw: overviewView },
    topics: { label: "Topics", draw: topicsView },
    // Without shares, labels, dates or documents, an address of theirs says why.
    compare: { label: "Languages", draw: compareView, unlisted: !hasPrevalence() },
    labels: { label: "Labels", draw: labelsView, unlisted: !summary.labels },
    time: { label: "Over time", draw: timeView, unlisted: !summary.dates },
    documents: { label: "Documents", draw: documentsView, unlisted: !summary.documents },
    similarity: { label: "Similarity", draw: similarityView, unlisted: !(summary.similarity?.length > 1) },
    side: { label: "Side by side", draw: sideView, unlisted: summary.topics.length < 2 },
    about: { label: "About", draw: aboutView },
    ...(document.documentElement.dataset.live && { try: { label: "Try a text", draw: tryView } }),
  };
}

let views;
/** How far each view was scrolled, for the way back. */
const scrolled = new Map();
let currentAddress = null;
/** Whether the next change of address is a step forward, shown from its top, or one back. */
let forward = false;

function notFound(sentence) {
  return {
    title: "Not here",
    content: [make("h1", {}, "Not here"), make("p", {}, sentence, " "), make("a", { href: address({ view: "overview" }) }, "All topics")],
  };
}

/** Go to an address within the page; with stay, the position in the page is kept and no step back is added. */
function goTo(href, { stay = false } = {}) {
  if (!stay) {
    forward = true;
    if (location.hash === href) show();
    else location.hash = href;
    return;
  }
  history.replaceState(null, "", href);
  redraw();
}

/** Draw the view again, in the same place and with the focus where it was. */
function redraw() {
  const labelIn = (element) => element?.querySelector("label")?.textContent;
  const label = labelIn(document.activeElement?.closest?.(".choice"));
  const place = window.scrollY;
  draw();
  window.scrollTo(0, place);
  // The choice that was just used exists again, and keeps the focus.
  const again = [...document.querySelectorAll("#main .choice")].find((element) => labelIn(element) === label);
  again?.querySelector("select").focus({ preventScroll: true });
}

/** Draw the view of the address. */
function draw() {
  const parameters = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const main = document.getElementById("main");
  const { title, content } = viewFor(parameters);
  main.replaceChildren(...content.flat().filter(Boolean));
  releaseCharts();
  document.title = title ? `${title} – ${summary.title}` : summary.title;
  const current = isTopic(parameters) ? "topics" : parameters.search !== undefined ? null : (parameters.view ?? "overview");
  for (const link of document.querySelectorAll("#views a")) {
    if (link.dataset.view === current) {
      link.setAttribute("aria-current", "page");
      revealView(link);
    } else link.removeAttribute("aria-current");
  }
}

/** Scroll the line of views, as phones have it, to a view. */
function revealView(link) {
  const list = document.getElementById("views");
  list.scrollLeft = link.offsetLeft - list.offsetLeft - (list.clientWidth - link.offsetWidth) / 2;
}

/** Return whether an address is that of a topic's page; other views may name a topic, too. */
const isTopic = ({ topic, view }) => topic !== undefined && view === undefined;

function viewFor(parameters) {
  if (isTopic(parameters)) return topicView(parameters);
  if (parameters.search !== undefined) return searchView(parameters);
  const name = parameters.view ?? "overview";
  // An address may name anything, including a property of every object.
  const view = Object.hasOwn(views, name) ? views[name] : null;
  return view ? view.draw(parameters) : notFound("There is no such view in this report.");
}

/** Show the view of the address as a new page: from its top, with the focus on its heading. */
function show() {
  const first = currentAddress === null;
  draw();
  currentAddress = location.hash;
  if (!first) {
    focusHeading();
    window.scrollTo(0, forward ? 0 : (scrolled.get(currentAddress) ?? 0));
    forward = false;
  }
  // The address changes before the view does: programs that drive the page wait for this.
  document.documentElement.dataset.shown = currentAddress;
}

/** Move the focus to the heading of the view. */
function focusHeading() {
  const heading = document.querySelector("#main h1");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function listen() {
  history.scrollRestoration = "manual";
  addEventListener("hashchange", () => show());
  addEventListener("scroll", () => scrolled.set(location.hash, window.scrollY), { passive: true });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (!link) return;
    if (link.id === "skip") {
      // Not an address of a view.
      event.preventDefault();
      document.getElementById("main").focus();
    } else forward = true;
  });
  document.getElementById("top").addEventListener("click", () => {
    focusHeading();
    window.scrollTo(0, 0);
  });
  listenToLanguage(document.getElementById("reader"));
  searchBox(document.getElementById("search"), document.getElementById("offers"));
  listenToTheme();
}

function listenToTheme() {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const apply = (theme) => {
    root.dataset.theme = theme;
    button.setAttribute("aria-pressed", String(theme === "dark"));
    return redrawCharts();
  };
  button.addEventListener("click", () => {
    const theme = root.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(THEME_KEY, theme);
    } catch {
      // The choice then lasts as long as the page.
    }
    apply(theme);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => rememberedTheme() ?? apply(systemTheme()));
  // Paper is light.
  let before = null;
  addEventListener("beforeprint", () => {
    before = root.dataset.theme;
    apply("light");
  });
  addEventListener("afterprint", () => before && apply(before));
  button.setAttribute("aria-pressed", String(root.dataset.theme === "dark"));
}

function drawNavigation() {
  const listed = Object.entries(views).filter(([, { unlisted }]) => !unlisted);
  const items = listed.map(([name, { label }]) =>
    make("li", {}, make("a", { href: address({ view: name }), "data-view": name }, label)),
  );
  document.getElementById("views").replaceChildren(...items);
}

async function start() {
  const loaded = keepLoading();
  try {
    summary = JSON.parse(await embedded("summary"));
    startEditing();
    views = viewsOf();
    drawNavigation();
    listen();
    drawChanges();
    show();
    document.documentElement.dataset.ready = "true";
    await Promise.all([drawAll(), unpacking]);
    // What waits for the same comes first.
    await new Promise((resolve) => setTimeout(resolve));
  } catch (error) {
    const old = typeof DecompressionStream === "undefined";
    const sentence = old ? "This browser is too old for this page: use one of 2023 or later." : `This page can't be shown: ${error.message}.`;
    document.getElementById("main").replaceChildren(make("p", { class: "problem" }, sentence));
    if (!old) throw error;
  } finally {
    loaded();
  }
}

start();
