// Documentation of the API, drawn from its OpenAPI 3.1 document under the same content security policy as all pages.
import { $, $$, csrf, make } from "./dom.js";

const TONES = { get: "info", post: "ok", patch: "warn", put: "warn", delete: "bad" };

let spec = {};

const resolve = part => {
  let found = part;
  for (let depth = 0; found?.$ref && depth < 20; depth += 1) {
    found = found.$ref.slice(2).split("/").reduce((at, name) => at?.[name.replaceAll("~1", "/").replaceAll("~0", "~")], spec);
  }
  return found ?? {};
};

const nameOf = part => part?.$ref?.split("/").at(-1);

/** "array of Supplier", "string (date), or null" */
const typeOf = part => {
  if (nameOf(part)) return nameOf(part);
  const either = part?.oneOf ?? part?.anyOf;
  if (either) return either.map(typeOf).join(" or ");
  if (part?.const !== undefined) return JSON.stringify(part.const);
  const types = [part?.type ?? (part?.properties ? "object" : "any")].flat();
  const words = types.map(type => type === "array" ? `array of ${typeOf(part.items)}` : type === "string" && part.format ? `string (${part.format})` : type);
  return words.join(", or ");
};

const sentence = text => text && `${text[0].toUpperCase()}${text.slice(1)}.`;

const limits = part => sentence([
  part.enum && `one of ${part.enum.join(", ")}`,
  part.minimum !== undefined && `at least ${part.minimum}`,
  part.maximum !== undefined && `at most ${part.maximum}`,
  part.maxLength !== undefined && `at most ${part.maxLength} characters`,
  part.pattern && `like ${part.pattern}`,
  part.default !== undefined && `otherwise ${JSON.stringify(part.default)}`,
  part.readOnly && "set by Outlay",
].filter(Boolean).join("; "));

const schema = (part, seen = []) => {
  const plain = resolve(part), name = nameOf(part);
  if (name && seen.includes(name)) return null;
  const path = name ? [...seen, name] : seen;
  if (plain.type === "array" || plain.items) return schema(plain.items ?? {}, path);
  const all = plain.allOf ? Object.assign({}, ...plain.allOf.map(one => resolve(one).properties ?? {}), plain.properties) : plain.properties;
  if (!all || path.length > 4) return null;
  const required = new Set([plain, ...(plain.allOf ?? []).map(resolve)].flatMap(one => one.required ?? []));
  return make("ul", { class: "o-schema" }, ...Object.entries(all).map(([key, value]) => {
    const inner = resolve(value), words = [inner.description, limits(inner)].filter(Boolean).join(" ");
    return make("li", {}, make("b", {}, key), " ", make("small", {}, typeOf(value) + (required.has(key) ? ", required" : "")),
      words ? make("div", { class: "o-xs o-muted" }, words) : null, schema(value, path));
  }));
};

/** A value that fits the schema, so that trying out does not begin with an empty page. */
const example = (part, depth = 0) => {
  const plain = resolve(part);
  if (plain.example !== undefined) return plain.example;
  if (plain.examples?.length) return plain.examples[0];
  if (plain.default !== undefined) return plain.default;
  if (plain.enum) return plain.enum[0];
  const either = plain.oneOf ?? plain.anyOf;
  if (either) return example(either[0], depth);
  const type = [plain.type ?? (plain.properties ? "object" : "string")].flat()[0];
  if (type === "array") return depth > 2 ? [] : [example(plain.items, depth + 1)];
  if (type === "object") {
    const writable = Object.entries(plain.properties ?? {}).filter(([, value]) => !resolve(value).readOnly);
    return Object.fromEntries(depth > 3 ? [] : writable.map(([key, value]) => [key, example(value, depth + 1)]));
  }
  return { integer: 1, number: 1, boolean: true, null: null }[type] ?? { date: "2026-12-15", "date-time": "2026-12-15T09:00:00Z", uuid: crypto.randomUUID() }[plain.format] ?? "";
};

