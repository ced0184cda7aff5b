// The page's script with as much of a browser as it needs: node page_in_node.mjs PAGE SCENARIO; throws where it errs.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

class Element {
  constructor() {
    Object.assign(this, { listeners: {}, children: [], parts: {}, dataset: {}, attributes: {}, textContent: "", hidden: false, open: false });
    Object.assign(this, { clientWidth: 800, clientHeight: 600, style: { setProperty() {} } });
    const names = new Set();
    this.classList = {
      add: (name) => names.add(name), remove: (name) => names.delete(name), contains: (name) => names.has(name),
      toggle: (name, on) => (on ? names.add(name) : names.delete(name)),
    };
  }
  get firstChild() { return this.children[0]; }
  querySelector(selector) { return (this.parts[selector] ??= new Element()); }
  querySelectorAll() { return []; }
  addEventListener(kind, listener) { (this.listeners[kind] ??= []).push(listener); }
  replaceChildren(...children) { this.children = children; }
  append(...children) { this.children.push(...children); }
  prepend(...children) { this.children.unshift(...children); }
  setAttribute(name, value) { this.attributes[name] = value; }
  getAttribute(name) { return this.attributes[name]; }
  remove() {}
  focus() {}
  showModal() { this.open = true; }
  close() { this.open = false; }
}

const root = new Element(), windowed = {}, every = [], clicks = [];
const find = (selector) => root.querySelector(selector);
const free = [0, 1, 2].map((number) => ({ photo: "a.jpg", x: 32 * number, y: 0, size: 32 }));
let given = [...free], refuse = "", away = false;
const state = { labelled: 0, crack: 0, no_crack: 0, unsure: 0, left: 0, photos: 1, patches: 3, mine: 0, notes: [], preparing: null };
const routes = {
  "/join": () => ({ who: "anna", history: [], sizes: { "a.jpg": [96, 32] }, around: 0.375, state }),
  "/next": () => given.splice(0),
  "/state": () => state,
  "/click": ({ patch, label }) => { clicks.push([patch.x / 32, label]); return { saved: true }; },
};

Object.assign(globalThis, {
  document: Object.assign(root, { documentElement: new Element(), createElement: () => new Element() }),
  localStorage: { getItem: () => "anna", setItem() {}, removeItem() {} },
  Image: class extends Element { set src(value) { setTimeout(() => this.onload?.(), 0); } },
  getComputedStyle: () => ({ gap: "0" }),
  devicePixelRatio: 1,
  addEventListener: (kind, listener) => (windowed[kind] ??= []).push(listener),
  setInterval: (call) => every.push(call),
  fetch: async (address, how) => {
    if (away) throw new TypeError("no connection");
    const path = address.split("?")[0];
    if (path === "/click" && refuse) {
      const told = refuse;
      refuse = "";
      return { ok: false, status: 409, json: async () => ({ error: told }) };
    }
    return { ok: true, json: async () => routes[path](how?.body && JSON.parse(how.body)) };
  },
});

const pause = (ms) => new Promise((wake) => setTimeout(wake, ms));
const event = (key, more) => ({ key, target: { matches: () => false }, preventDefault() {}, stopPropagation() {}, ...more });
async function press(key, more = {}) {
  for (const listener of windowed.keydown) listener(event(key, more));
  await pause(20);
}
const labels = () => find("#grid").children.map((tile) => tile.dataset.label ?? "");
const told = () => (find("#banner").hidden ? "" : find("#banner").textContent);

const scenarios = {
  async "a refused change leaves the label that the server has"() {
    await press("1");
    await press("Home");
    refuse = "the disk is full";
    await press("2");
    assert.deepEqual(labels(), ["crack", "", ""]);
    assert.equal(told(), "Not saved: the disk is full");
    assert.ok(!find("#grid").children[0].classList.contains("saving"));
    await press("ArrowRight");
    await press("3");
    assert.deepEqual(labels(), ["crack", "unsure", ""]);
    assert.equal(told(), "Not saved: the disk is full");
    await press("z");
    await press("z");
    assert.deepEqual(labels(), ["", "", ""]);
    assert.deepEqual(clicks, [[0, "crack"], [1, "unsure"], [1, "undo"], [0, "undo"]]);
    assert.equal(told(), "");
  },
  async "a refused first label leaves none, and a refused undo leaves the label"() {
    refuse = "the disk is full";
    await press("1");
    assert.deepEqual(labels(), ["", "", ""]);
    await press("z");
    assert.deepEqual(clicks, []);
    await press("2");
    refuse = "the disk is full";
    await press("z");
    assert.deepEqual(labels(), ["no_crack", "", ""]);
    await press("z");
    assert.deepEqual(clicks, [[0, "no_crack"], [0, "undo"]]);
  },
  async "a server that is away is told until it is back"() {
    away = true;
    await press("1");
    assert.match(told(), /does not answer\. 1 click not saved/);
    away = false;
    await pause(1100);
    assert.equal(told(), "");
    assert.deepEqual(clicks, [[0, "crack"]]);
  },
  async "z held down undoes once"() {
    await press("1");
    await press("2");
    await press("z");
    for (let times = 0; times < 5; times++) await press("z", { repeat: true });
    assert.deepEqual(labels(), ["crack", "", ""]);
  },
  async "Ctrl+C leaves the photo open, and c closes it"() {
    await press("v");
    const dialog = find("#viewer"), key = (name, more) => dialog.listeners.keydown.forEach((each) => each(event(name, more)));
    assert.ok(dialog.open);
    for (const more of [{ ctrlKey: true }, { metaKey: true }]) key("c", more);
    assert.ok(dialog.open);
    key("c", {});
    assert.ok(!dialog.open);
  },
  async "patches that become free later are shown on a page that has none"() {
    for (const name of ["1", "1", "1"]) await press(name);
    await pause(50);
    assert.equal(find("#grid").children[0].className, "done");
    given = [{ photo: "a.jpg", x: 96, y: 0, size: 32 }];
    for (const call of every) call();
    await pause(50);
    assert.deepEqual(find("#grid").children.map((each) => each.className), ["tile"]);
  },
};

const [, , page, name] = process.argv;
await import(pathToFileURL(page));
await pause(250);
assert.equal(find("#grid").children.length, 3);
await scenarios[name]();
process.exit(0);
