// Building elements. Data becomes text or the value of an attribute, never markup.

/**
 * Make an element with attributes, listeners (names that begin with "on") and children.
 * Attributes that are null or false are left out, children too; strings become text.
 */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Make an element of SVG. */
function makeSvg(tag, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Make a section with a heading of the second level. */
function section(title, ...children) {
  return make("section", {}, make("h2", {}, title), ...children);
}

/** Make buttons that lead to the sections of a page, or to [name, element]; phones show them, where the page is long. */
function jumpLinks(sections) {
  const named = sections.filter(Boolean).map((part) => {
    if (Array.isArray(part)) return [part[0], part[1], part[1]];
    const heading = part.querySelector("h2");
    return [heading.textContent, heading, part];
  });
  if (named.length < 2) return null;
  return make(
    "nav",
    { class: "jumps", "aria-label": "On this page" },
    named.map(([name, focused, element]) =>
      make("button", { type: "button", class: "quiet", onclick: () => jumpTo(focused, element) }, name),
    ),
  );
}

/** Scroll to a section, and go on reading there. */
function jumpTo(heading, element) {
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  element.scrollIntoView({ block: "start" });
}

/** Make a labeled choice of one among several: options are [value, text] or [value, text, attributes]. */
function choice(label, options, chosen, onChange) {
  const id = freshId("choice");
  const select = make(
    "select",
    { id, onchange: (event) => onChange(event.target.value) },
    options.map(([value, text, attributes = {}]) =>
      make("option", { value, selected: String(value) === String(chosen), ...attributes }, text),
    ),
  );
  return make("div", { class: "choice" }, make("label", { for: id }, label), select);
}

/** Make the bar behind a line of a list, with its share of the longest bar. */
function barOf(share) {
  const bar = make("span", { class: "bar", "aria-hidden": "true" });
  bar.style.width = `${Math.max(0, 100 * share)}%`;
  return bar;
}

/** Announce a text to screen readers. */
function announce(text) {
  document.getElementById("announcements").textContent = text;
}

let lastNumber = 0;
/** Return an id that no other element has. */
function freshId(prefix) {
  lastNumber += 1;
  return `${prefix}-${lastNumber}`;
}
