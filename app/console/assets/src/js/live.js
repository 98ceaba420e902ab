// What changes elsewhere: hints of the server make parts of the page ask again, and so does a stream that was away.
import { $, $$, word } from "./dom.js";
import { say } from "./toasts.js";

const PAUSE = 30000;
let lost = false;

const ask = isMeant => {
  for (const part of $$("[data-topic]")) if (isMeant(part.dataset.topic)) part.dispatchEvent(new CustomEvent("live"));
};

const askAll = () => ask(() => true);

/** A hint without a key is about some row of a kind: not every reader may know which. */
const hear = {
  resource: ({ resource, key }) => ask(topic => (key ? topic === `${resource}:${key}` : topic.startsWith(`${resource}:`))),
  account: () => ask(topic => topic.startsWith("account:")),
  missed: askAll,
};

// The story of a document came again: when the document is another than the one shown, its reader is told who changed it.
document.addEventListener("htmx:after:settle", () => {
  const shown = $("[data-o-version]"), story = $("#activity");
  if (!shown || !story?.dataset.version || shown.dataset.oVersion === story.dataset.version) return;
  shown.dataset.oVersion = story.dataset.version;
  const name = $("li[data-kind]:not([data-kind=comment]) b", story)?.textContent ?? "";
  say(word("changed", { name }), { url: location.href, label: word("reload") });
});

const listen = url => {
  const source = new EventSource(url, { withCredentials: true });
  for (const name of Object.keys(hear)) source.addEventListener(name, event => hear[name](JSON.parse(event.data)));
  source.addEventListener("open", () => {
    if (lost) askAll();
    lost = false;
  });
  source.addEventListener("error", () => {
    lost = true;
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(url), PAUSE);
  });
  addEventListener("pagehide", () => source.close());
};

export const start = () => {
  const url = document.body.dataset.live;
  if (!url) return;
  setTimeout(() => listen(url), 400);
  setInterval(() => { if (lost && !document.hidden) askAll(); }, PAUSE);
};
