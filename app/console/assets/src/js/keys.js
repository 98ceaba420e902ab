// Shortcuts. Single keys are off while one types, and can be turned off altogether (WCAG 2.1.4).
import { $, $$, isTyping } from "./dom.js";
import { move, openRow, toggleRow } from "./list.js";
import { openPalette } from "./palette.js";
import { keysAreOn } from "./preferences.js";

let going = 0, asked = 0;

// Who types on while a dialog is on its way means the dialog: no letter of a reason may decide anything.
const PATIENCE = 3000;
document.addEventListener("click", event => { if (event.target.closest('[hx-target="#dialog"]')) asked = Date.now(); });
document.addEventListener("close", () => { asked = 0; }, true);
const isOpening = () => Date.now() - asked < PATIENCE;

const go = key => {
  going = 0;
  $(`[data-key-go="${CSS.escape(key)}"]`)?.click();
};

const press = (key, event) => {
  if (key === "j" || key === "k") return move(key === "j" ? 1 : -1);
  if (key === "x") return toggleRow();
  if (key === "Enter") return openRow(event);
  if (key === "?") return ($("#keys")?.showModal(), true);
  if (key === "/") {
    const field = $("[data-o-search]");
    field?.focus();
    field?.select();
    return !!field;
  }
  const hit = $$(`[data-key="${CSS.escape(key)}"]`).find(element => element.checkVisibility?.() ?? true);
  hit?.click();
  return !!hit;
};

document.addEventListener("keydown", event => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.defaultPrevented || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || !keysAreOn()) return;
  if (isOpening() || document.querySelector("dialog[open]") || event.target.closest?.(".o-menu")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (going && Date.now() - going < 1200) {
    event.preventDefault();
    go(key);
  } else if (key === "g") going = Date.now();
  else if (press(key, event)) event.preventDefault();
});
