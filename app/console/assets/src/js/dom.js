// What every module needs: finding elements, the words of the page, icons, and how sums are written.

export const $ = (selector, within = document) => within.querySelector(selector);
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

/** A word or sentence from the page, with {n}, {name} or {text} filled in. */
export const word = (name, values = {}) =>
  ($("#words")?.dataset[name] ?? name).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");

export const icon = (name, extra = "") => {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("class", `o-icon ${extra}`.trim());
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  drawing.append(use);
  return drawing;
};

/** An element with a class, attributes and children; text stays text. */
export const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child != null));
  return element;
};

export const csrf = () => $('meta[name="csrf-token"]')?.content ?? "";

export const send = (url, values = {}) =>
  fetch(url, {
    method: "POST",
    body: new URLSearchParams(values),
    headers: { "X-CSRFToken": csrf(), "HX-Request": "true", Accept: "application/json, text/html" },
    credentials: "same-origin",
  });

export const ask = async (url, query, signal) => {
  const address = new URL(url, location.href);
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin", signal });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
};

/** Read what a person typed as a decimal, in units of 10^-6, exactly; null when it is not a number. */
export const parseAmount = text => {
  const { group = "\u00a0", decimal = "." } = document.body.dataset;
  let plain = String(text ?? "").replace(/[\s\u00a0\u202f'’]/g, "").replace("\u2212", "-");
  if (decimal === ",") plain = plain.replaceAll(".", "").replace(",", ".");
  else if (group === "," || /,\d{3}(\D|$)/.test(plain)) plain = plain.replaceAll(",", "");
  else plain = plain.replace(",", ".");
  const found = /^(-?)(\d*)(?:\.(\d{0,6})\d*)?$/.exec(plain);
  if (!found || plain === "" || plain === "-") return null;
  const scaled = BigInt(found[2] || "0") * 1000000n + BigInt((found[3] ?? "").padEnd(6, "0"));
  return found[1] ? -scaled : scaled;
};

/** Write units of 10^-6 as people read them, with two decimals or as many as the currency has. */
export const writeAmount = (scaled, digits = 2) => {
  const { group = "\u00a0", decimal = "." } = document.body.dataset;
  const step = 10n ** BigInt(6 - digits);
  const rounded = ((scaled < 0n ? -scaled : scaled) + step / 2n) / step;
  const text = rounded.toString().padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits).replace(/\B(?=(\d{3})+(?!\d))/g, group);
  return (scaled < 0n ? "\u2212" : "") + whole + (digits ? decimal + text.slice(-digits) : "");
};

export const isTyping = event =>
  !!event.target.closest?.("input:not([type=checkbox]):not([type=radio]),textarea,select,[contenteditable],dialog");
