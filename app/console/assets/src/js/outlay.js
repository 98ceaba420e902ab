// The console's behaviour: no framework, no eval, no inline handler. `data-o` says what a button does;
// what keeps state is a custom element, which starts by itself after htmx has put it in.
import { $ } from "./dom.js";
import "./desk.js";
import "./dialogs.js";
import "./drop.js";
import "./inbox.js";
import "./intake.js";
import * as forms from "./forms.js";
import "./keys.js";
import "./lines.js";
import { chooseAll, clear, count } from "./list.js";
import * as live from "./live.js";
import "./matrix.js";
import "./mentions.js";
import "./menus.js";
import { openPalette } from "./palette.js";
import "./policy.js";
import "./request.js";
import { startPickers } from "./pickers.js";
import * as preferences from "./preferences.js";
import { announceFlashes, say } from "./toasts.js";

const reveal = (id, button) => {
  const field = document.getElementById(id), shown = field.type === "text";
  field.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
};

/** Where the menu is longer than the window, show the entry of this page. */
const bringIntoView = (menu, here) => {
  if (menu && here) menu.scrollTop = here.offsetTop + 2 * here.offsetHeight - menu.clientHeight;
};

const enterAs = user => {
  $("#username").value = user;
  $("#password").focus();
};

const actions = {
  theme: () => preferences.switchTheme(),
  density: preferences.setDensity,
  palette: () => openPalette(),
  open: id => document.getElementById(id)?.showModal(),
  close: (_, button) => button.closest("dialog").close(),
  clear: () => clear(),
  "all-rows": () => chooseAll(true),
  reveal,
  demo: enterAs,
  print: () => print(),
  copy: async id => say(await forms.copy(id)),
};

document.addEventListener("click", event => {
  const button = event.target.closest("[data-o]");
  if (!button) return;
  const [what, argument] = button.dataset.o.split(":");
  actions[what]?.(argument, button);
});

preferences.start();
bringIntoView($(".o-nav-list"), $("#nav [aria-current]"));
forms.start();
count();
startPickers();
announceFlashes();
live.start();
document.addEventListener("htmx:after:settle", event => startPickers(event.target));
