// <o-request>: the form of a request. It tells what will happen after each pause, and keeps itself as a draft.
import { $, $$, csrf, word } from "./dom.js";
import { settle } from "./forms.js";
import "./items.js";
import { setChoice } from "./pickers.js";

const TELL = 300, KEEP = 1200, AGAIN = 10000;

const number = row => Number(row.id.replace(/^.*-/, ""));

class Request extends HTMLElement {
  connectedCallback() {
    this.form = $("form", this);
    this.rail = $("#rail");
    this.lines = $("o-lines", this);
    for (const name of ["input", "change"]) this.form.addEventListener(name, event => this.changed(event));
    this.addEventListener("click", event => this.click(event));
    document.addEventListener("htmx:after:settle", () => this.told());
    document.addEventListener("submit", event => this.submitting(event), true);
    addEventListener("pageshow", () => { this.sent = false; });
    $("[data-o-mine]").addEventListener("click", () => this.insist());
    for (const row of this.rows) this.showParts(row);
    this.told();
    if (this.rows.some(row => $("[data-item]", row).value && !$('[name$="-unit_price"]', row).value)) this.tell(0);
  }

  get rows() { return $$("tr[data-line]", this.form); }

  changed(event) {
    this.numberParts();
    this.tell(event.target.matches("[data-item]") ? 0 : TELL);
    if (!this.dataset.keep || this.stale) return;
    this.dirty = true;
    this.plan(KEEP);
  }

  // ---- what would happen

