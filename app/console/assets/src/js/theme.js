// Runs before the first paint: theme and density as the person chose them, from the server or from this browser.
const root = document.documentElement;
const read = name => {
  try { return localStorage.getItem(`o-${name}`); } catch { return null; }
};
const theme = root.dataset.theme || read("theme") || "auto";
const dark = theme === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
root.dataset.bsTheme = dark ? "dark" : "light";
root.dataset.density ||= read("density") || "normal";
root.dataset.keys ||= read("keys") || "on";
root.classList.add("o-scripted");
