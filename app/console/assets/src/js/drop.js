// <o-files>: files dropped or chosen are sent one after the other, with their progress; the answer is the fresh card.
import { $, $$, csrf, make, word } from "./dom.js";
import { say } from "./toasts.js";

export const sendOne = (url, name, file, progress, values = {}) => new Promise((resolve, reject) => {
  const request = new XMLHttpRequest();
  request.open("POST", url);
  request.setRequestHeader("X-CSRFToken", csrf());
  request.setRequestHeader("HX-Request", "true");
  request.upload.addEventListener("progress", event => {
    if (event.lengthComputable) progress.value = event.loaded / event.total;
  });
  request.addEventListener("load", () => resolve(request));
  request.addEventListener("error", reject);
  const form = new FormData();
  for (const [key, value] of Object.entries(values)) form.append(key, value);
  form.append(name, file);
  request.send(form);
});

class Files extends HTMLElement {
  connectedCallback() {
    const field = $('input[type="file"]', this);
    if (!field) return;
    for (const button of $$("[data-o-plain]", this)) button.hidden = true;
    field.addEventListener("change", () => this.take([...field.files]));
    const zone = $(".o-drop", this);
    for (const name of ["dragenter", "dragover"]) {
      zone.addEventListener(name, event => { event.preventDefault(); zone.classList.add("is-over"); });
    }
    for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("is-over"));
    zone.addEventListener("drop", event => { event.preventDefault(); this.take([...event.dataTransfer.files]); });
  }

  async take(files) {
    const form = $("form", this), name = $('input[type="file"]', this).name;
    let answer = null;
    for (const file of files) {
      const progress = make("progress", { max: "1", value: "0", "aria-label": word("uploading", { name: file.name }) });
      const row = make("div", { class: "o-file o-job" }, make("span", { class: "o-clip" }, word("uploading", { name: file.name })), progress);
      $(".o-drop", this).before(row);
      answer = await sendOne(form.action, name, file, progress).catch(() => null);
      row.remove();
      if (!answer || answer.status >= 500) return say(word("offline"), { tone: "bad" });
      if (answer.status === 413) return say(word("tooLarge", { name: file.name }), { tone: "bad" });
      if (answer.status >= 400) break;
    }
    if (answer) this.show(answer);
  }

  /** Put the fresh card in place of this one, and ask the activity again. */
  show(answer) {
    const page = new DOMParser().parseFromString(answer.responseText, "text/html");
    const fresh = $("o-files", page);
    for (const activity of $$("#activity")) activity.dispatchEvent(new CustomEvent("live"));
    if (!fresh) return location.reload();
    this.replaceWith(fresh);
    window.htmx?.process(fresh);
  }
}

customElements.define("o-files", Files);

// A file that misses the zone must not replace the page.
for (const name of ["dragover", "drop"]) {
  addEventListener(name, event => {
    if (event.dataTransfer?.types.includes("Files") && !event.target.closest?.('.o-drop,input[type="file"]')) event.preventDefault();
  });
}
