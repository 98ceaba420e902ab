// Theme, density and single-key shortcuts: shown at once, kept on the server, or in this browser when there is no account.
import { $, $$, send } from "./dom.js";

const root = document.documentElement;

const keep = (name, value) => {
  try { localStorage.setItem(`o-${name}`, value); } catch { /* private windows keep nothing */ }
  const url = document.body.dataset.preferences;
  if (url) send(url, { name, value }).catch(() => {});
};

export const switchTheme = () => {
  root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
  keep("theme", root.dataset.bsTheme);
};

export const setDensity = density => {
  root.dataset.density = density;
  for (const button of $$('[data-o^="density:"]')) {
    button.setAttribute("aria-pressed", String(button.dataset.o === `density:${density}`));
  }
  keep("density", density);
};

export const keysAreOn = () => root.dataset.keys !== "off";

document.addEventListener("change", event => {
  if (!event.target.matches("[data-o-keys]")) return;
  root.dataset.keys = event.target.checked ? "on" : "off";
  keep("keys", root.dataset.keys);
});

export const start = () => {
  const box = $("[data-o-keys]");
  if (box) box.checked = keysAreOn();
  for (const button of $$('[data-o^="density:"]')) {
    const mine = button.dataset.o === `density:${root.dataset.density === "compact" ? "compact" : "normal"}`;
    button.setAttribute("aria-pressed", String(mine));
  }
};
