// Invoices: files are taken in one after the other, each with what became of it; a form stands beside the pages of its original.
import { $, $$, make, word } from "./dom.js";
import { sendOne } from "./drop.js";
import { say } from "./toasts.js";

class Intake extends HTMLElement {
  connectedCallback() {
    const field = $('input[type="file"]', this), zone = $(".o-drop", this);
    for (const plain of $$("[data-o-plain]", this)) plain.hidden = true;
    field.addEventListener("change", () => this.take([...field.files]));
    field.addEventListener("dragenter", () => zone.classList.add("is-over"));
    for (const name of ["dragleave", "drop"]) field.addEventListener(name, () => zone.classList.remove("is-over"));
  }

  async take(files) {
    const form = $("form", this), field = $('input[type="file"]', this), came = $("[data-o-came]", this);
    const most = Number(this.dataset.most);
    field.value = "";
    if (files.length > most) say(word("tooMany", { n: most }), { tone: "warn" });
    for (const file of files.slice(0, most)) {
      const progress = make("progress", { max: "1", value: "0", "aria-label": word("uploading", { name: file.name }) });
      const row = make("div", { class: "o-file o-job" }, make("span", { class: "o-clip" }, word("uploading", { name: file.name })), progress);
      $(".o-drop", this).after(row);
      const answer = await sendOne(form.action, field.name, file, progress, Object.fromEntries($$("select, textarea, input:checked", form).map(({ name, value }) => [name, value]))).catch(() => null);
      row.remove();
      if (!answer || answer.status >= 500) return say(word("offline"), { tone: "bad" });
      if (answer.status === 413) say(word("tooLarge", { name: file.name }), { tone: "bad" });
      else if (answer.status >= 400) return location.reload();
      else this.show(came, answer.responseText);
    }
  }

  show(came, text) {
    came.hidden = false;
    $("ul", came).insertAdjacentHTML("afterbegin", text);
  }
}

customElements.define("o-intake", Intake);

document.addEventListener("click", event => {
  const button = event.target.closest("[data-o-page]"), shown = $("[data-o-shown]");
  if (!button || !shown) return;
  shown.src = button.dataset.oPage;
  shown.alt = shown.alt.replace(/\d+/, button.textContent.trim().match(/^\d+/)[0]);
  for (const other of $$("[data-o-page]")) other.toggleAttribute("aria-current", false);
  button.setAttribute("aria-current", "true");
});
