"use strict";

/* Cards: which are shown, and in which order. */

const cards = [...document.querySelectorAll(".card")];
const grid = document.querySelector(".cards"), form = document.querySelector("form.controls");
const place = (card) => Number(card.id.replace("photo-", ""));
let shown = cards;

function kept(card) {
  const kind = form.elements.kind.value, words = form.elements.words.value.toLowerCase().split(/\s+/);
  const cracks = Number(card.dataset.cracks) > 0;
  const fits = kind === "" || (kind === "cracks" && cracks) || (kind === "none" && !cracks)
    || kind === `class ${card.dataset.class}`;
  return fits && words.every((word) => card.dataset.file.toLowerCase().includes(word));
}

const orders = {
  place: (one, other) => place(one) - place(other),
  total: (one, other) => Number(other.dataset.total) - Number(one.dataset.total) || place(one) - place(other),
  file: (one, other) => one.dataset.file.localeCompare(other.dataset.file, undefined, { numeric: true }),
};

function list() {
  const order = [...cards].sort(orders[form.elements.order.value]);
  shown = order.filter(kept);
  cards.forEach((card) => { card.hidden = true; });
  shown.forEach((card) => { card.hidden = false; });
  grid.append(...order);
  form.querySelector("output").value = shown.length < cards.length ? `${shown.length} of ${cards.length} photos` : "";
}

form.elements.words.addEventListener("input", list); // its change, when it loses the focus, would swallow a click
[form.elements.order, form.elements.kind].forEach((select) => select.addEventListener("change", list));
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;

/* The table of all cracks: a heading sorts by its column, first the greatest, then the other way. */

function sort(table, column) {
  const heads = [...table.tHead.rows[0].cells];
  const up = heads[column].getAttribute("aria-sort") === "descending" || (column === 0 && !heads[0].hasAttribute("aria-sort"));
  heads.forEach((head) => head.removeAttribute("aria-sort"));
  heads[column].setAttribute("aria-sort", up ? "ascending" : "descending");
  const value = (row) => row.cells[column].dataset.value;
  const compare = column === 0
    ? (one, other) => value(one).localeCompare(value(other), undefined, { numeric: true })
    : (one, other) => Number(value(one)) - Number(value(other));
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort((one, other) => (up ? 1 : -1) * compare(one, other)));
}

document.querySelectorAll("table.sortable").forEach((table) => {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(table, column));
    head.append(button);
  });
});

/* The opened photo: the photo on the left of the slider, cracks or scores on its right. */

const dialog = document.querySelector("dialog");
const part = (name) => dialog.querySelector(`[name=${name}]`);
const stage = dialog.querySelector(".stage"), frame = dialog.querySelector(".frame"), svg = stage.querySelector("svg");
const [under, over] = stage.querySelectorAll("img");
const cut = part("cut"), layers = [...dialog.querySelectorAll("[name=layer]")];
let opened = null, photo = null;

const element = (name, text, kind) => {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
};

function coloured(made, kind) {
  made.style.setProperty("--back", kind ? kind[1] : "#e61e1e");
  made.style.setProperty("--ink-on", kind ? kind[2] : "#ffffff");
  return made;
}

function mark(crack) {
  const made = coloured(element("span", crack.number, "mark"), crack.class);
  made.style.left = `${100 * crack.at[0] / photo.size[0]}%`;
  made.style.top = `${100 * crack.at[1] / photo.size[1]}%`;
  made.dataset.number = crack.number;
  return made;
}

function row(crack) {
  const made = document.createElement("tr"), head = document.createElement("th"), button = element("button", crack.number);
  made.dataset.number = crack.number;
  head.scope = "row";
  button.type = "button";
  button.addEventListener("click", () => choose(crack.number));
  head.append(button);
  made.append(head);
  made.insertCell().append(crack.class ? coloured(element("span", crack.class[0], "chip"), crack.class) : "–");
  crack.cells.forEach((text) => { made.insertCell().textContent = text; });
  return made;
}

function choose(number) {
  const crack = photo.cracks.find((each) => each.number === number);
  dialog.querySelectorAll("[data-number]").forEach((each) => {
    each.classList.toggle("chosen", each.dataset.number === String(number));
  });
  svg.replaceChildren();
  if (!crack) return;
  const box = document.createElementNS("http://www.w3.org/2000/svg", "rect"), [left, top, right, bottom] = crack.box;
  const around = 0.008 * Math.max(...photo.size);
  Object.entries({ x: left - around, y: top - around, width: right - left + 2 * around, height: bottom - top + 2 * around })
    .forEach(([name, value]) => box.setAttribute(name, value));
  svg.append(box);
  dialog.querySelector(`tr[data-number="${number}"]`).scrollIntoView({ block: "nearest" });
  if (frame.classList.contains("enlarged")) centre(crack.at);
}

function centre([x, y]) {
  frame.scrollTo(stage.offsetWidth * x / photo.size[0] - frame.clientWidth / 2,
    stage.offsetHeight * y / photo.size[1] - frame.clientHeight / 2);
}

