// Lists: the row one stands on, selection with its sum, filters that apply themselves, columns in order.
import { $, $$, word, writeAmount } from "./dom.js";

const rows = () => $$("[data-o-rows] > [data-url]");
const current = () => $('[data-o-rows] > [aria-current="true"]');

/** Stand on a row; whoever shows something about it hears of it. */
export const stand = row => {
  current()?.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  (row.querySelector("a") ?? row).focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  row.dispatchEvent(new CustomEvent("o:stand", { bubbles: true }));
};

/** Step to the next or previous row; false when the page has no list. */
export const move = step => {
  const all = rows();
  if (!all.length) return false;
  const at = all.indexOf(current());
  stand(all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + step))]);
  return true;
};

export const toggleRow = () => {
  const box = current()?.querySelector("[data-o-row]");
  if (!box) return false;
  box.checked = !box.checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
};

export const openRow = event => {
  const row = current();
  if (!row || event.target.closest("a,button,summary,label")) return false;
  location.assign(row.dataset.url);
  return true;
};

export const coins = currency => {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  } catch {
    return 2;
  }
};

/** "2 399.00 EUR, 80.00 USD" for the rows that are ticked. */
const sumOf = boxes => {
  const sums = new Map();
  for (const { dataset } of boxes) {
    const value = parsePlain(dataset.amount);
    if (value === null) continue;
    const sum = sums.get(dataset.currency) ?? { value: 0n, digits: coins(dataset.currency) };
    const digits = dataset.amount.split(".")[1]?.length ?? 0;
    sums.set(dataset.currency, { value: sum.value + value, digits: Math.max(sum.digits, digits) });
  }
  return [...sums].map(([currency, { value, digits }]) => `${writeAmount(value, digits)}\u00a0${currency}`).join(", ");
};

// Amounts of rows come as plain decimals, whatever the reader's language.
export const parsePlain = text => {
  const found = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(text ?? "");
  if (!found) return null;
  const scaled = BigInt(found[2]) * 1000000n + BigInt((found[3] ?? "").padEnd(6, "0"));
  return found[1] ? -scaled : scaled;
};

export const count = () => {
  const bar = $("[data-o-bulk]");
  if (!bar) return;
  const boxes = $$("[data-o-row]"), ticked = boxes.filter(box => box.checked), toolbar = $("[data-o-toolbar]");
  for (const box of boxes) box.closest("[data-url]").toggleAttribute("data-selected", box.checked);
  bar.hidden = !ticked.length;
  if (toolbar) toolbar.hidden = !!ticked.length;
  chooseAll(false);
  $("[data-o-n]", bar).textContent = word("selected", { n: ticked.length });
  const sum = sumOf(ticked);
  $("[data-o-sum]", bar).textContent = sum ? `· ${sum}` : "";
  for (const all of $$("[data-o-all]")) {
    all.checked = ticked.length > 0 && ticked.length === boxes.length;
    all.indeterminate = ticked.length > 0 && ticked.length < boxes.length;
  }
};

/** Mean all rows of the view, not only those on this page. */
export const chooseAll = on => {
  const field = $("[data-o-all-rows]"), button = $('[data-o="all-rows"]');
  if (!field || !button) return;
  field.value = on ? "1" : "";
  button.hidden = on;
  if (on) {
    $("[data-o-n]").textContent = word("selected", { n: button.dataset.total });
    $("[data-o-sum]").textContent = "";
  }
};

export const clear = () => {
  for (const box of $$("[data-o-row]")) box.checked = false;
  count();
};

let lastBox = null;
document.addEventListener("click", event => {
  const box = event.target;
  if (!box.matches?.("[data-o-row]")) return;
  if (event.shiftKey && lastBox) {
    const boxes = $$("[data-o-row]"), [from, to] = [boxes.indexOf(lastBox), boxes.indexOf(box)].sort((a, b) => a - b);
    for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
  }
  lastBox = box;
});

document.addEventListener("change", event => {
  if (event.target.matches("[data-o-all]")) {
    for (const box of $$("[data-o-row]")) box.checked = event.target.checked;
    count();
  }
  if (event.target.matches("[data-o-row]")) count();
  event.target.closest("[data-o-filter]")?.setAttribute("data-touched", "");
});

// A filter applies when its editor is closed; empty inputs stay out of the address.
document.addEventListener("toggle", event => {
  if (event.newState !== "closed") return;
  const form = event.target.querySelector?.("form[data-o-filter][data-touched]");
  if (form && !form.hasAttribute("data-sent")) form.requestSubmit();
}, true);

document.addEventListener("submit", event => {
  if (event.target.method !== "get") return;
  event.target.setAttribute("data-sent", "");
  for (const field of event.target.elements) if (field.value === "" && field.name) field.disabled = true;
});
addEventListener("pageshow", () => { for (const form of $$("form[data-sent]")) for (const field of form.elements) field.disabled = false; });

// Columns: up and down by button, or by dragging.
document.addEventListener("click", event => {
  const button = event.target.closest("[data-move]");
  if (!button) return;
  const row = button.closest("li");
  if (button.dataset.move === "up") row.previousElementSibling?.before(row);
  else row.nextElementSibling?.after(row);
  button.focus();
});

let dragged = null;
document.addEventListener("dragstart", event => { dragged = event.target.closest?.(".o-column") ?? null; });
document.addEventListener("dragover", event => {
  const over = event.target.closest?.(".o-column");
  if (!dragged || !over || over === dragged) return;
  event.preventDefault();
  const box = over.getBoundingClientRect();
  over[event.clientY < box.top + box.height / 2 ? "before" : "after"](dragged);
});
document.addEventListener("dragend", () => { dragged = null; });