const parametersTable = (parameters, of) => make("div", { class: "o-table-scroll", role: "region", tabindex: "0", "aria-label": `Parameters of ${of}` },
  make("table", { class: "o-table" },
    make("thead", {}, make("tr", {}, ...["Name", "In", "Type", "Meaning"].map(text => make("th", { scope: "col" }, text)))),
    make("tbody", {}, ...parameters.map(one => make("tr", {},
      make("td", { class: "o-mono" }, one.name + (one.required ? " *" : "")), make("td", { class: "o-soft" }, one.in),
      make("td", { class: "o-soft" }, typeOf(one.schema)), make("td", {}, [one.description, limits(resolve(one.schema))].filter(Boolean).join(" ")))))));

/** Paragraphs apart by empty lines, with what stands in backticks as code. */
const prose = text => make("div", { class: "o-stack-sm o-soft o-api-prose" }, ...text.trim().split(/\n\s*\n/).map(paragraph =>
  make("p", { class: "mb-0" }, ...paragraph.split("`").map((part, at) => at % 2 ? make("code", {}, part) : part.replace(/\s+/g, " ")))));

const contentOf = part => Object.entries(part?.content ?? {});

const responses = operation => Object.entries(operation.responses ?? {}).map(([code, part]) => {
  const plain = resolve(part), [kind, media] = contentOf(plain)[0] ?? [];
  const tone = code < "300" ? "ok" : code < "500" ? "warn" : "bad";
  const details = make("details", {}, make("summary", {}, make("span", { class: "o-tag", "data-tone": tone }, code), ` ${plain.description ?? ""} `,
    make("small", { class: "o-muted" }, [kind, media && typeOf(media.schema)].filter(Boolean).join(" · "))));
  const body = media && schema(media.schema);
  if (body) details.append(body);
  return details;
});

const send = async (form, method, path, parameters, answer) => {
  const query = new URLSearchParams(), headers = { Accept: "application/json" };
  let address = path;
  for (const one of parameters) {
    const value = form.elements[`${one.in}:${one.name}`].value;
    if (value === "") continue;
    if (one.in === "path") address = address.replace(`{${one.name}}`, encodeURIComponent(value));
    if (one.in === "query") query.append(one.name, value);
    if (one.in === "header") headers[one.name] = value;
  }
  const body = form.elements.body?.value;
  if (method !== "get") headers["X-CSRFToken"] = csrf();
  if (body) headers["Content-Type"] = form.dataset.media;
  if (method === "post" && !headers["Idempotency-Key"]) headers["Idempotency-Key"] = crypto.randomUUID();
  const url = $("o-api").dataset.server.replace(/\/$/, "") + address + (query.size ? `?${query}` : "");
  const began = performance.now();
  const got = await fetch(url, { method: method.toUpperCase(), headers, body: body || undefined, credentials: "same-origin" });
  const text = await got.text();
  let shown = text;
  try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: shown as it came */ }
  answer.replaceChildren(
    make("p", { class: "mb-0 o-small" }, make("span", { class: "o-tag", "data-tone": got.ok ? "ok" : "bad" }, `${got.status} ${got.statusText}`),
      ` ${Math.round(performance.now() - began)} ms `, make("span", { class: "o-mono o-muted" }, url)),
    make("pre", { class: "o-code", tabindex: "0" }, shown || "No content."));
};

const tryOut = (method, path, parameters, body) => {
  const id = `try-${method}-${path.replace(/\W+/g, "-")}`;
  const [media, content] = contentOf(body).find(([kind]) => kind.includes("json")) ?? [];
  const answer = make("div", { class: "o-stack-sm", "aria-live": "polite" });
  const form = make("form", { class: "o-try", "data-media": media ?? "" }, make("h3", {}, "Try it with your session"),
    make("div", { class: "o-form-grid" }, ...parameters.map(one => make("div", { class: "o-field o-span-3" },
      make("label", { class: "form-label", for: `${id}-${one.in}-${one.name}` }, one.name, make("small", {}, one.required ? "" : " optional")),
      make("input", { class: "form-control", id: `${id}-${one.in}-${one.name}`, name: `${one.in}:${one.name}`, required: !!one.required, autocomplete: "off" })))));
  if (content) {
    form.append(make("label", { class: "form-label mb-0", for: `${id}-body` }, "Body"),
      make("textarea", { class: "form-control", id: `${id}-body`, name: "body", rows: "6", spellcheck: "false" }, JSON.stringify(example(content.schema), null, 2)));
  }
  form.append(make("div", {}, make("button", { class: "btn btn-primary o-btn-sm" }, "Send")), answer);
  form.addEventListener("submit", event => {
    event.preventDefault();
    send(form, method, path, parameters, answer).catch(error => answer.replaceChildren(make("p", {}, String(error))));
  });
  return form;
};

