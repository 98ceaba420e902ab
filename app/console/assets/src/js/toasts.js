// Short confirmations at the edge of the page; errors go to where they happened, except when the server is away.
import { $, $$, icon, make, word } from "./dom.js";

export const say = (text, { undo, url, label, tone } = {}) => {
  const box = $(".o-toasts");
  if (!box) return;
  const toast = make("div", { class: "o-toast", "data-tone": tone }, make("span", {}, text));
  if (undo) {
    const button = make("button", { type: "button" }, word("undo"));
    button.addEventListener("click", () => { toast.remove(); undo(); });
    toast.append(button);
  }
  if (url) toast.append(make("a", { href: url }, label ?? "Open"));
  show(box, toast, undo ? 12000 : 7000);
};

/** News that waits until it is read; newer news takes its place. */
export const tell = (text, url, label) => {
  const box = $(".o-toasts");
  if (!box) return;
  $("[data-o-news]", box)?.remove();
  const news = make("div", { class: "o-toast", "data-o-news": true }, make("span", {}, text), make("a", { href: url }, label));
  addClose(news);
  box.append(news);
};

const addClose = toast => {
  const close = make("button", { type: "button", class: "o-toast-close", "aria-label": "Close" }, icon("x", "o-icon-sm"));
  close.addEventListener("click", () => toast.remove());
  toast.append(close);
};

const show = (box, toast, milliseconds) => {
  addClose(toast);
  box.append(toast);
  const leave = () => {
    if (toast.matches(":hover, :focus-within")) setTimeout(leave, 2000);
    else toast.remove();
  };
  setTimeout(leave, milliseconds);
};

// What the server said with the page is put in again, so that screen readers announce it.
export const announceFlashes = () => {
  const box = $(".o-toasts");
  for (const flash of $$("[data-o-flash]")) {
    flash.remove();
    setTimeout(() => show(box, flash, 7000), 150);
  }
};

document.addEventListener("htmx:response:error", event => {
  const status = event.detail.ctx.response.status;
  if (status === 401) location.reload();
  else if (status >= 500) say(word("offline"), { tone: "bad" });
});
document.addEventListener("htmx:error", () => say(word("offline"), { tone: "bad" }));
