// The photo around a patch: one picture of what is to be seen, asked for anew when somebody drags or zooms.

const dialog = document.querySelector("#viewer");
const pane = dialog.querySelector(".pane");
const mark = document.createElement("div");
mark.className = "mark";

let view = null; // {patch, width, height (of the photo), x, y (its pixel in the middle), scale (screen px a photo px)}
let shown = null; // the picture in place: {image, left, top, width, height} in pixels of the photo
let timer = 0;
let asked = 0;
const fingers = new Map();

export function open(patch, [width, height]) {
  view = { patch, width, height, x: patch.x + patch.size / 2, y: patch.y + patch.size / 2, scale: 1 };
  shown = null;
  pane.replaceChildren(mark);
  pane.setAttribute("aria-label", `${patch.photo}, with a frame around the patch`);
  dialog.querySelector(".name").textContent = patch.photo;
  dialog.showModal();
  view.scale = Math.max(fit(), Math.min(1, Math.min(pane.clientWidth, pane.clientHeight) / (6 * patch.size)));
  pane.focus();
  draw(true);
}

export const isOpen = () => dialog.open;

function fit() {
  return Math.min(pane.clientWidth / view.width, pane.clientHeight / view.height, 1);
}

function onScreen(x, y) {
  return [(x - view.x) * view.scale + pane.clientWidth / 2, (y - view.y) * view.scale + pane.clientHeight / 2];
}

function put(element, left, top, width, height) {
  const [x, y] = onScreen(left, top);
  Object.assign(element.style, { left: `${x}px`, top: `${y}px`, width: `${width * view.scale}px`, height: `${height * view.scale}px` });
}

function draw(now = false) {
  const halfWide = pane.clientWidth / 2 / view.scale, halfHigh = pane.clientHeight / 2 / view.scale;
  view.x = view.width < 2 * halfWide ? view.width / 2 : Math.min(Math.max(view.x, halfWide), view.width - halfWide);
  view.y = view.height < 2 * halfHigh ? view.height / 2 : Math.min(Math.max(view.y, halfHigh), view.height - halfHigh);
  put(mark, view.patch.x, view.patch.y, view.patch.size, view.patch.size);
  if (shown) put(shown.image, shown.left, shown.top, shown.width, shown.height);
  clearTimeout(timer);
  timer = setTimeout(load, now ? 0 : 90);
}

function load() {
  const wide = pane.clientWidth / view.scale, high = pane.clientHeight / view.scale;
  const left = Math.max(0, Math.floor(view.x - wide / 2)), top = Math.max(0, Math.floor(view.y - high / 2));
  const width = Math.max(1, Math.min(Math.ceil(wide) + 1, view.width - left));
  const height = Math.max(1, Math.min(Math.ceil(high) + 1, view.height - top));
  const px = Math.ceil(Math.max(width, height) * view.scale * Math.min(devicePixelRatio, 2));
  const mine = ++asked;
  const image = new Image();
  image.alt = "";
  image.onload = () => {
    if (mine !== asked || !dialog.open) return;
    shown?.image.remove();
    shown = { image, left, top, width, height };
    pane.prepend(image);
    put(image, left, top, width, height);
  };
  image.src = "/region.jpg?" + new URLSearchParams({ photo: view.patch.photo, left, top, width, height, px });
}

function zoom(factor, x = pane.clientWidth / 2, y = pane.clientHeight / 2) {
  const scale = Math.min(Math.max(view.scale * factor, fit()), 8);
  const dx = x - pane.clientWidth / 2, dy = y - pane.clientHeight / 2;
  view.x += dx / view.scale - dx / scale;
  view.y += dy / view.scale - dy / scale;
  view.scale = scale;
  draw();
}

pane.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 400), event.clientX, event.clientY);
}, { passive: false });

pane.addEventListener("pointerdown", (event) => {
  pane.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
});
pane.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
  const now = [event.clientX, event.clientY];
  fingers.set(event.pointerId, now);
  const share = other ? 2 : 1;
  view.x -= (now[0] - before[0]) / view.scale / share;
  view.y -= (now[1] - before[1]) / view.scale / share;
  if (other) {
    const factor = Math.hypot(now[0] - other[0], now[1] - other[1]) / Math.max(Math.hypot(before[0] - other[0], before[1] - other[1]), 1);
    zoom(factor, (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  } else draw();
});
for (const end of ["pointerup", "pointercancel"]) pane.addEventListener(end, (event) => fingers.delete(event.pointerId));

dialog.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return; // the browser's own, such as copying
  const step = 120 / view.scale;
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (moves[event.key]) {
    view.x += moves[event.key][0];
    view.y += moves[event.key][1];
    draw();
  } else if (event.key === "+" || event.key === "=") zoom(2);
  else if (event.key === "-") zoom(0.5);
  else if (event.key === "v") dialog.close();
  else if ("123cnuz".includes(event.key)) return dialog.close(); // and the page takes the answer
  else return;
  event.preventDefault();
  event.stopPropagation();
});
for (const button of dialog.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => zoom(Number(button.dataset.zoom)));
dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => fingers.clear());
addEventListener("resize", () => { if (dialog.open) draw(); });
