// What changes elsewhere: hints of the server make parts of the page ask again, and so does a stream that was away.
import { $, $$, word } from "./dom.js";
import { tell } from "./toasts.js";

const EVERY = 30000, SOON = 300, SPREAD = 1200, FIRST_PAUSE = 2000, LONGEST_PAUSE = 60000;
const due = new Set();
let lost = false, planned = 0, pause = FIRST_PAUSE;

// Several hints make one question; pages do not all ask in the same moment, and one that nobody sees waits.
const plan = () => { planned ||= setTimeout(askNow, SOON + Math.random() * SPREAD); };

const askNow = () => {
  planned = 0;
  if (document.hidden) return;
  const topics = new Set(due);
  due.clear();
  for (const part of $$("[data-topic]")) if (topics.has(part.dataset.topic)) part.dispatchEvent(new CustomEvent("live"));
};

const ask = isMeant => {
  for (const part of $$("[data-topic]")) if (isMeant(part.dataset.topic)) due.add(part.dataset.topic);
  if (due.size) plan();
};

const askAll = () => ask(() => true);

/** A hint without a key is about some row of a kind: not every reader may know which. A list hears of all its rows. */
const hear = {
  resource: ({ resource, key }) =>
    ask(topic => topic === `${resource}:` || (key ? topic === `${resource}:${key}` : topic.startsWith(`${resource}:`))),
  account: () => ask(topic => topic.startsWith("account:")),
  missed: askAll,
};

// The story of a document came again: when the document is another than the one shown, its reader is told who changed it.
const tellOfDocument = () => {
  const shown = $("[data-o-version]"), story = $("#activity");
  if (!shown || !story?.dataset.version || shown.dataset.oVersion === story.dataset.version) return;
  shown.dataset.oVersion = story.dataset.version;
  const name = $("li[data-kind]:not([data-kind=comment]) b", story)?.textContent ?? "";
  tell(word("changed", { name }), shown.dataset.oChangedUrl ?? location.href, word("show"));
};

// A list came again: its rows stay as they are under the reader's hands until they want to see the new ones.
let mark = $("#list-news")?.dataset.mark;

const tellOfList = () => {
  const now = $("#list-news")?.dataset.mark;
  if (!now || now === mark) return;
  mark = now;
  tell(word("listChanged"), location.href, word("show"));
};

document.addEventListener("htmx:after:settle", () => { tellOfDocument(); tellOfList(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden && due.size) plan(); });

/** The browser comes again by itself after a broken stream; after a refusal we do, each time a little later. */
const listen = url => {
  const source = new EventSource(url, { withCredentials: true });
  for (const name of Object.keys(hear)) source.addEventListener(name, event => hear[name](JSON.parse(event.data)));
  source.addEventListener("open", () => {
    if (lost) askAll();
    lost = false;
    pause = FIRST_PAUSE;
  });
  source.addEventListener("error", () => {
    lost = true;
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(() => listen(url), pause * (0.5 + Math.random()));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  });
  addEventListener("pagehide", () => source.close());
};

export const start = () => {
  const url = document.body.dataset.live;
  if (!url) return;
  setTimeout(() => listen(url), 400);
  setInterval(() => { if (lost) askAll(); }, EVERY);
};
