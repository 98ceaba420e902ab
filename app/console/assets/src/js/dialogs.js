// Native dialogs; a command asked for by htmx opens in one, and a refusal comes back into the same one.
import { $ } from "./dom.js";
import { startPickers } from "./pickers.js";
import { say } from "./toasts.js";

const openWith = dialog => {
  if (!dialog.open) dialog.showModal();
  const summary = $("[data-o-errors]", dialog);
  const first = $("[autofocus]", dialog) ?? $("input:not([type=hidden]):not([disabled]),textarea,select:not([disabled])", dialog);
  (summary ?? first ?? $("button:not([aria-label])", dialog))?.focus();
  startPickers(dialog);
};

document.addEventListener("htmx:after:settle", event => {
  const dialog = $("#dialog");
  if (dialog && event.target === dialog && dialog.childElementCount) openWith(dialog);
});

// The dialog is emptied when it closes, so that nothing of one command is seen by the next.
document.addEventListener("close", event => {
  if (event.target.id === "dialog") event.target.replaceChildren();
}, true);

// A click on the ground outside closes, unless something was typed.
document.addEventListener("click", event => {
  const dialog = event.target;
  if (!dialog.matches?.("dialog.o-dialog[open]")) return;
  const box = dialog.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  const typed = [...dialog.querySelectorAll("textarea,input:not([type=hidden])")].some(field => field.value !== field.defaultValue);
  if (!inside && !typed) dialog.close();
});

// A greyed command says why when it is pressed.
document.addEventListener("click", event => {
  const button = event.target.closest("[data-o-why]");
  if (!button) return;
  event.preventDefault();
  say(button.dataset.oWhy);
});

// Ctrl and Enter send what was typed in a dialog, so that a reason needs no way to the button.
document.addEventListener("keydown", event => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.("dialog[open] form[data-o-command]");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
});
