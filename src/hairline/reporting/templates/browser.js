
/* The image browser: which image is in the viewer, in which order they come, and how every model did on them. */

function browser(root) {
  const { images, seen, pictures } = JSON.parse(root.querySelector("script").textContent);
  const part = (name) => root.querySelector(`[name=${name}]`);
  const [set, choice, pick, right] = ["set", "order", "image", "right"].map(part);
  const rows = root.querySelector("tbody"), told = root.querySelector(".counted"), thumbs = root.querySelector(".thumbs");
  const look = viewer(root), address = (place) => pictures[place];
  let shown = [];

  const fill = (select, names) => {
    const chosen = select.value;
    select.replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
  };
  const here = () => images.filter((image) => image.set === set.value);
  const models = () => [...new Set(here().flatMap((image) => Object.keys(image.f1)))];
  const ordered = () => choice.value.replace(/^(worst|best) of /, "");
  const mean = (values) => (values.length ? values.reduce((sum, one) => sum + one, 0) / values.length : 0);

  /* The model of the highest mean F1 that learned from pseudo-labels, whose prediction for an image was kept. */
  function best(image) {
    const score = (model) => mean(here().flatMap((each) => each.f1[model] ?? []));
    const kept = models().filter((model) => image.layers[model] !== undefined && !(`${model} `).startsWith("FSV "));
    return kept.sort((one, other) => score(other) - score(one))[0] ?? Object.keys(image.layers).at(-1);
  }

  function list() {
    const model = ordered(), sign = choice.value.startsWith("best of ") ? -1 : 1;
    const key = (image) => (model === choice.value ? mean(Object.values(image.f1)) : image.f1[model]);
    const kept = (image) => model === choice.value || (image.f1[model] !== undefined && image.layers[model] !== undefined);
    shown = here().filter(kept);
    if (choice.value !== "in order") shown.sort((one, other) => sign * (key(one) - key(other)));
    fill(pick, shown.map((image) => image.id));
    thumbs.replaceChildren(...shown.map((image, place) => thumb(image, key(image), place)));
    pick.selectedIndex = 0;
    show();
  }

  function thumb(image, f1, place) {
    const item = document.createElement("li"), button = document.createElement("button"), small = new Image();
    small.loading = "lazy"; /* before the address, or it is loaded at once */
    small.decoding = "async";
    small.alt = "";
    small.src = address(image.layers.image);
    button.type = "button";
    button.tabIndex = -1; /* keys n and p, and the list of names, go the same way */
    button.append(small, image.id, document.createElement("br"), Object.keys(image.f1).length ? `F1 ${f1.toFixed(3)}` : "");
    button.addEventListener("click", () => { pick.selectedIndex = place; show(); link(); });
    item.append(button);
    return item;
  }

  function show() {
    const image = shown[pick.selectedIndex];
    if (!image) return;
    const layers = Object.entries(image.layers).filter(([name]) => name !== "image").map(([name, place]) => [name, address(place)]);
    const wanted = ordered() === choice.value ? best(image) : ordered();
    look.show(
      { name: `${image.id} of ${image.set}`, photo: address(image.layers.image), layers: Object.fromEntries(layers) },
      [image.layers.mask === undefined ? ALONE : "mask", wanted],
    );
    rows.replaceChildren(...Object.entries(image.f1).map(([name, f1]) => {
      const row = document.createElement("tr");
      [`${name} ${seen[image.set]?.[name] ?? ""}`.trim(), f1.toFixed(3), image.layers[name] === undefined ? "not kept" : "kept"]
        .forEach((text) => { row.insertCell().textContent = text; });
      return row;
    }));
    told.value = `Image ${pick.selectedIndex + 1} of ${shown.length}: ${image.id} of ${image.set}`;
    [...thumbs.children].forEach((item, place) => item.classList.toggle("chosen", place === pick.selectedIndex));
  }

  function step(by) {
    pick.selectedIndex = (pick.selectedIndex + by + shown.length) % shown.length;
    show();
    link();
  }

  function link() {
    const image = shown[pick.selectedIndex];
    const model = right.value === ALONE ? {} : { model: right.value };
    goTo(`#${new URLSearchParams({ image: `${image.set}/${image.id}`, ...model })}`.replaceAll("%2F", "/"));
  }

  /* Follow a link of this kind; whether it led anywhere. */
  function follow(wanted) {
    const image = images.find((each) => `${each.set}/${each.id}` === wanted.get("image"));
    if (!image) return false;
    set.value = image.set;
    fill(choice, orders());
    choice.value = "in order";
    list();
    pick.value = image.id;
    show();
    if (image.layers[wanted.get("model")] !== undefined) {
      right.value = wanted.get("model");
      right.dataset.chosen = "";
      look.draw();
    }
    root.scrollIntoView();
    return true;
  }

  const orders = () => ["in order", "lowest mean F1 first", ...models().flatMap((m) => [`worst of ${m}`, `best of ${m}`])];
  fill(set, [...new Set(images.map((image) => image.set))]);
  fill(choice, orders());
  set.addEventListener("change", () => { fill(choice, orders()); list(); });
  choice.addEventListener("change", list);
  pick.addEventListener("change", () => { show(); link(); });
  right.addEventListener("change", link);
  part("previous").addEventListener("click", () => step(-1));
  part("next").addEventListener("click", () => step(1));
  part("link").addEventListener("click", (event) => { link(); copy(event.target, location.href); });
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("select")) return;
    if (event.key !== "n" && event.key !== "p") return;
    step(event.key === "n" ? 1 : -1);
    event.preventDefault();
  });
  root.hidden = false;
  list();
  return follow;
}
