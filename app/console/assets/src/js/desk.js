// The desk of a bank statement: what is ticked among lines and among payments, and by how much the two differ.
import { $, $$, isTyping, writeAmount } from "./dom.js";
import { coins, move, parsePlain } from "./list.js";

class Desk extends HTMLElement {
  connectedCallback() {
    this.bar = $("[data-desk-bar]");
    this.addEventListener("change", () => this.tell());
    this.addEventListener("o:stand", () => this.aim());
    for (const button of $$("[data-desk-side]")) button.addEventListener("click", () => this.turn(button.dataset.deskSide));
    document.addEventListener("keydown", event => this.key(event));
    this.tell();
    this.aim();
  }

  side(name) { return $(`[data-desk="${name}"]`, this); }

  /** Turn to lines or to payments: keys move there, and a phone shows that side alone. */
  turn(name) {
    this.dataset.side = name;
    for (const button of $$("[data-desk-side]")) button.setAttribute("aria-pressed", String(button.dataset.deskSide === name));
    for (const list of $$(".o-desk-list", this)) {
      list.toggleAttribute("data-o-rows", list.closest("[data-desk]").dataset.desk === name);
      for (const row of $$("[aria-current]", list)) row.removeAttribute("aria-current");
    }
  }

  key(event) {
    const name = { ArrowLeft: "lines", ArrowRight: "payments" }[event.key];
    if (!name || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    event.preventDefault();
    this.turn(name);
    move(1);
  }

  /** Let one key accept what is proposed for the line one stands on, or else for the first. */
  aim() {
    const here = $('[data-o-rows] > [aria-current="true"] [data-desk-accept]', this) ?? $("[data-desk-accept]", this);
    for (const button of $$("[data-desk-accept]", this)) button.removeAttribute("data-key");
    here?.setAttribute("data-key", "a");
  }

  ticked(name) { return $$("[data-o-row]:checked", this.side(name)); }

  sum(boxes) {
    const currencies = new Set(boxes.map(box => box.dataset.currency));
    if (currencies.size !== 1) return null;
    return { value: boxes.reduce((sum, box) => sum + parsePlain(box.dataset.amount), 0n), currency: [...currencies][0] };
  }

  tell() {
    if (!this.bar) return;
    const ticked = { lines: this.ticked("lines"), payments: this.ticked("payments") };
    const lines = this.sum(ticked.lines), payments = this.sum(ticked.payments);
    const same = lines && payments && lines.currency === payments.currency;
    const difference = same ? { value: lines.value - payments.value, currency: lines.currency } : null;
    this.write("lines", lines);
    this.write("payments", payments);
    this.write("difference", difference);
    $("[data-desk-difference]", this.bar).dataset.tone = difference ? (difference.value ? "warn" : "ok") : "";
    for (const button of $$("[data-desk-needs]", this.bar)) {
      button.disabled = !button.dataset.deskNeeds.split(" ").every(name => ticked[name].length);
    }
    for (const row of $$("li[data-url]", this)) {
      const box = $("[data-o-row]", row);
      row.toggleAttribute("data-selected", !!box?.checked);
      const equal = lines && row.closest('[data-desk="payments"]') && box?.dataset.currency === lines.currency
        && parsePlain(box.dataset.amount) === lines.value;
      row.toggleAttribute("data-same", !!equal);
    }
  }

  write(name, sum) {
    $(`[data-desk-sum="${name}"]`, this.bar).textContent =
      sum ? `${writeAmount(sum.value, coins(sum.currency))}\u00a0${sum.currency}` : "\u2013";
  }
}

customElements.define("o-desk", Desk);
