// A grid of patches; each answer is shown at once, sent in turn, and sent again until the server says that it is saved.
import * as viewer from "/viewer.js";

const find = (selector) => document.querySelector(selector);
const WORDS = { crack: "Crack", no_crack: "No crack", unsure: "Unsure" };
const KEYS = { 1: "crack", c: "crack", 2: "no_crack", n: "no_crack", 3: "unsure", u: "unsure" };
const LOADING = 4; // pictures at a time, so that clicks never wait for them: browsers open six connections
const AGAIN_MS = 1000;
const UNSEEN_MS = 150; // a key meant for the screen before says nothing of this one
const REMEMBERED = "hairline-click-who";

let who = "";
let sizes = {};
let tiles = []; // {patch, label, element, image}
let current = 0;
let waiting = []; // patches of the next screen
let asking = null; // the request for it
let ended = false; // nothing is left to ask about
let history = []; // what may be undone: {patch, label}, oldest first
const unsent = []; // {patch, label, before}
let sending = false;
const times = [];
const pictures = new Map(); // key → image that is loading or loaded
const queue = [];
let loading = 0;

const key = (patch) => JSON.stringify([patch.photo, patch.x, patch.y, patch.size]);

async function ask(path, body) {
  const how = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(path, how);
  if (answer.ok) return answer.json();
  const told = await answer.json().catch(() => ({}));
  const error = new Error(told.error ?? `the server answered with status ${answer.status}`);
  error.refused = answer.status < 500;
  throw error;
}

// Names

find("#door").addEventListener("submit", (event) => {
  event.preventDefault();
  join(find("#who").value);
});

async function join(name) {
  find("#refused").textContent = "";
  let told;
  try {
    told = await ask("/join", { who: name });
  } catch (error) {
    find("#door").hidden = false;
    find("#refused").textContent = error.refused ? error.message : "The server does not answer. Is 'hairline click' still running?";
    find("#who").focus();
    return;
  }
  who = told.who;
  localStorage.setItem(REMEMBERED, who);
  history = told.history;
  sizes = told.sizes;
  document.documentElement.style.setProperty("--inset", `${(100 * told.around) / (1 + 2 * told.around)}%`);
  find("#door").hidden = true;
  find("#work").hidden = false;
  find("#grid").focus();
  tell(told.state);
  await fill();
}

find("#leave").addEventListener("click", () => {
  localStorage.removeItem(REMEMBERED);
  location.reload();
});

// The grid

function room() {
  const grid = find("#grid"), gap = parseFloat(getComputedStyle(grid).gap) || 0;
  return [grid.clientWidth - 2 * gap, grid.clientHeight - 2 * gap, gap];
}

function screenful() {
  const [wide, high, gap] = room(), target = wide < 700 ? 160 : 190;
  const along = (length) => Math.max(2, Math.floor((length + gap) / (target + gap)));
  return Math.min(along(wide) * along(high), 60);
}

function arrange() {
  const [wide, high, gap] = room();
  let best = [1, 0];
  for (let columns = 1; columns <= tiles.length; columns++) {
    const rows = Math.ceil(tiles.length / columns);
    const side = Math.floor(Math.min((wide - (columns - 1) * gap) / columns, (high - (rows - 1) * gap) / rows));
    if (side > best[1]) best = [columns, side];
  }
  const [columns, side] = best;
  find("#grid").style.gridTemplateColumns = `repeat(${columns}, ${side}px)`;
  find("#grid").style.gridAutoRows = tiles.length ? `${side}px` : "auto";
  return columns;
}
let columns = 1;
let fills = 0;
let seenFrom = 0; // when somebody can have seen the screen
const fit = () => { columns = arrange(); };
addEventListener("resize", fit);

