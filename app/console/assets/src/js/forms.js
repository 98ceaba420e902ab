// Forms: the summary of problems takes the focus, one click sends once, and what is typed is not left behind unasked.
import { $, $$, word } from "./dom.js";

let touched = false, leaving = false;

const guarded = () => $("form[data-o-guard]");

const touch = event => {
  if (!event.target.closest?.("form[data-o-guard]")) return;
  touched = true;
  const note = $("[data-o-unsaved]");
  if (note) note.hidden = false;
};
document.addEventListener("input", touch);
document.addEventListener("change", touch);

/** Say that all that was typed is saved. */
export const settle = () => { touched = false; };

addEventListener("beforeunload", event => {
  if (touched && !leaving && guarded()) event.preventDefault();
});

// A second click on the same button does nothing while the first is under way; the server would refuse it anyway.
document.addEventListener("submit", event => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.hasAttribute("data-sending")) return event.preventDefault();
  if (form.matches("[hx-post]")) return;
  leaving = true;
  form.setAttribute("data-sending", "");
  for (const button of $$(`button:not([type=button])`, form).concat($$(`button[form="${form.id}"]`))) {
    if (form.id || form.contains(button)) button.setAttribute("aria-busy", "true");
  }
});

addEventListener("pageshow", () => {
  leaving = false;
  for (const form of $$("[data-sending]")) form.removeAttribute("data-sending");
  for (const button of $$("[aria-busy]")) button.removeAttribute("aria-busy");
});

// Links of the summary lead into the field itself, also when a picker stands in its place.
document.addEventListener("click", event => {
  const link = event.target.closest("[data-o-errors] a[href^='#']");
  if (!link) return;
  const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!target) return;
  event.preventDefault();
  target.scrollIntoView({ block: "center" });
  if (target.tomselect) target.tomselect.focus();
  else (target.matches("input,select,textarea") ? target : $("input:not([type=hidden]),select,textarea", target) ?? target).focus();
});

// Sessions and tokens: copy what is shown once.
export const copy = async id => {
  const field = document.getElementById(id);
  await navigator.clipboard?.writeText(field.textContent.trim()).catch(() => {});
  return word("copied");
};

export const start = () => {
  $("[data-o-errors]")?.focus();
  for (const button of $$('[data-o^="reveal:"]')) button.hidden = false;
};
