// Remote pickers: a plain select with its present choice becomes a Tom Select when somebody reaches for it,
// so a form with a hundred lines costs nothing until then.
import { $, $$, ask, make, word } from "./dom.js";

let loading = null;

const library = () => {
  loading ??= new Promise((resolve, reject) => {
    if (window.TomSelect) return resolve(window.TomSelect);
    const script = make("script", { src: document.body.dataset.picker });
    script.addEventListener("load", () => resolve(window.TomSelect));
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return loading;
};

const row = (data, escape) =>
  `<div>${escape(data.text)}${data.hint ? `<small>${escape(data.hint)}</small>` : ""}</div>`;

// Someone who types and presses Enter before the answer is there means the answer, not what the list showed before.
const arrived = picker => {
  picker.loadedSearches = {};
  picker.awaited = false;
  if (!picker.wanted) return;
  picker.wanted = false;
  const first = picker.activeOption ?? $(".option", picker.dropdown_content);
  if (first) picker.onOptionSelect(new MouseEvent("click"), first);
};

const settings = select => ({
  valueField: "id",
  labelField: "text",
  searchField: ["text", "hint"],
  maxOptions: 30,
  plugins: [],
  hideSelected: select.multiple,
  allowEmptyOption: false,
  closeAfterSelect: !select.multiple,
  openOnFocus: false,
  loadThrottle: 180,
  refreshThrottle: 0,
  placeholder: select.dataset.placeholder ?? "",
  shouldLoad: () => true,
  load(text, done) {
    ask(select.dataset.url, { q: text }).catch(() => ({ results: [] })).then(({ results }) => {
      const late = text !== this.inputValue();
      if (!late) {
        this.clearOptions();
        this.answered = new Set(results.map(one => String(one.id)));
      }
      done(late ? undefined : results);
      if (!late) arrived(this);
    });
  },
  onType() { this.awaited = true; },
  // What is chosen stays an option whatever is typed; it is offered only where it is an answer.
  score() { return option => (this.answered?.has(String(option.id)) ?? true) ? 1 : 0; },
  render: {
    option: row,
    item: (data, escape) => `<div>${escape(data.text)}</div>`,
    no_results: () => `<div class="no-results">${word("nothing")}</div>`,
    loading: () => `<div class="o-picker-wait">${word("searching")}</div>`,
  },
  // The select loses its name for assistive technology when it is hidden; it is taken out of their sight altogether.
  onInitialize() {
    select.setAttribute("aria-hidden", "true");
    select.hidden = true;
    const named = select.getAttribute("aria-label") ?? $(`label[for="${CSS.escape(select.id)}"]`)?.firstChild?.textContent ?? "";
    this.control_input.setAttribute("aria-label", named.trim());
    for (const name of ["aria-invalid", "aria-describedby"]) {
      if (select.hasAttribute(name)) this.control_input.setAttribute(name, select.getAttribute(name));
    }
  },
  onItemAdd() { this.setTextboxValue(""); this.refreshOptions(false); },
});

const waking = new WeakMap();

const change = async (select, focus) => {
  const TomSelect = await library();
  waking.delete(select);
  if (!select.isConnected || select.tomselect) return select.tomselect;
  const here = document.activeElement === select;
  const picker = new TomSelect(select, settings(select));
  if (focus && (here || document.activeElement === document.body)) picker.focus();
  return picker;
};

/** Make one select a picker, once, however many ask; the focus goes along. */
export const awaken = (select, focus = true) => {
  if (select.tomselect) return Promise.resolve(select.tomselect);
  if (!waking.has(select)) waking.set(select, change(select, focus));
  return waking.get(select);
};

// Coming by Tab does not open the list, so that it covers nothing; typing, arrow down or a click does.
const open = picker => {
  if (!picker || picker.isOpen) return;
  picker.load(picker.inputValue());
  picker.refreshOptions(false);
  picker.open();
};

const wake = event => {
  const select = event.target.closest?.("select[data-o-select]");
  if (!select || select.tomselect || select.disabled) return;
  const pressed = event.type === "mousedown";
  if (pressed) {
    event.preventDefault();
    select.focus();
  }
  awaken(select).then(picker => { if (pressed || select.closest(".o-filter-editor")) open(picker); });
};

const pickerAt = element => element.closest?.(".ts-wrapper")?.previousElementSibling?.tomselect;

document.addEventListener("click", event => {
  const picker = event.target.closest?.(".ts-control") && pickerAt(event.target);
  if (picker?.isFocused) open(picker);
});

document.addEventListener("keydown", event => {
  const picker = pickerAt(event.target);
  if (!picker || event.altKey) return;
  if (event.key === "ArrowDown" && !picker.isOpen) open(picker);
  else if (event.key === "Enter" && picker.awaited) picker.wanted = true;
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

document.addEventListener("focusin", wake);
document.addEventListener("mousedown", wake);

/** Fetch the library while nothing else happens, and make pickers with several choices at once. */
export const startPickers = (within = document) => {
  const selects = $$("select[data-o-select]", within).filter(select => select.checkVisibility());
  if (!selects.length || !document.body.dataset.picker) return;
  // The browser may have gone to the first field before anybody listened.
  const reached = selects.find(select => select === document.activeElement);
  if (reached) awaken(reached);
  const idle = window.requestIdleCallback ?? (work => setTimeout(work, 200));
  idle(async () => {
    await library();
    for (const select of selects.filter(one => one.multiple && one.isConnected && !one.tomselect)) awaken(select, false);
  });
};

/** Find the choice that a pasted text means: the only answer, or the one that says exactly that. */
export const choose = async (select, text) => {
  const { results } = await ask(select.dataset.url, { q: text });
  const same = value => String(value ?? "").trim().toLowerCase() === text.trim().toLowerCase();
  const found = results.find(one => same(one.text) || same(one.id) || same(one.hint) || same(String(one.text).split(" ")[0]))
    ?? (results.length === 1 ? results[0] : null);
  if (!found) return false;
  setChoice(select, found);
  return true;
};

export const setChoice = (select, { id, text, hint }) => {
  if (select.tomselect) {
    select.tomselect.addOption({ id: String(id), text, hint });
    select.tomselect.setValue(String(id), true);
  } else {
    for (const option of [...select.options]) if (option.value) option.remove();
    select.append(make("option", { value: id, selected: true, "data-hint": hint }, text));
    select.value = String(id);
  }
};

/** Turn a picker back into its plain select, so that its row can be copied. */
export const asleep = select => {
  if (!select.tomselect) return;
  const chosen = [...select.selectedOptions].map(option => ({ id: option.value, text: option.textContent }));
  select.tomselect.destroy();
  select.hidden = false;
  select.removeAttribute("aria-hidden");
  for (const option of [...select.options]) if (option.value && !chosen.some(one => one.id === option.value)) option.remove();
};
