/** Headings that sort a table: one orders by its column, and again the other way round. Their look is .sorts of controls.css. */
import { h } from "./dom.js";

const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);

export class Sorting {
  #columns;
  #heads;
  #by;
  #isDown = true;

  /** `heads`: the row that they fill. `columns`: {key, name, of}, where `of(row)` is what is compared. `by`: the key of the first order. */
  constructor(heads, columns, { by, onchange }) {
    this.#columns = columns;
    this.#heads = heads;
    this.#by = by;
    this.onchange = onchange;
    heads.append(...columns.map((column) => this.#head(column)));
    this.#mark();
  }

  /** The rows in the order that is chosen; `among(a, b)` orders those that are equal. */
  sorted(rows, among) {
    const { of } = this.#columns.find(({ key }) => key === this.#by);
    const sign = this.#isDown ? -1 : 1;
    return rows.toSorted((a, b) => sign * compare(of(a), of(b)) || among(a, b));
  }

  #head({ key, name }) {
    return h(
      "th",
      { scope: "col", "data-column": key },
      h("button", { type: "button", onclick: () => this.#choose(key) }, name),
    );
  }

  // Names begin with the first, figures with the largest.
  #choose(key) {
    this.#isDown = key === this.#by ? !this.#isDown : key !== "name";
    this.#by = key;
    this.#mark();
    this.onchange();
  }

  #mark() {
    for (const head of this.#heads.children) {
      if (head.dataset.column === this.#by) head.setAttribute("aria-sort", this.#isDown ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  }
}
