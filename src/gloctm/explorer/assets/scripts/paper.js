// What paper needs besides its styles: wide tables in parts, and what is folded unfolded.

/** Pixels that a table may take, a little more than a sheet has: browsers make what they print a little smaller. */
const PAPER_TABLE = 745;
/** Pixels of a letter in tables on paper, and next to a column. */
const [PAPER_LETTER, PAPER_GAP] = [6.6, 9];
/** Rows that tell how wide a column must be. */
const ROWS_MEASURED = 8;

/** What is undone after printing. */
let undoPaper = [];

/** Return how wide the columns of a table are on paper, at least: by their longest words. */
function columnWidths(table, count) {
  const widths = new Array(count).fill(0);
  for (const row of [...table.rows].slice(0, ROWS_MEASURED)) {
    [...row.cells].forEach((cell, column) => {
      const longest = Math.max(0, ...cell.textContent.split(/\s+/).map((word) => Math.min(14, word.length)));
      widths[column] = Math.max(widths[column], PAPER_LETTER * longest + PAPER_GAP);
    });
  }
  return widths;
}

/** Put copies of a wide table in its place, each with its first column and as many others as paper has room for. */
function inParts(table) {
  const count = table.rows[0]?.cells.length ?? 0;
  const even = [...table.rows].every((row) => row.cells.length === count && [...row.cells].every((cell) => cell.colSpan === 1));
  if (!even) return;
  const widths = columnWidths(table, count);
  const groups = [[]];
  let taken = widths[0];
  for (let column = 1; column < count; column += 1) {
    if (groups.at(-1).length && taken + widths[column] > PAPER_TABLE) {
      groups.push([]);
      taken = widths[0];
    }
    groups.at(-1).push(column);
    taken += widths[column];
  }
  if (groups.length < 2) return;
  const parts = groups.map((columns) => {
    const part = table.cloneNode(true);
    part.classList.add("part-on-paper");
    for (const row of part.rows) {
      for (const [place, cell] of [...row.cells].entries()) if (place && !columns.includes(place)) cell.remove();
    }
    return part;
  });
  table.after(...parts);
  table.classList.add("in-parts");
  undoPaper.push(() => {
    for (const part of parts) part.remove();
    table.classList.remove("in-parts");
  });
}

/**
 * Keep the page loading until the function that is returned is called: programs that print pages wait for nothing else. A
 * frame whose document is being written holds it up.
 */
function keepLoading() {
  if (document.readyState === "complete") return () => {};
  const frame = make("iframe", { hidden: true, title: "loading" });
  document.body.append(frame);
  frame.contentDocument.open();
  return () => {
    frame.contentDocument.close();
    frame.remove();
  };
}

addEventListener("beforeprint", () => {
  document.querySelectorAll("main .table table:not(.part-on-paper, .in-parts)").forEach(inParts);
  // The figures of a chart are on paper by the chart.
  for (const details of document.querySelectorAll("main details.settings:not([open])")) {
    details.open = true;
    undoPaper.push(() => (details.open = false));
  }
});
addEventListener("afterprint", () => {
  for (const undo of undoPaper.splice(0)) undo();
});
