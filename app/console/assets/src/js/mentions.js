// @ in a comment offers people; what is sent is @[Name](id), what is seen while typing is the name.
import { $$, ask, make } from "./dom.js";

const chosen = new WeakMap();
let box = null, field = null, timer = 0;

const close = () => { box?.remove(); box = null; field?.removeAttribute("aria-activedescendant"); };
const started = area => /(^|\s)@([\p{L}\p{N}._-]{0,30}(?: [\p{L}]{1,20})?)$/u.exec(area.value.slice(0, area.selectionStart));

const put = person => {
  const found = started(field), end = field.selectionStart, begin = end - found[2].length - 1;
  field.setRangeText(`@${person.text} `, begin, end, "end");
  const known = chosen.get(field) ?? new Map();
  chosen.set(field, known.set(person.text, person.id));
  close();
  field.focus();
};

const draw = people => {
  close();
  if (!people.length) return;
  box = make("div", { class: "o-mentions", role: "listbox", "aria-label": "People" }, ...people.slice(0, 6).map((person, at) => {
    const row = make("div", { role: "option", id: `mention-${at}`, "aria-selected": String(at === 0) }, make("b", {}, person.text),
      make("small", {}, person.hint ?? ""));
    row.addEventListener("mousedown", event => { event.preventDefault(); put(person); });
    row.person = person;
    return row;
  }));
  field.after(box);
  field.setAttribute("aria-activedescendant", "mention-0");
};

document.addEventListener("input", event => {
  if (!event.target.matches("[data-o-mentions]") || !document.body.dataset.mentions) return;
  field = event.target;
  clearTimeout(timer);
  const found = started(field);
  if (!found) return close();
  timer = setTimeout(async () => {
    const answer = await ask(document.body.dataset.mentions, { q: found[2] }).catch(() => ({ results: [] }));
    if (started(field)) draw(answer.results);
  }, 120);
});

document.addEventListener("keydown", event => {
  if (event.target.matches?.("[data-o-mentions]") && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    event.target.form.requestSubmit();
    return;
  }
  if (!box || event.target !== field) return;
  const rows = $$('[role="option"]', box), at = rows.findIndex(row => row.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    const next = rows[(at + step + rows.length) % rows.length];
    rows.forEach(row => row.setAttribute("aria-selected", String(row === next)));
    field.setAttribute("aria-activedescendant", next.id);
  } else if (event.key === "Enter" || event.key === "Tab") put(rows[at].person);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
});

document.addEventListener("focusout", event => { if (event.target === field) setTimeout(close, 100); });

/** Write the names that were chosen as mentions before the comment leaves. */
const write = area => {
  let text = area.value;
  for (const [name, id] of chosen.get(area) ?? []) text = text.replaceAll(`@${name}`, `@[${name}](${id})`);
  return text;
};

document.addEventListener("htmx:config:request", event => {
  const { body, form } = event.detail.ctx.request;
  const area = form?.querySelector?.("[data-o-mentions]");
  if (area && body?.set) body.set(area.name, write(area));
});
