// <o-lines>: child rows as plain inputs. Rows are numbered by their place, so what is sent is what is seen.
import { $, $$, parseAmount, word, writeAmount } from "./dom.js";
import { paste } from "./paste.js";
import { asleep, awaken } from "./pickers.js";
import { say } from "./toasts.js";

const FIELDS = "input:not([type=hidden]),select,textarea";

/** A picker, which may hide its select behind inputs of its own; of a line that folds, its summary or first field. */
const firstOf = cell => cell.matches(".o-rule") ? $("details:not([open]) > summary", cell) ?? $(FIELDS, cell)
  : $("select[data-o-select]", cell) ?? $(FIELDS, cell);

/** The fields of a row that a person fills in, one for each column. */
export const fieldsOf = row => $$(":scope > td:not(.o-line-grip,.o-line-end,.o-line-more)", row)
  .map(cell => firstOf(cell)).filter(Boolean);

export const columnOf = field => field.name.replace(/^.*-\d+-/, "");

export const reach = field => {
  if (field.matches("select[data-o-select]")) {
    if (field.tomselect) field.tomselect.focus();
    else awaken(field).then(picker => picker?.focus());
  } else {
    field.focus();
    if (field.select && field.type !== "checkbox") field.select();
  }
};

class Lines extends HTMLElement {
  connectedCallback() {
    this.body = $("tbody", this);
    this.menu = $("[data-line-popover]", this);
    this.blank = JSON.parse(this.dataset.blank || "{}");
    this.addEventListener("click", event => this.click(event));
    this.addEventListener("keydown", event => this.key(event));
    this.addEventListener("paste", event => paste(this, event));
    this.addEventListener("input", event => this.edited(event));
    this.addEventListener("change", event => this.edited(event));
    this.startDragging();
    this.number();
    this.sum();
  }

  get rows() { return $$(":scope > tr[data-line]:not([hidden])", this.body); }

  get room() { return !this.dataset.maximum || this.rows.length < Number(this.dataset.maximum); }

  rowOf(element) { return element.closest("tr[data-line]"); }

  edited(event) {
    const cell = event.target.closest("td.is-bad");
    event.target.removeAttribute("aria-invalid");
    cell?.classList.remove("is-bad");
    cell?.querySelector(".o-field-error")?.remove();
    this.sum();
  }

  // ---- adding, copying, moving, removing

  fresh(values = this.blank) {
    const row = $("[data-line-new]", this).content.querySelector("tr").cloneNode(true);
    for (const field of fieldsOf(row)) {
      const value = values[columnOf(field).replace(/^.*__n__-/, "")];
      if (value === undefined) continue;
      if (field.type === "checkbox") field.checked = !!value;
      else field.value = value;
    }
    return row;
  }

  add(after = null, focus = true) {
    if (!this.room) return null;
    const row = this.fresh();
    if (after) after.after(row);
    else this.body.append(row);
    this.number();
    this.sum();
    if (focus) reach(fieldsOf(row)[0]);
    return row;
  }

  duplicate(row) {
    if (!this.room) return;
    for (const select of $$("select[data-o-select]", row)) asleep(select);
    const copy = row.cloneNode(true);
    const from = $$(FIELDS, row);
    $$(FIELDS, copy).forEach((field, at) => {
      if (field.type === "checkbox") field.checked = from[at].checked;
      else if (field.multiple) [...field.options].forEach((option, place) => { option.selected = from[at].options[place].selected; });
      else field.value = from[at].value;
    });
    for (const field of $$('input[name$="-id"]', copy)) field.value = "";
    row.after(copy);
    this.number();
    this.sum();
    this.changed();
    reach(fieldsOf(copy)[0]);
  }

  shift(row, step, field) {
    const all = this.rows, other = all[all.indexOf(row) + step];
    if (!other) return;
    other[step < 0 ? "before" : "after"](row);
    this.number();
    (field ?? $("[data-line-menu]", row)).focus();
    this.changed();
  }

  remove(row) {
    const all = this.rows, at = all.indexOf(row), next = all[at + 1] ?? all[at - 1];
    this.setRemoved(row, true);
    say(word("removed"), { undo: () => { this.setRemoved(row, false); reach(fieldsOf(row)[0]); } });
    if (next) reach(fieldsOf(next)[0]);
    else $('[data-line-do="add"]', this).focus();
  }

  setRemoved(row, removed) {
    row.hidden = removed;
    $('input[name$="-removed"]', row).disabled = !removed;
    this.number();
    this.sum();
    this.changed();
  }

  changed() { this.dispatchEvent(new Event("change", { bubbles: true })); }

