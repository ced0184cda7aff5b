
/* Links to an image, a row, a cell or a run, and buttons that copy. */

function goTo(hash) {
  try {
    history.replaceState(null, "", hash);
  } catch { /* in a frame of another page, as MLflow's, which has an address of its own */ }
}

async function copy(button, text) {
  const told = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch { /* not on pages that came without encryption, nor where the browser asks first */
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    button.focus();
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = told; }, 2000);
}

function mark(element) {
  document.querySelectorAll(".marked").forEach((each) => each.classList.remove("marked"));
  element?.classList.add("marked");
}

/* Take back what leaves rows out. */
function everyRow() {
  document.querySelectorAll(".filter input").forEach((field) => {
    field.value = "";
    field.dispatchEvent(new Event("input"));
  });
  document.querySelectorAll(".signs input").forEach((field) => {
    field.checked = true;
    field.dispatchEvent(new Event("change"));
  });
}

const heads = (row) => [...row.closest("table").tHead.rows[0].cells];

function reveal() {
  const wanted = new URLSearchParams(location.hash.slice(1)), [id] = wanted.keys();
  const lost = document.querySelector(".lost");
  lost.hidden = true;
  if (browsers.some((follow) => follow(wanted))) return;
  const found = id && document.getElementById(id), column = wanted.get("column");
  if (id && !found) {
    lost.textContent = `The link leads to ${wanted.get("image") ?? id}, which is not on this page, or no more.`;
    lost.hidden = false;
  }
  if (!found) return;
  if (found.hidden) everyRow();
  for (let each = found.closest("details"); each; each = each.parentElement.closest("details")) each.open = true;
  const place = found.matches("tr") && column ? heads(found).findIndex((head) => head.textContent.trim() === column) : -1;
  const cell = found.cells?.[place] ?? found;
  if (found.matches("tr")) mark(cell);
  cell.scrollIntoView({ block: found.matches("tr") ? "center" : "start", inline: "center" });
}

document.addEventListener("click", (event) => {
  const cell = event.target.closest("tr[id] > *");
  if (!cell || event.target.closest("a, button") || String(getSelection())) return;
  mark(cell);
  goTo(`#${cell.parentElement.id}&${new URLSearchParams({ column: heads(cell)[cell.cellIndex].textContent.trim() })}`);
});

document.querySelectorAll("button.copy").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => copy(button, button.dataset.copied));
});
document.querySelectorAll(".filter").forEach(filterable);
document.querySelectorAll("table.sortable").forEach(sortable);
document.querySelectorAll(".signs").forEach(choosable);
document.querySelectorAll(".opening").forEach(opening);
const browsers = [...document.querySelectorAll(".browser")].map(browser);
addEventListener("hashchange", reveal);
reveal();
/* On paper what stands in sections is unfolded; what is folded above them would push the tables down. */
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("section details:not([open])")];
  folded.forEach((part) => { part.open = true; });
  document.querySelectorAll("section > figure img").forEach((picture) => { picture.loading = "eager"; });
});
addEventListener("afterprint", () => { folded.forEach((part) => { part.open = false; }); });