async function fill() {
  tiles = [];
  const mine = ++fills;
  if (!waiting.length) ended = false; // somebody else's patches may have become free
  while (!waiting.length && !ended) await more();
  if (mine !== fills) return; // another screen was asked for meanwhile
  const wanted = waiting.splice(0, screenful());
  tiles = wanted.map((patch) => ({ patch, label: "" }));
  tiles.forEach(make);
  find("#grid").replaceChildren(...tiles.map((tile) => tile.element));
  if (!tiles.length && ended) find("#grid").append(done());
  for (const name of pictures.keys()) if (![...tiles, ...waiting.map((patch) => ({ patch }))].some((each) => key(each.patch) === name)) pictures.delete(name);
  fit();
  choose(0);
  seenFrom = Date.now() + UNSEEN_MS;
  for (const button of document.querySelectorAll(".answer, #look")) button.disabled = !tiles.length;
  refresh();
}

function done() {
  const told = document.createElement("p");
  told.className = "done";
  told.textContent = "Every patch has a label, or somebody else is looking at it. What was said is saved; you can close this page.";
  return told;
}

function make(tile) {
  const element = document.createElement("div");
  element.className = "tile";
  element.role = "option";
  element.innerHTML = '<span class="frame"></span><span class="badge"></span>';
  element.addEventListener("click", () => choose(tiles.indexOf(tile)));
  element.addEventListener("dblclick", () => look(tile));
  tile.element = element;
  show(tile);
}

function show(tile) {
  const { element, patch, label } = tile;
  const image = picture(patch);
  if (element.firstChild !== image) element.replaceChildren(image, ...element.querySelectorAll("span"));
  if (label) element.dataset.label = label;
  else delete element.dataset.label;
  element.querySelector(".badge").textContent = label ? WORDS[label] : "";
  name(tile);
}

function name(tile) {
  const number = tiles.indexOf(tile) + 1;
  tile.element.id = `tile-${number}`;
  tile.element.setAttribute("aria-label", `Patch ${number} of ${tiles.length}, ${tile.patch.photo}: ${WORDS[tile.label] ?? "no label yet"}`);
}

function choose(index) {
  if (!tiles.length) return;
  current = (index + tiles.length) % tiles.length;
  tiles.forEach((tile, number) => {
    tile.element.classList.toggle("current", number === current);
    tile.element.setAttribute("aria-selected", number === current);
  });
  find("#grid").setAttribute("aria-activedescendant", tiles[current].element.id);
}

async function more() {
  if (asking) return asking;
  const showing = [...tiles.filter((tile) => !tile.label), ...unsent].map((each) => each.patch).concat(waiting);
  asking = (async () => {
    while (true) {
      try {
        const found = await ask("/next", { who, count: screenful(), showing });
        answered();
        const here = new Set([...tiles.map((tile) => key(tile.patch)), ...waiting.map(key), ...unsent.map((each) => key(each.patch))]);
        const fresh = found.filter((patch) => !here.has(key(patch)));
        ended = !found.length;
        waiting.push(...fresh);
        waiting.forEach(picture);
        return;
      } catch (error) {
        banner(error.refused ? error.message : lost(), true, error.refused ? SAVE : ANSWER);
        await new Promise((wake) => setTimeout(wake, AGAIN_MS));
      }
    }
  })();
  await asking;
  asking = null;
}

// Pictures

function picture(patch) {
  const name = key(patch);
  if (!pictures.has(name)) {
    const image = new Image();
    image.alt = "";
    image.draggable = false;
    pictures.set(name, image);
    queue.push({ patch, image });
    load();
  }
  return pictures.get(name);
}

function load() {
  while (loading < LOADING && queue.length) {
    const { patch, image } = queue.shift();
    loading++;
    const over = () => { loading--; load(); };
    image.onload = () => { image.classList.add("there"); over(); };
    image.onerror = () => { over(); failed(patch, image); };
    image.src = address(patch);
  }
}

const address = (patch) => "/patch.jpg?" + new URLSearchParams(patch);

async function failed(patch, image) {
  try {
    await ask(address(patch));
  } catch (error) {
    if (error.refused) {
      banner(error.message, true, SAVE);
      pictures.delete(key(patch));
      waiting = waiting.filter((each) => key(each) !== key(patch));
      const tile = tiles.find((each) => key(each.patch) === key(patch));
      if (tile) replace(tile);
      return;
    }
  }
  setTimeout(() => { queue.push({ patch, image }); load(); }, AGAIN_MS);
}

