// What changes elsewhere: server-sent events, and asking every half minute where they do not come through.
import { $, $$, word } from "./dom.js";
import { say } from "./toasts.js";

const setCounts = counts => {
  for (const [topic, count] of Object.entries(counts)) {
    for (const mark of $$(`[data-count="${CSS.escape(topic)}"]`)) {
      mark.textContent = count || "";
      mark.hidden = !count;
    }
  }
};

const changed = ({ topic, by }) => {
  for (const part of $$(`[data-topic="${CSS.escape(topic)}"]`)) {
    if (!part.hasAttribute("data-o-changed")) part.dispatchEvent(new CustomEvent("live"));
    else if (by) say(word("changed", { name: by }), { url: location.href, label: word("reload") });
  }
};

const hear = (name, data) => {
  if (name === "counts") setCounts(data);
  if (name === "changed") changed(data);
  if (name === "toast") say(data.text, { url: data.url });
};

let polling = 0;

const poll = async url => {
  try {
    const address = new URL(url, location.href);
    address.searchParams.set("poll", "1");
    const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (answer.ok) for (const { event, data } of await answer.json()) hear(event, data);
  } catch { /* the next turn tries again */ }
};

const listen = url => {
  const source = new EventSource(url);
  let failed = 0;
  for (const name of ["counts", "changed", "toast"]) {
    source.addEventListener(name, event => hear(name, JSON.parse(event.data)));
  }
  source.addEventListener("open", () => { failed = 0; });
  source.addEventListener("error", () => {
    failed += 1;
    if (failed < 3 && source.readyState !== EventSource.CLOSED) return;
    source.close();
    polling ||= setInterval(() => { if (!document.hidden) poll(url); }, 30000);
  });
  addEventListener("pagehide", () => source.close());
};

export const start = () => {
  const url = document.body.dataset.live;
  if (url) setTimeout(() => listen(url), 400);
};
