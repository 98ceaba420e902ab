// The role matrix: find a permission, tick a whole group, and see what would change before it is saved.
import { $, $$ } from "./dom.js";

const table = () => $("[data-o-matrix]");

const countChanges = () => {
  const changed = $$("input[type=checkbox][name=grant]", table()).filter(box => box.checked !== box.defaultChecked);
  for (const box of $$("input[name=grant]", table())) box.closest("td").toggleAttribute("data-changed", box.checked !== box.defaultChecked);
  const note = $("[data-o-matrix-note]");
  if (note) {
    note.hidden = !changed.length;
    note.textContent = note.dataset.text.replace("{n}", changed.length);
  }
};

const narrow = text => {
  const wanted = text.trim().toLowerCase();
  for (const group of $$("tbody", table())) {
    const rows = $$("tr[data-find]", group);
    const whole = group.dataset.find.toLowerCase().includes(wanted);
    for (const row of rows) row.hidden = !whole && !row.dataset.find.toLowerCase().includes(wanted);
    group.hidden = rows.every(row => row.hidden);
  }
};

const show = role => {
  for (const cell of $$("[data-role]", table())) cell.toggleAttribute("data-chosen", cell.dataset.role === role);
};

document.addEventListener("input", event => {
  if (event.target.matches("[data-o-matrix-find]")) narrow(event.target.value);
});

document.addEventListener("change", event => {
  if (!table()) return;
  if (event.target.matches("[data-o-matrix-role]")) show(event.target.value);
  if (event.target.closest("[data-o-matrix]")) countChanges();
});

if (table()) show($("[data-o-matrix-role]")?.value);
