/** The tree of pools: process, kinds, pools; a treegrid, sorted within its groups. Source: WAI-ARIA Authoring Practices, "Treegrid". */
import { at, h, keyed, say } from "./dom.js";
import { Sorting } from "./sorting.js";
import { bytes, kinds, number } from "./words.js";

const kColumns = [
  { key: "name", name: "Pool", of: ({ pool }) => pool.name, format: String },
  { key: "live", name: "Live", of: ({ pool }) => pool.live_bytes, format: bytes },
  { key: "cached", name: "Cached", of: ({ pool }) => pool.cached_bytes, format: bytes },
  { key: "free", name: "Free", of: ({ pool }) => pool.free_bytes, format: bytes },
  { key: "committed", name: "Committed", of: ({ pool }) => pool.committed_bytes, format: bytes },
  { key: "metadata", name: "Metadata", of: ({ pool }) => pool.metadata, format: bytes },
  { key: "blocks", name: "Blocks", of: ({ pool }) => pool.blocks_in_use, format: number },
  { key: "failures", name: "Failures", of: ({ pool }) => pool.failures, format: number },
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
  #sorting = new Sorting(at("pool-heads"), kColumns, {
    by: "live",
    onchange: () => this.#snapshot && this.show(this.#snapshot),
  });
  #open = new Map();
  #snapshot = null;

  constructor() {
    at("pool-rows").addEventListener("keydown", (event) => this.#onKey(event));
    at("pool-rows").addEventListener("click", (event) => {
      const row = event.target.closest("tr");
      if (row?.hasAttribute("aria-expanded") && event.target.closest("th")) this.#toggle(row.dataset.key);
    });
  }

  show(snapshot) {
    this.#snapshot = snapshot;
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
    return this.#sorting.sorted(rows, (a, b) => a.pool.name.localeCompare(b.pool.name));
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

function updateRow(row, item) {
  const { pool, isOpen, pools } = item;
  if (isOpen === undefined) row.removeAttribute("aria-expanded");
  else row.setAttribute("aria-expanded", isOpen);
  kColumns.forEach(({ key, of, format }, i) => {
    const cell = row.children[i],
      amount = of(item);
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