async function replace(tile) {
  if (!waiting.length) await more();
  if (waiting.length) {
    Object.assign(tile, { patch: waiting.shift(), label: "" });
    show(tile);
  } else {
    tile.element.remove();
    tiles = tiles.filter((each) => each !== tile);
    fit();
    choose(current);
  }
}

// Answers

function answer(label) {
  const tile = tiles[current];
  if (!tile || viewer.isOpen() || !picture(tile.patch).classList.contains("there") || Date.now() < seenFrom) return; // nobody has seen it yet
  const before = tile.label;
  tile.label = label;
  show(tile);
  tile.element.classList.add("saving");
  history = [...history.filter((each) => key(each.patch) !== key(tile.patch)), { patch: tile.patch, label }];
  times.push(Date.now());
  say(WORDS[label]);
  send({ patch: tile.patch, label, before });
  const open = tiles.filter((each) => !each.label).length;
  if (open <= tiles.length / 2 && waiting.length < screenful() / 2 && !ended) more();
  if (!open) fill();
  else {
    let index = current;
    while (tiles[index].label) index = (index + 1) % tiles.length;
    choose(index);
  }
}

function undo() {
  const last = history.pop();
  if (!last) return say("Nothing to undo");
  send({ patch: last.patch, label: "undo", before: last.label });
  say(`Undone: ${WORDS[last.label]}`);
  times.pop();
  bringBack(last.patch, "");
}

function bringBack(patch, label) {
  let tile = tiles.find((each) => key(each.patch) === key(patch));
  if (!tile) {
    waiting = waiting.filter((each) => key(each) !== key(patch));
    tile = tiles[current];
    if (!tile) {
      waiting.unshift(patch);
      fill().then(() => { if (label) bringBack(patch, label); });
      return;
    }
    if (!tile.label) waiting.unshift(tile.patch);
    tile.patch = patch;
  }
  tile.label = label;
  show(tile);
  choose(tiles.indexOf(tile));
}

function send(click) {
  unsent.push(click);
  if (!sending) pump();
}

async function pump() {
  sending = true;
  while (unsent.length) {
    const { patch, label, before } = unsent[0];
    try {
      await ask("/click", { who, patch, label });
      unsent.shift();
      settled(patch);
      answered(patch);
    } catch (error) {
      if (error.refused) {
        unsent.shift();
        settled(patch);
        banner(`Not saved: ${error.message}`, true, key(patch));
        takeBack(patch, before);
      } else {
        banner(lost(), true, ANSWER);
        await new Promise((wake) => setTimeout(wake, AGAIN_MS));
      }
    }
  }
  sending = false;
  refresh();
}

function settled(patch) {
  const tile = tiles.find((each) => key(each.patch) === key(patch));
  if (tile && !unsent.some((each) => key(each.patch) === key(patch))) tile.element.classList.remove("saving");
}

// The server refused what was said of a patch, so that what it had before still counts.
function takeBack(patch, before) {
  const next = unsent.find((each) => key(each.patch) === key(patch));
  if (next) next.before = before; // this will be shown once it is refused, too
  else {
    history = history.filter((each) => key(each.patch) !== key(patch));
    if (before) history.push({ patch, label: before });
    bringBack(patch, before);
  }
}

const lost = () => `The server does not answer. ${unsent.length} click${unsent.length === 1 ? "" : "s"} not saved yet, sent again as soon as it does: start 'hairline click' again, and keep this page open.`;

addEventListener("beforeunload", (event) => { if (unsent.length) event.preventDefault(); });

// What is told

const ANSWER = "any answer", SAVE = "any click that is saved";
let until = ""; // what takes the banner away: one of these, or the key of a patch that has to be saved

function answered(saved) {
  const all = !unsent.length && (until === ANSWER || (saved && until === SAVE));
  if (all || (saved && until === key(saved))) banner("");
}

function banner(text, bad = false, over = "") {
  until = over;
  const shown = find("#banner");
  shown.textContent = text;
  shown.hidden = !text;
  shown.classList.toggle("bad", bad);
}

function say(text) {
  find("#spoken").textContent = text;
}