  tell(after) {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.rail.dispatchEvent(new CustomEvent("tell")), after);
  }

  /** Take over what the answer knows: prices of the catalogue, accounts, the sum above the buttons. */
  told() {
    const told = $("[data-o-told]", this.rail);
    if (!told || told === this.seen) return;
    this.seen = told;
    $("[data-o-sum]").textContent = told.dataset.total;
    $("[data-o-approvers]").textContent = told.dataset.approvers;
    for (const place of $$("[data-o-currency]")) place.textContent = told.dataset.currency;
    for (const fill of JSON.parse(told.dataset.fills)) this.fill(fill);
    this.lines.sum?.();
  }

  fill(known) {
    const row = document.getElementById(`lines-${known.at}`);
    if (!row) return;
    const field = name => $(`[name="lines-${known.at}-${name}"]`, row);
    $("[data-account]", row).textContent = known.account || "–";
    if (!known.item || field("item").value !== known.item) return;
    const put = (name, value) => { if (value && field(name) !== document.activeElement) field(name).value = value; };
    if (!field("text").value) put("text", known.text);
    put("unit_price", known.unit_price);
    for (const name of ["unit", "category"]) if (known[name].id) setChoice(field(name), known[name]);
    if (known.tax_code.id && !field("tax_code").value) setChoice(field("tax_code"), known.tax_code);
  }

  // ---- the draft

  plan(after) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.keep(), after);
  }

  keep() {
    if (this.keeping) return this.keeping;
    if (!this.dirty || this.sent || !this.isNamed) return Promise.resolve();
    this.keeping = this.save().finally(() => {
      this.keeping = null;
      if (this.dirty && !this.stale && !this.refused) this.plan(KEEP);
    });
    return this.keeping;
  }

  get isNamed() {
    const named = this.dataset.key || $("#f-title").value.trim() || $$('[name$="-text"]', this.form).some(field => field.value.trim());
    return !!named;
  }

  async save() {
    this.dirty = this.refused = false;
    const ids = Object.fromEntries($$('input[name$="-id"]', this.form).map(field => [field.name, field]));
    const headers = { "X-CSRFToken": csrf(), Accept: "application/json" };
    const answer = await fetch(this.dataset.keep, { method: "POST", body: new URLSearchParams(new FormData(this.form)), headers, credentials: "same-origin" })
      .catch(() => null);
    const said = await answer?.json().catch(() => null);
    if (!said?.said) return this.notSaved({ said: word("offline"), short: word("offline") }, true);
    if (!answer.ok) return this.notSaved(said, false, answer.status === 412);
    for (const [name, id] of Object.entries(said.ids)) if (ids[name]) ids[name].value = id;
    this.saved(said);
  }

  saved(said) {
    this.say(said);
    let version = $('[name="version"]', this.form);
    if (!version) {
      version = Object.assign(document.createElement("input"), { type: "hidden", name: "version" });
      this.form.prepend(version);
    }
    version.value = said.version;
    if (said.edit) this.become(said);
    if (!this.dirty) settle();
  }

  /** The first saving gave the draft its number; from now on the form is that of the draft. */
  become(said) {
    this.dataset.key = said.key;
    this.dataset.keep = said.keep;
    this.form.action = said.edit;
    history.replaceState(null, "", said.edit);
    this.rail.setAttribute("hx-post", `${this.dataset.preview}?key=${encodeURIComponent(said.key)}`);
    $("[data-o-theirs]").href = said.edit;
    const files = $("[data-o-files]", this);
    files.innerHTML = said.files;
    window.htmx?.process(files);
  }

  notSaved(said, later, stale = false) {
    this.dirty = this.refused = true;
    this.stale = stale;
    this.say(said);
    const note = $("#draft-conflict");
    note.hidden = !stale;
    if (stale) $("[data-o-text]", note).textContent = said.problems[0];
    if (later) this.plan(AGAIN);
  }

  /** Put what was typed over what somebody else saved meanwhile. */
  insist() {
    this.stale = false;
    $("#draft-conflict").hidden = true;
    $('[name="version"]', this.form).value = "";
    this.keep();
  }

  say({ said, short }) {
    $("#draft-said").textContent = said;
    $("[data-o-short]").textContent = short;
  }

  /** Submitting waits for a saving that is under way, so that the two do not cross. */
  submitting(event) {
    if (event.target !== this.form) return;
    clearTimeout(this.waiting);
    clearTimeout(this.telling);
    this.numberParts();
    if (!this.keeping) return void (this.sent = true);
    event.preventDefault();
    event.stopImmediatePropagation();
    const button = event.submitter;
    this.keeping.then(() => this.form.requestSubmit(button));
  }

  // ---- the rest of a line, and its parts

  click(event) {
    const opener = event.target.closest("[data-line-open]"), what = event.target.closest("[data-part-do]");
    if (opener) this.open(opener.closest("tr"), opener.getAttribute("aria-expanded") !== "true");
    if (!what) return;
    const row = what.closest("tr");
    if (what.dataset.partDo === "add") this.addPart(row);
    else this.removePart(row, what.closest("[data-part]"));
    this.showParts(row);
    this.form.dispatchEvent(new Event("change"));
  }

  open(row, open) {
    $("[data-line-open]", row).setAttribute("aria-expanded", String(open));
    $(".o-line-more", row).hidden = !open;
    if (open) $(".o-line-more select, .o-line-more input", row).focus();
  }

  addPart(row) {
    const place = $("[data-parts]", row), missing = place.children.length ? 1 : 2;
    const fresh = Array.from({ length: missing }, () => $("[data-part-new]", this).content.firstElementChild.cloneNode(true));
    place.append(...fresh);
    this.numberParts();
    $("select,input:not([type=hidden])", fresh[0]).focus();
  }

  removePart(row, part) {
    part.remove();
    $('[data-part-do="add"]', row).focus();
  }

  showParts(row) { $("[data-parts]", row).hidden = !$("[data-part]", row); }

  /** Parts are counted through all lines, and each says where its line stands. */
  numberParts() {
    let at = 0;
    for (const row of this.rows) {
      for (const part of $$("[data-part]", row)) {
        const old = part.id, base = `splits-${at++}`;
        for (const element of $$("[id],[name],[aria-describedby]", part)) {
          for (const name of ["id", "name", "aria-describedby"]) {
            const value = element.getAttribute(name);
            if (value?.startsWith(`${old}-`)) element.setAttribute(name, base + value.slice(old.length));
          }
        }
        part.id = base;
        $('[name$="-line"]', part).value = number(row) + 1;
      }
    }
  }
}

customElements.define("o-request", Request);
