/** A heap profile as rows: one for each call stack and set of labels. Knows nothing of the page. What comes in: cli/flame/profile_json.hpp. */

/** {key, stack: [{name, file, line, module}], innermost first, labels, live, blocks, allocated} */
export function rowsOf(profile) {
  const text = (index) => profile.strings[index];
  const frames = profile.frames.map(([name, file, line, module]) => ({
    name: text(name),
    file: text(file),
    line,
    module: text(module),
  }));
  const column = (type) => profile.types.findIndex((one) => one.type === type);
  const columns = { live: column("inuse_space"), blocks: column("inuse_objects"), allocated: column("alloc_space") };
  const rows = new Map();
  for (const { stack, values, labels } of profile.samples) {
    const calls = stack.map((index) => frames[index]).reverse();
    const key = [...calls.map(({ name, module, line }) => `${name}\t${module}\t${line}`), ...labels.flat()].join("\n");
    const row = rows.get(key) ?? { key, stack: calls, labels, live: 0, blocks: 0, allocated: 0 };
    for (const [figure, index] of Object.entries(columns)) row[figure] += values[index];
    rows.set(key, row);
  }
  return [...rows.values()];
}

/** Where the calls of the allocator end, some of them inlined: an allocation is its caller's. */
export function callerOf(stack) {
  const index = stack.findIndex(({ name }) => !/^(cenote::|operator new)/.test(name));
  return index < 0 ? 0 : index;
}

/** Gives each row its bytes a second since the look before: `growth` of what is in use, and `rate` of what is allocated; null: not known. */
export class Rates {
  #before = null; // {time, rows: key -> row}

  of(rows, time) {
    const before = this.#before;
    const seconds = before ? (time - before.time) / 1000 : 0;
    if (!before || seconds > 0) this.#before = { time, rows: new Map(rows.map((row) => [row.key, row])) };
    if (seconds <= 0) return rows.map((row) => ({ ...row, growth: null, rate: null }));
    return rows.map((row) => {
      const { live = 0, allocated = 0 } = before.rows.get(row.key) ?? {};
      return { ...row, growth: (row.live - live) / seconds, rate: Math.max(0, row.allocated - allocated) / seconds };
    });
  }
}
