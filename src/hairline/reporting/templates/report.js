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

/* The image browser: two layers of one image on top of each other, and where the one ends and the other begins. */

function browser(root) {
  const images = JSON.parse(root.querySelector("script").textContent);
  const part = (name) => root.querySelector(`[name=${name}]`);
  const [set, choice, pick, left, right, cut] = ["set", "order", "image", "left", "right", "cut"].map(part);
  const [under, over] = root.querySelectorAll(".stage img");
  const stage = root.querySelector(".stage"), rows = root.querySelector("tbody"), told = root.querySelector("output");
  let shown = [];

  const option = (text, chosen) => new Option(text, text, false, text === chosen);
  const fill = (select, names) => {
    const chosen = select.value;
    select.replaceChildren(...names.map((name) => option(name, chosen)));
  };
  const mean = (image) => {
    const values = Object.values(image.f1);
    return values.length ? values.reduce((sum, one) => sum + one, 0) / values.length : 0;
  };

  function list() {
    const model = choice.value.replace(/^(worst|best) of /, "");
    const best = choice.value.startsWith("best of ") ? -1 : 1;
    const key = (image) => (model === choice.value ? mean(image) : image.f1[model]);
    const kept = (image) => model === choice.value || (image.f1[model] !== undefined && image.layers[model]);
    shown = images.filter((image) => image.set === set.value && kept(image));
    if (choice.value !== "in order") shown.sort((one, other) => best * (key(one) - key(other)));
    fill(pick, shown.map((image) => image.id));
    pick.selectedIndex = 0;
    show();
  }

  function show() {
    const image = shown[pick.selectedIndex];
    if (!image) return;
    const layers = Object.keys(image.layers);
    fill(left, layers);
    fill(right, layers);
    const model = choice.value.replace(/^(worst|best) of /, "");
    if (left.dataset.chosen === undefined) left.value = "image";
    if (right.dataset.chosen === undefined || !image.layers[right.value]) right.value = image.layers.mask ? "mask" : layers.at(-1);
    if (model !== choice.value && right.dataset.chosen === undefined) right.value = model;
    rows.replaceChildren(...Object.entries(image.f1).map(([name, f1]) => {
      const row = document.createElement("tr");
      [`${name} ${image.seen[name] ?? ""}`.trim(), f1.toFixed(3), image.layers[name] ? "kept" : "not kept"].forEach((text) => {
        row.insertCell().textContent = text;
      });
      return row;
    }));
    told.value = `Image ${pick.selectedIndex + 1} of ${shown.length}: ${image.id} of ${image.set}`;
    layer();
  }

  function layer() {
    const image = shown[pick.selectedIndex];
    [[under, left], [over, right]].forEach(([element, select]) => {
      element.src = image.layers[select.value];
      element.alt = `${select.value} of ${image.id} of ${image.set}`;
    });
    root.querySelector(".below").replaceChildren(...[left, right].map((select) => {
      const name = document.createElement("span");
      name.textContent = `${select === left ? "left" : "right"}: ${select.value}`;
      return name;
    }));
    stage.style.setProperty("--cut", `${cut.value}%`);
    cut.setAttribute("aria-valuetext", `${left.value} on the left ${cut.value} %, then ${right.value}`);
  }

  under.addEventListener("load", () => {
    stage.style.setProperty("--aspect", under.naturalWidth / under.naturalHeight);
  });

  function step(by) {
    pick.selectedIndex = (pick.selectedIndex + by + shown.length) % shown.length;
    show();
  }

  const sets = [...new Set(images.map((image) => image.set))];
  const models = () => [...new Set(images.filter((image) => image.set === set.value).flatMap((i) => Object.keys(i.f1)))];
  const orders = () => ["in order", "lowest mean F1 first", ...models().flatMap((m) => [`worst of ${m}`, `best of ${m}`])];
  fill(set, sets);
  fill(choice, orders());
  set.addEventListener("change", () => { fill(choice, orders()); list(); });
  choice.addEventListener("change", list);
  pick.addEventListener("change", show);
  [left, right].forEach((select) => select.addEventListener("change", () => { select.dataset.chosen = ""; layer(); }));
  cut.addEventListener("input", layer);
  part("previous").addEventListener("click", () => step(-1));
  part("next").addEventListener("click", () => step(1));
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "n" || event.key === "p") {
      step(event.key === "n" ? 1 : -1);
      event.preventDefault();
    }
  });
  root.hidden = false;
  list();
}

document.querySelectorAll(".filter").forEach(filterable);
document.querySelectorAll("table.sortable").forEach(sortable);
document.querySelectorAll(".signs").forEach(choosable);
document.querySelectorAll(".browser").forEach(browser);
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
