// What a line asks for: typed in words, or an item of the catalogue chosen while typing.
import { $, $$, ask, make, word } from "./dom.js";

const SOON = 180;
let list = null, at = -1, soon = 0;

const fieldOf = event => event.target.closest?.('o-lines [role="combobox"][name$="-text"]');
const options = () => list ? $$("[role=option]", list) : [];

const close = () => {
  if (!list) return;
  const field = $("input[role=combobox]", list.parentElement);
  list.parentElement.classList.remove("dropdown-active");
  list.remove();
  list = null;
  at = -1;
  field?.setAttribute("aria-expanded", "false");
  field?.removeAttribute("aria-activedescendant");
};

const mark = (field, place) => {
  const all = options();
  at = all.length ? (place + all.length) % all.length : -1;
  all.forEach((option, number) => {
    option.classList.toggle("active", number === at);
    option.setAttribute("aria-selected", String(number === at));
  });
  if (at < 0) return;
  field.setAttribute("aria-activedescendant", all[at].id);
  all[at].scrollIntoView({ block: "nearest" });
};

const open = async field => {
  const text = field.value;
  const { results } = await ask(field.closest("o-lines").dataset.lookup, { q: text }).catch(() => ({ results: [] }));
  if (document.activeElement !== field || field.value !== text) return;
  close();
  if (!results.length && !text) return;
  list = make("div", { class: "ts-dropdown", id: "item-list", role: "listbox", "aria-label": field.getAttribute("aria-label") });
  const inside = make("div", { class: "ts-dropdown-content" });
  for (const [number, one] of results.entries()) {
    const name = nameOf(one);
    const option = make("div", { class: "option", role: "option", id: `item-${number}`, "data-id": one.id, "data-name": name }, name, make("small", {}, one.id));
    inside.append(option);
  }
  if (!results.length) inside.append(make("div", { class: "no-results" }, word("nothing")));
  list.append(inside);
  field.closest("td").append(list);
  field.closest("td").classList.add("dropdown-active");
  field.setAttribute("aria-expanded", "true");
};

const nameOf = ({ id, text }) => text.startsWith(`${id} `) ? text.slice(id.length + 1) : text;

/** Show that a line is of the catalogue, or no longer. */
const take = (field, id, name) => {
  const row = field.closest("tr"), item = $("[data-item]", row);
  if (item.value === id && !name) return;
  item.value = id;
  if (name) field.value = name;
  $("[data-from]", row).hidden = !id;
  $("[data-from-item]", row).textContent = id;
  item.dispatchEvent(new Event("change", { bubbles: true }));
};

const choose = (field, option) => {
  close();
  take(field, option.dataset.id, option.dataset.name);
  field.focus();
};

document.addEventListener("input", event => {
  const field = fieldOf(event);
  if (!field) return;
  if (!field.value.trim()) take(field, "", "");
  clearTimeout(soon);
  soon = setTimeout(() => open(field), SOON);
});

document.addEventListener("click", event => {
  const field = fieldOf(event);
  if (field && !list) open(field);
});

document.addEventListener("mousedown", event => {
  const option = list && event.target.closest("#item-list .option");
  if (!option) return;
  event.preventDefault();
  choose($("input[role=combobox]", list.parentElement), option);
});

document.addEventListener("focusout", event => { if (fieldOf(event)) close(); });

document.addEventListener("keydown", event => {
  const field = fieldOf(event);
  if (!field || event.altKey || event.isComposing) return;
  const moves = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1 };
  if (event.key === "ArrowDown" && !list) open(field).then(() => mark(field, 0));
  else if (list && event.key in moves) mark(field, moves[event.key]);
  else if (list && event.key === "Enter" && at >= 0) choose(field, options()[at]);
  else if (list && event.key === "Escape") close();
  else {
    if (event.key === "Enter") close();
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
