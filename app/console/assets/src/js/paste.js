// Cells copied from a spreadsheet go into the lines from where one stands, down and to the right, adding lines.
import { make, word } from "./dom.js";
import { fieldsOf, reach } from "./lines.js";
import { choose } from "./pickers.js";
import { say } from "./toasts.js";

/** Split what a spreadsheet puts on the clipboard; a cell in quotes may hold tabs, line ends and doubled quotes. */
export const cellsOf = text => {
  const rows = [[]];
  const pattern = /(?:"((?:[^"]|"")*)"(?=\t|\r?\n|$)|([^\t\r\n]*))(\t|\r?\n|$)/y;
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text);
    if (!found) break;
    rows.at(-1).push(found[1] !== undefined ? found[1].replaceAll('""', '"') : found[2].trim());
    if (found[3].includes("\n") && pattern.lastIndex < text.length) rows.push([]);
    if (!found[3]) break;
  }
  return rows;
};

const asDate = text => {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})/.exec(text);
  const other = /^(\d{1,2})[./](\d{1,2})[./](\d{4})$/.exec(text);
  const parts = iso ? [iso[1], iso[2], iso[3]] : other ? [other[3], other[2], other[1]] : null;
  return parts ? `${parts[0]}-${parts[1].padStart(2, "0")}-${parts[2].padStart(2, "0")}` : "";
};

const refuse = (field, text) => {
  const cell = field.closest("td");
  field.setAttribute("aria-invalid", "true");
  cell.classList.add("is-bad");
  cell.querySelector(".o-field-error")?.remove();
  cell.append(make("span", { class: "o-field-error" }, word("noMatch", { text })));
};

const fill = async (field, text) => {
  if (!field || field.disabled) return;
  if (field.matches("select[data-o-select]")) {
    if (text && !(await choose(field, text).catch(() => false))) refuse(field, text);
  } else if (field.matches("select")) {
    const wanted = text.toLowerCase();
    const option = [...field.options].find(one => [one.value, one.textContent].some(word => word.trim().toLowerCase() === wanted));
    if (option) field.value = option.value;
    else if (text) refuse(field, text);
  } else if (field.type === "checkbox") field.checked = /^(1|x|y|yes|true|ja|oui)$/i.test(text);
  else if (field.type === "date") field.value = asDate(text);
  else field.value = text;
};

export const paste = async (lines, event) => {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  const row = lines.rowOf(event.target);
  if (!row || !/[\t\n]/.test(text.replace(/\r?\n$/, ""))) return;
  if (event.target.matches("textarea") && !text.includes("\t")) return;
  event.preventDefault();
  const cells = cellsOf(text);
  const fields = fieldsOf(row);
  const from = Math.max(0, fields.findIndex(field => field.closest("td") === event.target.closest("td")));
  let at = row;
  const waiting = [];
  for (const [number, line] of cells.entries()) {
    if (number) at = lines.rows[lines.rows.indexOf(at) + 1] ?? lines.add(null, false);
    if (!at) break;
    const targets = fieldsOf(at);
    line.forEach((value, column) => waiting.push(fill(targets[from + column], value)));
  }
  lines.sum();
  lines.changed();
  await Promise.all(waiting);
  lines.sum();
  if (at) reach(fieldsOf(at)[from]);
  if (cells.length > 1) say(word("pasted", { n: cells.length }));
};
