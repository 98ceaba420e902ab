// The inbox: the document of the line one stands on is shown beside the list, where there is room for both.
import { $ } from "./dom.js";
import { stand } from "./list.js";

const wide = matchMedia("(min-width: 60.01rem)");
let asking = null;

const show = async row => {
  asking?.abort();
  asking = new AbortController();
  const preview = $("#preview");
  try {
    const answer = await fetch(row.dataset.aside, { headers: { "HX-Request": "true" }, credentials: "same-origin", signal: asking.signal });
    if (answer.status === 401) return location.reload();
    if (!answer.ok || answer.redirected) return location.assign(row.dataset.url);
    preview.innerHTML = await answer.text();
    preview.scrollTop = 0;
    htmx.process(preview);
    history.replaceState(null, "", row.dataset.at);
  } catch (error) {
    if (error.name !== "AbortError") location.assign(row.dataset.url);
  }
};

document.addEventListener("o:stand", event => { if ($("#preview") && wide.matches) show(event.target); });

// A click shows the document beside the list; the keyboard, a new tab and the phone go to a page of its own.
document.addEventListener("click", event => {
  const link = event.target.closest(".o-queue-link");
  if (!link || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const row = link.closest("li");
  if (event.detail) stand(row);
  else location.assign(row.dataset.url);
});

$(".o-queue > [aria-current]")?.scrollIntoView({ block: "nearest" });
