
/* A photo with two layers over it: the one left of the cut, the other right of it. */

const ALONE = "photo alone";
const BLINK_MS = 700;
const GONE = "The picture is not there any more: load the page anew, or bring its folder of pictures along.";
const still = matchMedia("(prefers-reduced-motion: reduce)");

/* Wheel, two fingers, buttons and keys enlarge the stage; what is enlarged is moved by dragging. */

function zoomable(frame, stage) {
  const fingers = new Map();
  let scale = 1, x = 0, y = 0;

  function move(right, down) {
    x = Math.min(0, Math.max(x + right, frame.clientWidth - stage.offsetWidth * scale));
    y = Math.min(0, Math.max(y + down, frame.clientHeight - stage.offsetHeight * scale));
    stage.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    frame.classList.toggle("enlarged", scale > 1);
  }

  function zoom(by, at = [frame.clientWidth / 2, frame.clientHeight / 2]) {
    const grown = Math.min(16, Math.max(1, scale * by)) / scale;
    scale *= grown;
    move((at[0] - x) * (1 - grown), (at[1] - y) * (1 - grown));
  }

  const place = (event) => {
    const box = frame.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const apart = ([one, other]) => Math.hypot(one[0] - other[0], one[1] - other[1]);

  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== frame) return; /* the page scrolls */
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 400)), place(event));
  }, { passive: false });
  frame.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    fingers.set(event.pointerId, place(event));
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => {
    const before = [...fingers.values()], from = fingers.get(event.pointerId), to = place(event);
    if (!from) return;
    fingers.set(event.pointerId, to);
    if (fingers.size === 2) zoom(apart([...fingers.values()]) / apart(before), to);
    if (scale > 1) move((to[0] - from[0]) / fingers.size, (to[1] - from[1]) / fingers.size);
  });
  ["pointerup", "pointercancel"].forEach((name) => {
    frame.addEventListener(name, (event) => fingers.delete(event.pointerId));
  });
  frame.addEventListener("dragstart", (event) => event.preventDefault());
  return { zoom, move, enlarged: () => scale > 1, whole: () => zoom(0) };
}

function viewer(root) {
  const part = (name) => root.querySelector(`[name=${name}]`);
  const [left, right, cut, opacity, photo, blink] = ["left", "right", "cut", "opacity", "photo", "blink"].map(part);
  const frame = root.querySelector(".frame"), stage = root.querySelector(".stage"), told = root.querySelector(".told");
  const [under, over] = stage.querySelectorAll("img"), beside = over.cloneNode();
  const zoomed = zoomable(frame, stage);
  let layers = {}, name = "", timer = 0;

  beside.className = "left";
  over.before(beside);

  function draw() {
    [[beside, left], [over, right]].forEach(([element, select]) => {
      const source = layers[select.value];
      element.hidden = !source;
      if (source) element.src = source;
      element.alt = source ? `${select.value}, over ${name}` : "";
    });
    const part = Number(cut.value);
    stage.style.setProperty("--cut", `${part}%`);
    stage.style.setProperty("--opacity", opacity.value / 100);
    stage.classList.toggle("bare", !photo.checked);
    stage.classList.toggle("divided", part > 0 && part < 100);
    told.value = { 0: right.value, 100: left.value }[part] ?? `${left.value} | ${right.value}`;
    cut.setAttribute("aria-valuetext", `${left.value} up to ${part} %, then ${right.value}`);
    opacity.setAttribute("aria-valuetext", `${opacity.value} %`);
  }

  function shape() {
    if (under.naturalWidth) frame.style.setProperty("--aspect", under.naturalWidth / under.naturalHeight);
  }

  function set(range, value) {
    range.value = value;
    draw();
  }

  function swap() {
    set(cut, Number(cut.value) < 50 ? 100 : 0);
  }

  function alternate() {
    const on = !timer && !still.matches;
    if (!timer) swap();
    clearInterval(timer);
    timer = on ? setInterval(swap, BLINK_MS) : 0;
    blink.setAttribute("aria-pressed", on);
    told.setAttribute("aria-live", on ? "off" : "polite");
  }

  function choose(place) {
    if (!right.options[place]) return;
    right.selectedIndex = place;
    right.dispatchEvent(new Event("change", { bubbles: true }));
    set(cut, 0);
  }

  function steer(right, down) {
    if (zoomed.enlarged()) zoomed.move(-60 * right, -60 * down);
    else set(cut, Number(cut.value) + 5 * right);
  }

  /* What is at hand of an image: its name, the address of its photo unless it is there already, its layers by name. */
  function show(image, [first, second]) {
    layers = image.layers;
    name = image.name;
    if (image.photo) under.src = image.photo;
    if (image.photo) under.alt = name;
    [[left, first], [right, second]].forEach(([select, chosen]) => {
      const names = [ALONE, ...Object.keys(layers)];
      const kept = select.dataset.chosen !== undefined && names.includes(select.value) ? select.value : chosen;
      select.replaceChildren(...names.map((each) => new Option(each, each, false, each === kept)));
    });
    draw();
  }

  const keys = {
    b: swap, B: alternate, h: () => photo.click(), "+": () => zoomed.zoom(1.5), "=": () => zoomed.zoom(1.5),
    "-": () => zoomed.zoom(1 / 1.5), 0: zoomed.whole, "[": () => set(opacity, Number(opacity.value) - 10),
    "]": () => set(opacity, Number(opacity.value) + 10),
  };
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("select")) return;
    const way = event.target === frame && arrows[event.key];
    if (way && (way[0] || zoomed.enlarged())) steer(...way);
    else if (keys[event.key]) keys[event.key]();
    else if (event.key >= "1" && event.key <= "9") choose(Number(event.key) - 1);
    else return;
    event.preventDefault();
  });
  under.addEventListener("load", shape);
  under.addEventListener("error", () => { told.value = GONE; });
  [left, right].forEach((select) => select.addEventListener("change", () => { select.dataset.chosen = ""; draw(); }));
  [cut, opacity].forEach((range) => range.addEventListener("input", draw));
  photo.addEventListener("change", draw);
  blink.addEventListener("click", alternate);
  part("closer").addEventListener("click", keys["+"]);
  part("farther").addEventListener("click", keys["-"]);
  part("whole").addEventListener("click", keys[0]);
  root.querySelectorAll(".scripted").forEach((each) => { each.hidden = false; });
  shape();
  return { show, draw };
}

/* The picture that the page opens with: the best labels left of the cut, the best network right of it. */

function opening(root) {
  const { layers } = JSON.parse(root.querySelector("script").textContent);
  const names = Object.keys(layers), photo = root.querySelector(".photo");
  viewer(root).show({ name: photo.alt, layers }, [names.at(-2) ?? ALONE, names.at(-1)]);
}
