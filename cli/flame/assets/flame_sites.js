/** The table of functions: what each allocated itself, and with those that it called. A heading sorts; a function is looked for. */
import { h, keyed, say } from "./dom.js";
import { fileName, share } from "./flame_values.js";
import { Sorting } from "./sorting.js";

const kRowsMax = 200;
const kColumns = [
  { key: "name", name: "Function", of: ({ site }) => site.name },
  { key: "flat", name: "Itself", of: ({ flat }) => flat },
  { key: "total", name: "With callees", of: ({ total }) => total },
];

export class FlameSites {
  #sums = [];
  #sorting;

  constructor(element, { onchoose }) {
    this.onchoose = onchoose;
    this.rows = h("tbody");
    this.more = h("p", { class: "lead more-rows" });
    const heads = h("tr");
    this.#sorting = new Sorting(heads, kColumns, { by: "flat", onchange: () => this.#draw() });
    element.append(
      h("table", { class: "sites sorts", "aria-label": "Functions" }, h("thead", {}, heads), this.rows),
      this.more,
    );
  }

  show(sums, { format, whole, matches }) {
    this.#sums = sums.filter(({ site }) => matches === null || matches(site));
    Object.assign(this, { format, whole });
    this.#draw();
  }

  #draw() {
    const sorted = this.#sorting.sorted(this.#sums, (a, b) => b.total - a.total || a.site.id - b.site.id);
    keyed(
      this.rows,
      sorted.slice(0, kRowsMax),
      ({ site }) => site.id,
      (sum) => this.#row(sum),
      (row, { flat, total }) => {
        say(row.children[1], this.format(flat));
        say(row.children[2], this.format(total));
        row.children[1].title = share(flat, this.whole);
        row.children[2].title = share(total, this.whole);
        row.children[1].classList.toggle("zero", flat === 0);
      },
    );
    const left = this.#sums.length - kRowsMax;
    say(
      this.more,
      this.#sums.length === 0 ? "No function matches." : left > 0 ? `And ${left} more: search for them.` : "",
    );
  }

  #row({ site }) {
    const where = fileName(site.file) || fileName(site.module);
    return h(
      "tr",
      {},
      h(
        "th",
        { scope: "row" },
        h("button", { type: "button", title: site.name, onclick: () => this.onchoose(site) }, site.name),
        h("span", { class: "where", title: site.file || site.module }, where),
      ),
      h("td"),
      h("td"),
    );
  }
}
