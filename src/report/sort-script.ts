// What makes the tables of a page sortable: JavaScript for the browser, kept as text because it is pasted into the page.

/**
 * A click on a heading sorts by it, another one the other way round. Numbers sort by value, with `−` for minus and `,` between
 * thousands; cells without a value come last in both directions.
 */
export const sortScript = `
"use strict";
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.addEventListener("click", () => sort(table, heads, head, column)));
}

function sort(table, heads, head, column) {
  const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of heads) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
  const body = table.tBodies[0];
  const isNumber = head.classList.contains("number");
  const valueOf = (row) => {
    const text = row.cells[column].textContent.trim();
    return isNumber ? parseFloat(text.replaceAll(",", "").replace("\\u2212", "-")) : text;
  };
  const isEmpty = (value) => value === "" || Number.isNaN(value);
  const compare = (a, b) => {
    if (isEmpty(a) || isEmpty(b)) return Number(isEmpty(a)) - Number(isEmpty(b));
    return sign * (a < b ? -1 : a > b ? 1 : 0);
  };
  body.append(...[...body.rows].sort((a, b) => compare(valueOf(a), valueOf(b))));
}
`;
