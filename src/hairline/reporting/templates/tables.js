"use strict";

/* Tables: a column's heading sorts by it, a field above the table keeps the rows that hold every word typed. */

const leading = /^[+-]?(\d[\d,]*)?\.?\d+(e[+-]?\d+)?(?=$|[\s%\[])/;

function value(row, column) {
  const text = row.cells[column].textContent.trim();
  const number = text.replace("−", "-").match(leading);
  return number ? Number(number[0].replaceAll(",", "")) : text;
}

function compare(one, other) {
  if (typeof one === typeof other) return typeof one === "number" ? one - other : one.localeCompare(other);
  return typeof one === "number" ? -1 : 1;
}

function sort(table, column) {
  const heads = [...table.tHead.rows[0].cells];
  const down = heads[column].getAttribute("aria-sort") === "ascending";
  heads.forEach((head) => head.removeAttribute("aria-sort"));
  heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  const keyed = [...table.tBodies[0].rows].map((row) => [value(row, column), row]);
  const sign = down ? -1 : 1;
  keyed.sort(([one], [other]) => (typeof one === typeof other ? sign : 1) * compare(one, other));
  table.tBodies[0].append(...keyed.map(([, row]) => row));
}

function sortable(table) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(table, column));
    head.append(button);
  });
}

function leaveOut(row, why, out) {
  row.toggleAttribute(`data-${why}`, out);
  row.hidden = row.matches("[data-unsaid], [data-unchosen]");
}

function count(told, rows) {
  told.value = `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`;
}

function filterable(bar) {
  const rows = [...bar.parentElement.querySelector("tbody").rows];
  const field = bar.querySelector("input"), told = bar.querySelector("output");
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/);
    rows.forEach((row) => {
      const text = row.textContent.toLowerCase();
      leaveOut(row, "unsaid", !words.every((word) => text.includes(word)));
    });
    count(told, rows);
  });
  bar.hidden = false;
}

/* What numbers have seen: a cell with a sign of its own pales, a row goes whose sign, or whose every number's, is left
   out, and so does a column by its heading. A sign without a field is never left out. */

function choose(table, left) {
  const sign = (cell) => cell.querySelector(".seen");
  const lost = (cell) => [...cell.querySelectorAll(".seen")].some((each) => left.has(each.dataset.seen));
  const columns = [...table.tHead.rows[0].cells].map(lost);
  [...table.tHead.rows[0].cells].forEach((cell, place) => { cell.hidden = columns[place]; });
  [...table.tBodies[0].rows].forEach((row) => {
    const signed = [...row.cells].filter(sign);
    const numbers = signed.filter((cell) => leading.test(cell.textContent.trim().replace("−", "-")));
    [...row.cells].forEach((cell, place) => { cell.hidden = columns[place]; });
    numbers.forEach((cell) => cell.classList.toggle("pale", lost(cell)));
    const named = signed.some((cell) => !numbers.includes(cell) && lost(cell));
    leaveOut(row, "unchosen", named || (numbers.length > 0 && numbers.every(lost)));
  });
}

function choosable(line) {
  const fields = [...line.querySelectorAll("input")], told = line.querySelector("output");
  const tables = [...document.querySelectorAll("table.sortable")];
  const rows = tables.filter((table) => table.querySelector(".seen")).flatMap((table) => [...table.tBodies[0].rows]);
  const update = () => {
    const left = new Set(fields.filter((field) => !field.checked).map((field) => field.value));
    tables.forEach((table) => choose(table, left));
    count(told, rows);
  };
  fields.forEach((field) => {
    field.hidden = false;
    field.checked = true;
    field.addEventListener("change", update);
  });
}
