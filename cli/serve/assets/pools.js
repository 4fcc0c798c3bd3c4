/** The tree of pools: process, kinds, pools; a treegrid, sorted within its groups. Source: WAI-ARIA Authoring Practices, "Treegrid". */
import { at, h, keyed, say } from "./dom.js";
import { bytes, kinds, number } from "./words.js";

const kColumns = [
  ["name", "Pool", (pool) => pool.name, String],
  ["live", "Live", (pool) => pool.live_bytes, bytes],
  ["cached", "Cached", (pool) => pool.cached_bytes, bytes],
  ["free", "Free", (pool) => pool.free_bytes, bytes],
  ["committed", "Committed", (pool) => pool.committed_bytes, bytes],
  ["metadata", "Metadata", (pool) => pool.metadata, bytes],
  ["blocks", "Blocks", (pool) => pool.blocks_in_use, number],
  ["failures", "Failures", (pool) => pool.failures, number],
];
const kSummed = [
  "live_bytes",
  "cached_bytes",
  "free_bytes",
  "committed_bytes",
  "metadata",
  "blocks_in_use",
  "failures",
];
const kOpenAtFirst = 40; // a group with more pools begins closed

export class Pools {
  #sort = { column: "live", isDown: true };
  #open = new Map();
  #snapshot = null;

  constructor() {
    at("pool-heads").append(
      ...kColumns.map(([key, title]) =>
        h(
          "th",
          { scope: "col", "data-column": key },
          h("button", { type: "button", onclick: () => this.#sortBy(key) }, title),
        ),
      ),
    );
    at("pool-rows").addEventListener("keydown", (event) => this.#onKey(event));
    at("pool-rows").addEventListener("click", (event) => {
      const row = event.target.closest("tr");
      if (row?.hasAttribute("aria-expanded") && event.target.closest("th")) this.#toggle(row.dataset.key);
    });
  }

  show(snapshot) {
    this.#snapshot = snapshot;
    for (const head of at("pool-heads").children) {
      const isSorted = head.dataset.column === this.#sort.column;
      if (isSorted) head.setAttribute("aria-sort", this.#sort.isDown ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    keyed(at("pool-rows"), this.#rows(snapshot), ({ key }) => key, createRow, updateRow);
    const rows = [...at("pool-rows").children];
    if (!rows.some((row) => row.tabIndex === 0)) rows[0].tabIndex = 0;
  }

  #rows(snapshot) {
    const groups = new Map();
    snapshot.pools.forEach((pool, index) => {
      if (!groups.has(pool.kind)) groups.set(pool.kind, []);
      groups.get(pool.kind).push({ key: `pool ${pool.kind} ${pool.name} ${index}`, level: 3, pool });
    });
    const rows = [{ key: "process", level: 1, pool: { ...snapshot.process, name: "process" } }];
    const sums = [...groups].map(([kind, pools]) => ({
      key: `kind ${kind}`,
      level: 2,
      pool: sumOf(kind, pools),
      pools,
    }));
    for (const group of this.#sorted(sums)) {
      group.isOpen = this.#open.get(group.key) ?? group.pools.length <= kOpenAtFirst;
      const isAlone = group.pools.length === 1 && group.pool.name === group.pools[0].pool.name;
      rows.push(isAlone ? { ...group, isOpen: undefined } : group);
      if (group.isOpen && !isAlone) rows.push(...this.#sorted(group.pools));
    }
    return rows;
  }

  #sorted(rows) {
    const value = kColumns.find(([key]) => key === this.#sort.column)[2];
    const order = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
    const sign = this.#sort.isDown ? -1 : 1;
    return rows.toSorted((a, b) => sign * order(value(a.pool), value(b.pool)) || order(a.pool.name, b.pool.name));
  }

  #sortBy(column) {
    const isSame = column === this.#sort.column;
    this.#sort = { column, isDown: isSame ? !this.#sort.isDown : column !== "name" };
    if (this.#snapshot) this.show(this.#snapshot);
  }

  #toggle(key, isOpen) {
    const row = [...at("pool-rows").children].find((one) => one.dataset.key === key);
    this.#open.set(key, isOpen ?? row.getAttribute("aria-expanded") !== "true");
    this.show(this.#snapshot);
  }

  #onKey(event) {
    const row = event.target.closest("tr");
    const rows = [...at("pool-rows").children],
      index = rows.indexOf(row);
    const moves = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: rows.length - 1 };
    if (event.key in moves) {
      focusRow(rows, moves[event.key]);
    } else if (row.hasAttribute("aria-expanded") && ["ArrowLeft", "ArrowRight", "Enter", " "].includes(event.key)) {
      this.#toggle(row.dataset.key, { ArrowLeft: false, ArrowRight: true }[event.key]);
    } else {
      return;
    }
    event.preventDefault();
  }
}

function focusRow(rows, index) {
  const to = rows[Math.min(Math.max(index, 0), rows.length - 1)];
  for (const row of rows) row.tabIndex = row === to ? 0 : -1;
  to.focus();
}

// What borrows its memory is counted where it borrows.
function sumOf(kind, rows) {
  const sum = { name: kinds(kind), kind };
  for (const figure of kSummed)
    sum[figure] = rows.reduce((total, { pool }) => total + (pool.borrows ? 0 : pool[figure]), 0);
  return sum;
}

function createRow({ level }) {
  return h(
    "tr",
    { tabindex: -1, "aria-level": level },
    h("th", { scope: "row" }),
    ...kColumns.slice(1).map(() => h("td")),
  );
}

function updateRow(row, { pool, isOpen, pools }) {
  if (isOpen === undefined) row.removeAttribute("aria-expanded");
  else row.setAttribute("aria-expanded", isOpen);
  kColumns.forEach(([key, , value, format], i) => {
    const cell = row.children[i],
      amount = value(pool);
    say(
      cell,
      format(amount) +
        (i === 0 && pool.borrows ? " (of another’s memory)" : "") +
        (i === 0 && isOpen === false ? ` (${pools.length})` : ""),
    );
    cell.classList.toggle("zero", amount === 0);
    cell.classList.toggle("bad", key === "failures" && amount > 0);
    if (i === 0) cell.title = pool.name;
  });
}
