/** The table of the calls that hold memory, from the heap profile of the process; a row opens to its stack, a heading sorts. */
import { at, h, keyed, say } from "./dom.js";
import { fileName } from "./flame_values.js";
import { callerOf, Rates, rowsOf } from "./profile_rows.js";
import { Sorting } from "./sorting.js";
import { bytes, count, number } from "./words.js";

const kRowsMax = 50;
const kColumns = [
  { key: "name", name: "Allocated in", of: ({ stack }) => stack[callerOf(stack)]?.name ?? "" },
  { key: "live", name: "In use", of: ({ live }) => live, format: bytes },
  { key: "blocks", name: "Blocks", of: ({ blocks }) => blocks, format: number },
  { key: "growth", name: "Growth/s", of: ({ growth }) => growth, format: signed },
  { key: "allocated", name: "Allocated", of: ({ allocated }) => allocated, format: bytes },
  { key: "rate", name: "Allocated/s", of: ({ rate }) => rate, format: (rate) => (rate === null ? "–" : bytes(rate)) },
];

function signed(rate) {
  if (rate === null) return "–";
  return rate === 0 ? "0" : `${rate > 0 ? "+" : "−"}${bytes(Math.abs(rate))}`;
}

export class ProfileSites {
  #sorting = new Sorting(at("site-heads"), kColumns, { by: "live", onchange: () => this.#draw() });
  #open = new Set();
  #rates = new Rates();
  #rows = [];

  /** Another process: what was of the last one is gone. */
  leave() {
    this.#rates = new Rates();
    this.#open.clear();
    this.#rows = [];
    this.#draw();
    say(at("sites-lead"), "\u00a0");
    at("sites-none").hidden = at("sites-file").hidden = true;
  }

  show(profile, { pid, command }) {
    this.#none(profile.recording ? "" : `${profile.remedy}.`);
    at("sites-file").hidden = !profile.recording;
    if (!profile.recording) return;
    this.#rows = this.#rates.of(rowsOf(profile), profile.unix_milliseconds);
    at("profile-file").setAttribute("href", `/api/${pid}/profile.pb`);
    at("profile-file").setAttribute("download", `${command || "heap"}.${pid}.pb`);
    say(at("sites-lead"), lead(profile, this.#rows));
    this.#draw();
  }

  #none(text) {
    say(at("sites-none"), text);
    at("sites-none").hidden = text === "";
    if (text !== "") say(at("sites-lead"), "Which calls hold memory, from a heap profile of the process.");
  }

  #toggle(key) {
    if (!this.#open.delete(key)) this.#open.add(key);
    this.#draw();
  }

  #draw() {
    const shown = this.#sorting.sorted(this.#rows, (a, b) => b.allocated - a.allocated).slice(0, kRowsMax);
    keyed(
      at("site-rows"),
      shown.flatMap((row) => (this.#open.has(row.key) ? [{ row }, { row, isStack: true }] : [{ row }])),
      ({ row, isStack }) => `${isStack ? "stack" : "site"} ${row.key}`,
      ({ row, isStack }) => (isStack ? stackRow(row) : this.#siteRow(row)),
      (element, { row, isStack }) => isStack || this.#update(element, row),
    );
    const left = this.#rows.length - shown.length;
    say(at("sites-more"), left > 0 ? `And ${count(left, "smaller site")}, all of them in the file.` : "\u00a0");
  }

  #siteRow(row) {
    const [inner, caller] = row.stack.slice(callerOf(row.stack)),
      labels = row.labels.map((label) => label.join(" "));
    return h(
      "tr",
      {},
      h(
        "th",
        { scope: "row", title: inner?.name },
        h("button", { type: "button", onclick: () => this.#toggle(row.key) }, inner?.name ?? "unknown"),
        h("span", { class: "about" }, [caller ? `from ${caller.name}` : "", ...labels].filter(Boolean).join(" · ")),
      ),
      ...kColumns.slice(1).map(() => h("td")),
    );
  }

  #update(element, row) {
    element.querySelector("button").setAttribute("aria-expanded", this.#open.has(row.key));
    kColumns.slice(1).forEach(({ key, of, format }, i) => {
      const cell = element.children[i + 1];
      say(cell, format(of(row)));
      cell.classList.toggle("zero", !of(row));
      cell.classList.toggle("bad", key === "growth" && row.growth > 0);
    });
  }
}

function stackRow({ stack }) {
  const line = ({ name, file, line, module }) =>
    h(
      "li",
      {},
      name,
      h("span", { class: "where", title: file || module }, file ? `${fileName(file)}:${line}` : fileName(module)),
    );
  return h("tr", { class: "stack-row" }, h("td", { colspan: kColumns.length }, h("ol", {}, ...stack.map(line))));
}

function lead({ period, comments }, rows) {
  const live = rows.reduce((sum, row) => sum + row.live, 0);
  const how =
    period === 1 ? "Every block was looked at." : `Estimated from samples, one for each ${bytes(period)} allocated.`;
  return [
    `${bytes(live)} in use, from ${count(rows.length, "site")}.`,
    how,
    ...comments.map((text) => `${text}.`),
  ].join(" ");
}
