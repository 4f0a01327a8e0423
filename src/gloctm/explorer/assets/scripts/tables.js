// Tables that sort, copy and save themselves.

/** Compare two values: numbers by size, texts by their letters, missing ones last in both directions. */
function compareValues(one, other, direction) {
  const missing = (value) => value === null || value === undefined || Number.isNaN(value);
  if (missing(one) || missing(other)) return Number(missing(one)) - Number(missing(other));
  const order = typeof one === "number" ? one - other : String(one).localeCompare(String(other));
  return direction === "ascending" ? order : -order;
}

const classOf = ({ numeric, kind, header }) => [numeric && "numeric", header && "of-row", kind].filter(Boolean).join(" ") || null;

/**
 * Make a table.
 *
 * @param {string} options.caption what it shows, for screen readers and the file's name
 * @param {object[]} options.columns each {label, value(row), text?(row), node?(row), numeric?, header?, hidden?, unsaved?,
 *   saved?, save?(row), kind?}: value is sorted by and saved, text or node is shown; hidden ones are only saved, unsaved ones
 *   only shown; saved is the name of the column in files, and save its value there, if they differ;
 *   kind is a class of its cells, for the style sheet
 * @param {object[]} options.rows anything that columns understand
 * @param {{column: number, direction: string}} [options.sort] the initial order; without it, the table can't be sorted
 * @param {number} [options.first] rows that are shown until a button is pressed; copied and saved are all
 */
function dataTable({ caption, columns, rows, sort = null, first = Infinity }) {
  const body = make("tbody");
  let most = rows.length > first + 3 ? first : Infinity;
  const more = make("button", { type: "button", class: "quiet" }, `Show all ${formatCount(rows.length)} rows`);
  more.addEventListener("click", () => {
    const before = most;
    most = Infinity;
    more.remove();
    draw();
    // Reading goes on with the first of the new rows.
    const link = body.rows[before].querySelector("a, button");
    link?.focus({ preventScroll: true });
    announce(`All ${formatCount(rows.length)} rows are shown.`);
  });
  let order = sort;
  let sorted = [];

  const shown = columns.filter((column) => !column.hidden);
  const headers = shown.map((column) => header(column));

  function header(column) {
    const attributes = { scope: "col", class: classOf(column) };
    if (!sort) return make("th", attributes, column.label);
    const button = make("button", { type: "button", class: "sort" }, column.label);
    button.addEventListener("click", () => sortBy(columns.indexOf(column)));
    return make("th", attributes, button);
  }

  function sortBy(column) {
    const first = columns[column].numeric ? "descending" : "ascending";
    const second = first === "descending" ? "ascending" : "descending";
    order = { column, direction: order.column === column && order.direction === first ? second : first };
    draw();
    announce(`Sorted by ${columns[column].label}, ${order.direction}.`);
  }

  function cell(column, row) {
    const content = column.node ? column.node(row) : column.text ? column.text(row) : String(column.value(row) ?? NOTHING);
    const attributes = { class: classOf(column) };
    return column.header ? make("th", { ...attributes, scope: "row" }, content) : make("td", attributes, content);
  }

  function draw() {
    sorted = [...rows];
    if (order) {
      const { value } = columns[order.column];
      sorted.sort((one, other) => compareValues(value(one), value(other), order.direction));
      headers.forEach((element, place) => {
        if (shown[place] === columns[order.column]) element.setAttribute("aria-sort", order.direction);
        else element.removeAttribute("aria-sort");
      });
    }
    body.replaceChildren(...sorted.slice(0, most).map((row) => make("tr", {}, shown.map((column) => cell(column, row)))));
  }

  draw();
  const kept = columns.filter((column) => !column.unsaved);
  const saved = () => [
    kept.map((column) => column.saved ?? column.label),
    ...sorted.map((row) => kept.map((column) => (column.save ?? column.value)(row))),
  ];
  return make(
    "div",
    { class: "table" },
    make(
      "div",
      // Reachable by keyboard, since a wide table scrolls sideways.
      { class: "scroll", role: "region", "aria-label": caption, tabindex: "0" },
      make(
        "table",
        {},
        make("caption", { class: "offscreen" }, caption),
        make("thead", {}, make("tr", {}, headers)),
        body,
      ),
    ),
    most < Infinity && make("div", { class: "buttons" }, more),
    tableButtons(saved, caption),
  );
}
