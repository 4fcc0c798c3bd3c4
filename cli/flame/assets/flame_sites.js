/** The table of functions: what each allocated itself, and with those that it called. A heading sorts; a function is looked for. */
import { h, keyed, say } from "./dom.js";
import { fileName, share } from "./flame_values.js";

const kRowsMax = 200;
const kColumns = [
  { key: "name", name: "Function", of: ({ site }) => site.name },
  { key: "flat", name: "Itself", of: ({ flat }) => flat },
  { key: "total", name: "With callees", of: ({ total }) => total },
];

export class FlameSites {
  #sums = [];
  #order = { key: "flat", isDown: true };

  constructor(element, { onchoose }) {
    this.onchoose = onchoose;
    this.rows = h("tbody");
    this.more = h("p", { class: "lead more-rows" });
    element.append(
      h(
        "table",
        { class: "sites sorts", "aria-label": "Functions" },
        h("thead", {}, (this.heads = h("tr", {}, ...kColumns.map((column) => this.#head(column))))),
        this.rows,
      ),
      this.more,
    );
  }

  show(sums, { format, whole, matches }) {
    this.#sums = sums.filter(({ site }) => matches === null || matches(site));
    Object.assign(this, { format, whole });
    this.#draw();
  }

  #head({ key, name }) {
    return h(
      "th",
      { scope: "col", "data-key": key },
      h("button", { type: "button", onclick: () => this.#sort(key) }, name),
    );
  }

  #sort(key) {
    this.#order = { key, isDown: this.#order.key === key ? !this.#order.isDown : key !== "name" };
    this.#draw();
  }

  #draw() {
    for (const head of this.heads.children) {
      if (head.dataset.key === this.#order.key)
        head.setAttribute("aria-sort", this.#order.isDown ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    keyed(
      this.rows,
      this.#sorted().slice(0, kRowsMax),
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

  #sorted() {
    const { of } = kColumns.find(({ key }) => key === this.#order.key);
    const sign = this.#order.isDown ? -1 : 1;
    const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
    return [...this.#sums].sort((a, b) => sign * compare(of(a), of(b)) || b.total - a.total || a.site.id - b.site.id);
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
