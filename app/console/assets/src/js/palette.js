// Ctrl-K: one field over documents, master data, pages and commands; the server answers what the person may see.
import { $, $$, ask, icon, make, word } from "./dom.js";

let dialog, field, results, running, timer;

const options = () => $$('[role="option"]', results);

const choose = option => {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (option) {
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
};

const message = text => results.replaceChildren(make("p", { class: "o-palette-none" }, text));

const option = (item, number) => {
  const row = make("a", { role: "option", id: `found-${number}`, "aria-selected": "false", href: item.url, tabindex: "-1" },
    icon(item.icon || "file-text"), make("span", { class: "o-grow o-clip" }, item.text));
  if (item.hint) row.append(make("span", { class: "o-xs o-muted o-clip" }, item.hint));
  return row;
};

const draw = groups => {
  let number = 0;
  const parts = groups.filter(group => group.items.length).map((group, at) => {
    const box = make("div", { role: "group", "aria-labelledby": `group-${at}` }, make("h3", { id: `group-${at}`, role: "presentation" }, group.label));
    for (const item of group.items) box.append(option(item, number++));
    return box;
  });
  if (parts.length) results.replaceChildren(...parts);
  else message(word("nothing"));
  choose(options()[0]);
};

const look = async () => {
  running?.abort();
  running = new AbortController();
  try {
    const answer = await ask(document.body.dataset.find, { q: field.value.trim() }, running.signal);
    draw(answer.groups);
  } catch (error) {
    if (error.name !== "AbortError") message(word("offline"));
  }
};

export const openPalette = () => {
  dialog = $("#palette");
  if (!dialog || dialog.open || !document.body.dataset.find) return;
  field = $("input", dialog);
  results = $("#palette-list");
  field.value = "";
  dialog.showModal();
  field.focus();
  look();
};

document.addEventListener("input", event => {
  if (event.target !== field) return;
  clearTimeout(timer);
  timer = setTimeout(look, 120);
});

document.addEventListener("keydown", event => {
  if (event.target !== field) return;
  const all = options(), at = all.findIndex(row => row.getAttribute("aria-selected") === "true");
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (move && all.length) {
    event.preventDefault();
    choose(all[(at + move + all.length) % all.length]);
  }
  if (event.key === "Enter" && all[at]) {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) open(all[at].href, "_blank", "noopener");
    else location.assign(all[at].href);
  }
});
