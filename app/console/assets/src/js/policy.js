// <o-policy>: the editor of a policy. Rules are lines; their conditions are added, shaped by their fact and counted here.
import { $, $$ } from "./dom.js";
import { awaken, startPickers } from "./pickers.js";

const TELL = 500;
const WORDLESS = ["empty", "filled"];

const codeField = row => $('[name$="-code"]', row);
const focusIn = element => {
  const field = $("select[data-o-select],input:not([type=hidden]),select", element);
  if (field?.matches("select[data-o-select]")) awaken(field).then(picker => picker?.focus());
  else field?.focus();
};

class Policy extends HTMLElement {
  connectedCallback() {
    this.form = $("form", this);
    this.rail = $("#rail", this);
    this.lines = $("o-lines", this);
    for (const row of this.rows) this.show(row);
    this.number();
    for (const name of ["input", "change"]) this.form.addEventListener(name, event => this.changed(event));
    this.addEventListener("click", event => this.click(event));
    this.addEventListener("keydown", event => this.key(event), true);
    this.addEventListener("toggle", event => this.toggled(event), true);
    this.lines.addEventListener("paste", event => event.stopPropagation(), true); // cells of a sheet are no rules
    document.addEventListener("htmx:after:settle", () => this.told());
    addEventListener("hashchange", () => this.reach(location.hash.slice(1)));
    this.told();
    if (location.hash) this.reach(location.hash.slice(1));
  }

  get rows() { return $$("tr[data-line]", this.form); }

  clauses(within = this.form) { return $$("[data-clause]", within); }

  changed({ target }) {
    const clause = target.closest?.("[data-clause]");
    if (target.matches?.("[data-fact]")) this.shape(clause);
    else if (target.matches?.("[data-operator]")) this.word(clause);
    else if (target.id === "f-currency") this.currency(target.value);
    const row = target.closest?.("tr[data-line]");
    if (row) this.show(row);
    else this.rows.forEach(each => this.show(each)); // rules came, went, or changed places
    this.number();
    this.tell();
  }

  // ---- what stands beside