let refreshing = 0;
function refresh() {
  clearTimeout(refreshing);
  refreshing = setTimeout(async () => {
    try {
      tell(await ask("/state?" + new URLSearchParams({ who })));
    } catch { /* the next click tells */ }
  }, 150);
}
setInterval(() => {
  if (!who || document.hidden || sending) return;
  refresh();
  if (ended && !tiles.length) more().then(() => { if (waiting.length && !tiles.length) fill(); });
}, 5000);

const number = (value) => value.toLocaleString("en");
const score = (value) => (value === null || value === undefined ? "–" : value.toFixed(2));

function tell(state) {
  for (const name of ["labelled", "crack", "no_crack", "unsure", "left"]) find(`#${name}`).textContent = number(state[name]);
  const recent = times.filter((time) => Date.now() - time < 120000);
  find("#rate").textContent = recent.length < 3 ? "–" : Math.round((recent.length - 1) * 60000 / Math.max(recent.at(-1) - recent[0], 1));
  const worth = find("#worth"), estimate = state.estimate;
  worth.textContent = state.preparing ? `Looking at photos: ${state.preparing[0]} of ${state.preparing[1]}`
    : estimate && estimate.f1 !== null ? `F1 ${score(estimate.f1)} [${score(estimate.low)}, ${score(estimate.high)}]${estimate.enough ? " · enough" : ""}` : "";
  worth.title = estimate?.why ?? "";
  worth.classList.toggle("enough", Boolean(estimate?.enough));
  const facts = [["Photos", number(state.photos)], ["Patches", number(state.patches)], ["Yours", number(state.mine)], ["Labelled by all", number(state.labelled)],
    ["Crack", number(state.crack)], ["No crack", number(state.no_crack)], ["Unsure or disputed", number(state.unsure)], ["Left", number(state.left)]];
  if (estimate) facts.push(["Precision", score(estimate.precision)], ["Recall", score(estimate.recall)], ["F1 (interval)", `${score(estimate.f1)} [${score(estimate.low)}, ${score(estimate.high)}]`], ["Enough?", estimate.why]);
  find("#facts").replaceChildren(...facts.flatMap(([what, value]) => [entry("dt", what), entry("dd", value)]));
  find("#notes").replaceChildren(...state.notes.map((note) => entry("li", note)));
  const previews = find("#panel").hidden ? [] : (state.previews ?? []).map(({ photo, version }) => "/preview.jpg?" + new URLSearchParams({ photo, version }));
  const shown = [...find("#previews").children].map((image) => image.getAttribute("src"));
  if (previews.join() !== shown.join()) find("#previews").replaceChildren(...previews.map((source, index) => {
    const image = new Image();
    image.src = source;
    image.alt = `Preview of the labels of ${state.previews[index].photo}`;
    image.title = state.previews[index].photo;
    return image;
  }));
}

function entry(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

find("#more").addEventListener("click", () => {
  const panel = find("#panel");
  panel.hidden = !panel.hidden;
  find("#more").setAttribute("aria-expanded", String(!panel.hidden));
  refresh(); // previews are made while somebody looks
});

function look(tile) {
  if (tile) viewer.open(tile.patch, sizes[tile.patch.photo]);
}

// Keys and buttons

for (const button of document.querySelectorAll(".answer")) button.addEventListener("click", () => answer(button.dataset.label));
find("#undo").addEventListener("click", undo);
find("#look").addEventListener("click", () => look(tiles[current]));

addEventListener("keydown", (event) => {
  if (!who || viewer.isOpen() || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
  const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (KEYS[pressed]) { if (!event.repeat) answer(KEYS[pressed]); }
  else if (pressed === "z") { if (!event.repeat) undo(); }
  else if (pressed === "v") look(tiles[current]);
  else if (pressed in moves) { if (tiles[current + moves[pressed]]) choose(current + moves[pressed]); }
  else if (pressed === "Home") choose(0);
  else if (pressed === "End") choose(tiles.length - 1);
  else if (pressed === "Escape") { if (!find("#panel").hidden) find("#more").click(); return; }
  else return;
  event.preventDefault();
});

const remembered = localStorage.getItem(REMEMBERED);
if (remembered) {
  find("#who").value = remembered;
  join(remembered);
} else {
  find("#door").hidden = false;
  find("#who").focus();
}
