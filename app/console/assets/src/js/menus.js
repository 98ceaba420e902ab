// Popover menus: the browser closes them and returns the focus; here they get their place and the arrow keys.
import { $, $$ } from "./dom.js";
import { startPickers } from "./pickers.js";

let opener = null;

document.addEventListener("click", event => {
  const button = event.target.closest("[popovertarget]");
  if (button) opener = button;
}, true);

const anchorOf = menu => {
  const own = menu.anchorButton ?? opener;
  if (own?.getAttribute("popovertarget") !== menu.id && !menu.anchorButton) return $(`[popovertarget="${CSS.escape(menu.id)}"]`);
  // A menu opened from an entry of another menu stands where that menu stood.
  return own.closest(".o-menu")?.anchorUsed ?? own;
};

const place = menu => {
  const anchor = anchorOf(menu);
  if (!anchor) return;
  menu.anchorUsed = anchor;
  const box = anchor.getBoundingClientRect(), width = menu.offsetWidth, height = menu.offsetHeight;
  const below = box.bottom + 4, above = box.top - height - 4;
  menu.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
  menu.style.top = `${below + height + 8 > innerHeight && above > 8 ? above : Math.max(8, Math.min(below, innerHeight - height - 8))}px`;
};

const stops = menu => $$("a[href],button:not([disabled]),input:not([type=hidden]),select,textarea", menu)
  .filter(element => element.offsetParent !== null && element.tabIndex >= 0);

document.addEventListener("toggle", event => {
  const menu = event.target;
  if (!menu.matches?.(".o-menu") || event.newState !== "open") return;
  place(menu);
  const first = stops(menu)[0];
  first?.focus({ preventScroll: true });
  startPickers(menu);
}, true);

// The browser leaves a menu open when the focus goes on to the page below it, and the menu would cover it there.
document.addEventListener("focusin", event => {
  if (event.target.closest(".o-menu")) return;
  for (const menu of $$(".o-menu:popover-open")) menu.hidePopover();
});

document.addEventListener("keydown", event => {
  const menu = event.target.closest?.(".o-menu");
  if (!menu || !/^(Arrow(Up|Down)|Home|End)$/.test(event.key) || menu.querySelector(".ts-wrapper")) return;
  if (event.target.matches("input:not([type=checkbox]):not([type=search]),select,textarea")) return;
  const all = stops(menu), at = all.indexOf(document.activeElement), last = all.length - 1;
  const next = { ArrowDown: at === last ? 0 : at + 1, ArrowUp: at <= 0 ? last : at - 1, Home: 0, End: last }[event.key];
  event.preventDefault();
  all[next]?.focus();
});

// A long list of choices narrows while one types.
document.addEventListener("input", event => {
  if (!event.target.matches("[data-o-narrow]")) return;
  const wanted = event.target.value.trim().toLowerCase();
  for (const row of event.target.parentElement.querySelectorAll(".o-menu-choices > *")) {
    row.hidden = !row.textContent.toLowerCase().includes(wanted);
  }
});

addEventListener("resize", () => { for (const menu of $$(".o-menu:popover-open")) place(menu); });