  tell() {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.rail.dispatchEvent(new CustomEvent("tell")), TELL);
  }

  told() {
    const told = $("[data-o-told]", this.rail);
    if (!told || told === this.seen) return;
    this.seen = told;
    for (const said of JSON.parse(told.dataset.sentences)) {
      const summary = document.getElementById(`rules-${said.at}`)?.querySelector("summary");
      if (!summary) continue;
      const put = (name, text) => { $(`[data-say=${name}]`, summary).textContent = text; };
      put("when", said.when);
      put("then", said.then);
      put("terms", said.terms ? `, ${said.terms}` : "");
    }
  }

  /** Go to what a check is about: open its rule, and stand in its first field. */
  reach(id) {
    const target = document.getElementById(id);
    if (!target || !this.contains(target)) return;
    const rule = target.closest("tr")?.querySelector("[data-rule]");
    if (rule) rule.open = true;
    target.scrollIntoView({ block: "center" });
    if (target.matches("input,select,textarea")) target.focus();
    else focusIn(rule && target.matches("tr") ? $(".o-rule-body", target) : target);
  }

  toggled({ target }) {
    if (!target.matches?.("[data-rule]")) return;
    $("[data-open]", target.closest("tr")).value = target.open ? "1" : "";
    if (target.open) startPickers(target);
  }

  // ---- a rule

  /** Show the fields that matter for what a rule does; the others are not sent. */
  show(row) {
    const code = codeField(row), known = $("[data-known]", row);
    if (!known.value) known.value = code.value ||= this.freeCode();
    $("[data-code]", row).textContent = code.value;
    const value = name => $(`[name$="-${name}"]`, row)?.value ?? "";
    for (const place of $$("[data-matters]", row)) {
      const matters = place.dataset.matters.split(";").every(part => {
        const [name, wanted] = part.split("=");
        return wanted === "*" ? !!value(name) : wanted.split(",").includes(value(name));
      });
      place.toggleAttribute("data-off", !matters);
      for (const field of $$("input:not([type=checkbox]),select,textarea", place)) {
        if (field.tomselect) field.tomselect[matters ? "enable" : "disable"]();
        else if (!field.closest(".ts-wrapper")) field.disabled = !matters;
      }
    }
  }

  freeCode() {
    const taken = this.rows.map(row => codeField(row).value);
    let at = 1;
    while (taken.includes(`R${at}`)) at += 1;
    return `R${at}`;
  }

  // ---- conditions

  template(fact) { return $(`template[data-clause-new="${fact}"]`, this.form).content; }

  add(group, after = null) {
    const fresh = $("template[data-clause-new]", this.form).content.querySelector("[data-clause]").cloneNode(true);
    if (after) after.after(fresh);
    else $("[data-always]", group).before(fresh);
    this.ended();
    focusIn(fresh);
  }

  addGroup(button) {
    const last = button.closest("[data-group]"), group = last.cloneNode(true);
    for (const clause of this.clauses(group)) clause.remove();
    last.after(group);
    this.add(group);
  }

  drop(clause) {
    const group = clause.closest("[data-group]"), groups = clause.closest("[data-groups]");
    const next = clause.nextElementSibling?.matches("[data-clause]") ? clause.nextElementSibling : clause.previousElementSibling;
    clause.remove();
    const empty = !this.clauses(group).length;
    if (empty && $$("[data-group]", groups).length > 1) group.remove();
    this.ended();
    if (!empty && next?.matches("[data-clause]")) focusIn(next);
    else $('[data-rule-do="and"]', groups).focus();
  }

  /** Give a condition the comparisons and the input of its fact; what still makes sense is kept. */
  shape(clause) {
    const rest = $("[data-rest]", clause), base = clause.id;
    const was = { operator: $("[data-operator]", rest).value, kind: $("[data-value]", rest).dataset.kind, value: $("[data-value] input[type=text]", rest)?.value };
    const from = this.template($("[data-fact]", clause).value);
    const fresh = (from.querySelector("[data-rest]") ?? from).cloneNode(true);
    rest.replaceChildren(...fresh.childNodes);
    this.rename(rest, "conditions-__k__", base);
    const operator = $("[data-operator]", rest), value = $("[data-value]", rest);
    if (!WORDLESS.includes(was.operator) && [...operator.options].some(option => option.value === was.operator)) operator.value = was.operator;
    if (was.value && value.dataset.kind === was.kind) $("input[type=text]", value).value = was.value;
    clause.classList.remove("is-bad");
    for (const problem of $$(".o-field-error", clause)) problem.remove();
    this.currency($("#f-currency").value);
    this.word(clause);
    startPickers(rest);
  }

  /** Some comparisons need no value. */
  word(clause) {
    const value = $("[data-value]", clause), wordless = WORDLESS.includes($("[data-operator]", clause).value);
    value.hidden = wordless;
    for (const field of $$("input,select", value)) if (!field.closest(".ts-wrapper")) field.disabled = wordless;
  }

  currency(code) { if (code) for (const unit of $$("[data-currency]", this.form)) unit.textContent = code; }

  ended() { this.form.dispatchEvent(new Event("change", { bubbles: true })); }

  /** Conditions are counted through all rules; each says to which rule and group it belongs. */
  number() {
    let at = 0;
    const known = new Set();
    for (const row of this.rows) {
      const own = $("[data-known]", row);
      if (known.has(own.value)) own.value = codeField(row).value = this.freeCode(); // a copy of another rule
      known.add(own.value);
      $("[data-code]", row).textContent = codeField(row).value;
      $$("[data-group]", row).forEach((group, place) => {
        $("[data-always]", group).hidden = this.clauses(group).length > 0;
        for (const clause of this.clauses(group)) {
          this.rename(clause, clause.id, `conditions-${at++}`);
          $("[data-of]", clause).value = own.value;
          $("[data-alternative]", clause).value = place + 1;
        }
      });
    }
  }

  rename(within, old, base) {
    for (const element of [within, ...$$("[id],[name],[aria-describedby]", within)]) {
      for (const name of ["id", "name", "aria-describedby"]) {
        const value = element.getAttribute(name);
        if (value === old || value?.startsWith(`${old}-`)) element.setAttribute(name, base + value.slice(old.length));
      }
    }
  }

  // ---- mouse and keys

  click(event) {
    const to = event.target.closest("[data-o-to]");
    if (to) {
      event.preventDefault();
      return this.reach(to.dataset.oTo);
    }
    if (event.target.closest("[data-line-do]")) this.ended(); // lines tell of what they take out, not of what is new
    const what = event.target.closest("[data-rule-do]");
    if (!what) return;
    const act = what.dataset.ruleDo;
    if (act === "and") this.add(what.closest("[data-group]"));
    if (act === "or") this.addGroup(what);
    if (act === "drop") this.drop(what.closest("[data-clause]"));
  }

  key(event) {
    const { target } = event, row = target.closest("tr[data-line]");
    if (target.id === "document-to-try" && event.key === "Enter") $("[data-rule-try]", this).click();
    if (!row || event.isComposing || target.closest(".ts-wrapper.dropdown-active")) return;
    const clause = target.closest("[data-clause]"), control = event.ctrlKey || event.metaKey;
    if (clause && control && (event.key === "Delete" || event.key === "Backspace")) this.drop(clause);
    else if (event.key !== "Enter" || target.closest("button,summary,a")) return;
    else if (clause) this.add(clause.closest("[data-group]"), clause);
    else if (target.matches("textarea")) return;
    event.preventDefault();
    event.stopPropagation();
  }
}

customElements.define("o-policy", Policy);