  /** Names, ids and labels follow the place of the row; removed rows come last in words, but keep their place. */
  number() {
    const prefix = this.dataset.name;
    let seen = 0;
    const all = $$(":scope > tr[data-line]", this.body);
    all.forEach((row, at) => {
      if (!row.hidden) seen += 1;
      this.rename(row, `${prefix}-${at}`, seen);
    });
    $("[data-lines-count]", this).value = all.length;
    $(".o-lines-none", this).hidden = this.rows.length > 0;
    $('[data-line-do="add"]', this).disabled = !this.room;
  }

  rename(row, base, number) {
    const old = row.id;
    if (old !== base) {
      const after = text => base + text.slice(old.length);
      for (const element of $$("[id],[name],[for],[aria-describedby]", row)) {
        for (const name of ["id", "name", "for", "aria-describedby"]) {
          const value = element.getAttribute(name);
          if (value?.startsWith(`${old}-`)) element.setAttribute(name, after(value));
        }
      }
      row.id = base;
    }
    for (const element of $$("[aria-label]", row)) {
      const label = element.getAttribute("aria-label");
      element.setAttribute("aria-label", label.replace(/(line )(\d+|__number__)/i, `$1${number}`));
    }
  }

  sum() {
    const total = $("[data-lines-total]", this);
    if (!total) return;
    let whole = 0n;
    for (const row of this.rows) {
      const value = name => parseAmount($(`[name$="-${name}"]`, row)?.value) ?? 0n;
      const line = value("quantity") * value("unit_price") / 1000000n;
      whole += line;
      $("[data-line-total]", row).textContent = writeAmount(line);
    }
    total.textContent = writeAmount(whole);
    this.dispatchEvent(new CustomEvent("o-total", { bubbles: true, detail: writeAmount(whole) }));
  }

  // ---- mouse and keys

  click(event) {
    const opener = event.target.closest("[data-line-menu]");
    if (opener) return this.openMenu(opener);
    const what = event.target.closest("[data-line-do]")?.dataset.lineDo;
    if (!what) return;
    if (what === "add") return void this.add();
    const row = this.rowOf(event.target) ?? this.menuRow;
    if (this.menu.matches(":popover-open")) this.menu.hidePopover();
    this.act(what, row);
  }

  act(what, row) {
    if (what === "remove") this.remove(row);
    if (what === "duplicate") this.duplicate(row);
    if (what === "insert") this.add(row);
    if (what === "up" || what === "down") this.shift(row, what === "up" ? -1 : 1);
  }

  openMenu(button) {
    this.menuRow = this.rowOf(button);
    this.menu.anchorButton = button;
    this.menu.showPopover();
  }

  key(event) {
    const row = this.rowOf(event.target);
    if (!row || event.isComposing || event.defaultPrevented) return;
    const open = event.target.closest(".ts-wrapper.dropdown-active");
    const control = event.ctrlKey || event.metaKey;
    let done = true;
    if (event.altKey && !open && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      this.shift(row, event.key === "ArrowUp" ? -1 : 1, event.target);
    } else if (control && event.key.toLowerCase() === "d") this.duplicate(row);
    else if (control && (event.key === "Delete" || event.key === "Backspace")) this.remove(row);
    else if (event.key === "Enter" && !open && !event.target.closest("button") && !event.shiftKey) this.down(row, event.target);
    else done = false;
    if (done) event.preventDefault();
  }

  down(row, target) {
    const at = [...row.cells].indexOf(target.closest("td"));
    const next = this.rows[this.rows.indexOf(row) + 1];
    if (!next) return void this.add();
    if (next.cells[at].matches(".o-line-more")) return reach(fieldsOf(next)[0]);
    reach($("select[data-o-select]", next.cells[at]) ?? $(FIELDS, next.cells[at]));
  }

  // ---- dragging by the grip

  startDragging() {
    let held = null;
    this.addEventListener("pointerdown", event => {
      const grip = event.target.closest("[data-line-menu]");
      this.rowOf(event.target)?.setAttribute("draggable", String(!!grip));
    });
    this.addEventListener("dragstart", event => {
      held = this.rowOf(event.target);
      held?.classList.add("is-held");
      event.dataTransfer.effectAllowed = "move";
    });
    this.addEventListener("dragover", event => {
      const over = held && this.rowOf(event.target);
      if (!over) return;
      event.preventDefault();
      const box = over.getBoundingClientRect();
      if (over !== held) over[event.clientY < box.top + box.height / 2 ? "before" : "after"](held);
    });
    this.addEventListener("dragend", () => {
      if (!held) return;
      held.classList.remove("is-held");
      held.removeAttribute("draggable");
      held = null;
      this.number();
      this.changed();
    });
  }
}

customElements.define("o-lines", Lines);