const fill = (box, method, path, operation, shared) => {
  const parameters = [...shared, ...(operation.parameters ?? [])].map(resolve);
  const request = resolve(operation.requestBody), [kind, media] = contentOf(request)[0] ?? [];
  const body = media && schema(media.schema);
  box.append(...[
    operation.description && prose(operation.description),
    parameters.length && make("div", { class: "o-stack-sm" }, make("h3", {}, "Parameters"), parametersTable(parameters, `${method} ${path}`)),
    media && make("div", { class: "o-stack-sm" }, make("h3", {}, `Body, ${kind}`, nameOf(media.schema) ? ` · ${nameOf(media.schema)}` : ""), body),
    make("div", { class: "o-stack-sm" }, make("h3", {}, "Answers"), ...responses(operation)),
    tryOut(method, path, parameters, request),
  ].filter(Boolean));
};

const drawOperation = ({ method, path, operation, shared }) => {
  const box = make("div", { class: "o-op-body" });
  const details = make("details", { class: "o-op", "data-find": `${method} ${path} ${operation.summary ?? ""}` },
    make("summary", {}, make("span", { class: "o-method", "data-tone": TONES[method] }, method.toUpperCase()),
      make("span", { class: "o-op-path" }, path), make("span", { class: "o-muted" }, operation.summary ?? "")), box);
  details.addEventListener("toggle", () => { if (details.open && !box.childElementCount) fill(box, method, path, operation, shared); });
  return details;
};

const operations = () => Object.entries(spec.paths ?? {}).flatMap(([path, item]) => Object.keys(TONES).filter(method => item[method])
  .map(method => ({ method, path, operation: item[method], shared: item.parameters ?? [], tag: item[method].tags?.[0] ?? "Other" })));

const draw = root => {
  const groups = new Map((spec.tags ?? []).map(tag => [tag.name, []]));
  for (const one of operations()) groups.set(one.tag, [...(groups.get(one.tag) ?? []), one]);
  const about = new Map((spec.tags ?? []).map(tag => [tag.name, tag.description]));
  const filled = [...groups].filter(([, all]) => all.length);
  $("[data-api-index]", root).replaceChildren(...filled.map(([name], at) => make("a", { href: `#api-${at}` }, name)));
  $("[data-api-body]", root).replaceChildren(
    ...(spec.info?.description ? [prose(spec.info.description)] : []),
    ...filled.map(([name, all], at) => make("section", { class: "o-card", "aria-labelledby": `api-${at}` },
      make("header", {}, make("h2", { id: `api-${at}` }, name), make("span", { class: "o-small o-muted o-push" }, about.get(name) ?? "")), ...all.map(drawOperation))));
  const version = $("[data-api-version]");
  if (version) version.textContent = `Version ${spec.info?.version ?? ""}`;
};

class Api extends HTMLElement {
  async connectedCallback() {
    try {
      const answer = await fetch(this.dataset.spec, { credentials: "same-origin", headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      spec = await answer.json();
      draw(this);
    } catch (error) {
      $("[data-api-body]", this).replaceChildren(make("p", {}, `The OpenAPI document could not be read (${error.message}).`));
    }
    $("input", this).addEventListener("input", event => this.narrow(event.target.value.trim().toLowerCase()));
  }

  narrow(wanted) {
    for (const card of $$("section.o-card", this)) {
      const rows = $$(".o-op", card);
      for (const row of rows) row.hidden = !row.dataset.find.toLowerCase().includes(wanted);
      card.hidden = rows.every(row => row.hidden);
    }
  }
}

customElements.define("o-api", Api);