function layer() {
  const scores = layers.find((each) => each.checked).value === "scores" && photo.layers.scores;
  over.src = scores ? photo.layers.scores : photo.layers.cracks;
  over.alt = scores ? `Scores of ${photo.file}, white is crack` : `Cracks of ${photo.file} in the colours of their classes`;
  stage.style.setProperty("--cut", `${cut.value}%`);
  cut.setAttribute("aria-valuetext", `photo alone on the left ${cut.value} %`);
}

function address(text) {
  try {
    history.replaceState(null, "", text);
  } catch { /* in a frame of another page, which has an address of its own */ }
}

function open(card, number) {
  opened = card;
  photo = JSON.parse(card.querySelector("script").textContent);
  dialog.querySelector("h2").textContent = photo.file;
  dialog.querySelector(".told").textContent = photo.told;
  dialog.querySelector("output").value = `${shown.indexOf(card) + 1} of ${shown.length}`;
  const unread = dialog.querySelector(".unread");
  unread.hidden = !photo.unread;
  unread.textContent = photo.unread && `The photo is not shown: ${photo.unread}`;
  under.src = photo.layers.photo;
  under.alt = photo.unread ? "" : `Photo ${photo.file}`;
  stage.style.setProperty("--aspect", photo.shown[0] / photo.shown[1]);
  svg.setAttribute("viewBox", `0 0 ${photo.size[0]} ${photo.size[1]}`);
  stage.querySelectorAll(".mark").forEach((each) => each.remove());
  stage.append(...photo.cracks.map(mark));
  dialog.querySelector("tbody").replaceChildren(...photo.cracks.map(row));
  dialog.querySelector(".found").hidden = !photo.cracks.length;
  dialog.querySelector(".empty").hidden = photo.cracks.length > 0;
  const others = dialog.querySelector(".others");
  others.hidden = !photo.others;
  others.textContent = `${photo.others} more are drawn without a number; cracks.csv has them.`;
  layers.forEach((each) => { each.disabled = each.value === "scores" && !photo.layers.scores; });
  if (!photo.layers.scores) layers[0].checked = true;
  layer();
  if (!dialog.open) {
    dialog.showModal();
    dialog.querySelector("h2").focus();
  }
  dialog.querySelector(".right").scrollTop = 0;
  choose(number);
  address(`#${card.id}`);
}

function step(by) {
  if (!shown.length) return;
  const at = shown.indexOf(opened);
  open(shown[(at + by + shown.length) % shown.length]);
}

function move(event) {
  const box = stage.getBoundingClientRect();
  cut.value = Math.round(Math.min(100, Math.max(0, 100 * (event.clientX - box.left) / box.width)));
  layer();
}

let dragged = null;
stage.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  dragged = [event.clientX, event.clientY, frame.scrollLeft, frame.scrollTop];
  if (event.pointerType === "mouse") stage.setPointerCapture(event.pointerId);
  if (!frame.classList.contains("enlarged")) move(event);
});
stage.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  if (!frame.classList.contains("enlarged")) move(event);
  else if (event.pointerType === "mouse") frame.scrollTo(dragged[2] + dragged[0] - event.clientX, dragged[3] + dragged[1] - event.clientY);
});
["pointerup", "pointercancel", "lostpointercapture"].forEach((name) => stage.addEventListener(name, () => { dragged = null; }));
stage.addEventListener("dragstart", (event) => event.preventDefault());

function enlarge() {
  const on = frame.classList.toggle("enlarged");
  part("zoom").setAttribute("aria-pressed", on);
  const chosen = photo.cracks.find((crack) => stage.querySelector(`.mark.chosen[data-number="${crack.number}"]`)) ?? photo.cracks[0];
  if (on) centre(chosen ? chosen.at : photo.size.map((side) => side / 2));
}

const keys = {
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  s: () => { (layers.find((each) => !each.checked && !each.disabled) ?? layers[0]).checked = true; layer(); },
  n: () => part("numbers").click(),
  z: enlarge,
};

dialog.addEventListener("keydown", (event) => {
  const own = event.target.matches("input[type=range], input[type=radio]") && event.key.startsWith("Arrow");
  const act = keys[event.key] ?? keys[event.key.toLowerCase()];
  if (!act || own || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  act();
});

cut.addEventListener("input", layer);
layers.forEach((each) => each.addEventListener("change", layer));
part("numbers").addEventListener("change", () => stage.classList.toggle("unnumbered", !part("numbers").checked));
part("zoom").addEventListener("click", enlarge);
part("previous").addEventListener("click", () => step(-1));
part("next").addEventListener("click", () => step(1));
part("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => {
  address(location.pathname + location.search);
  opened?.querySelector("a").focus({ preventScroll: true });
  opened?.scrollIntoView({ block: "nearest" });
});

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#photo-"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(document.getElementById(link.hash.slice(1)), link.dataset.crack && Number(link.dataset.crack));
});

function linked() {
  const card = location.hash.startsWith("#photo-") && document.getElementById(location.hash.slice(1));
  if (card) open(card);
}

addEventListener("hashchange", linked);
linked();
addEventListener("beforeprint", () => cards.forEach((card) => { card.querySelector("img").loading = "eager"; }));
