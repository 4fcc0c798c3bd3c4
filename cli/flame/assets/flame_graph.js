/**
 * The picture: a box for each call, below the one that made it, as wide as its share. Boxes are elements, so that focus, reading aloud and
 * both colour schemes come with them. Has an element of its own and no other part of the page:
 *
 *     const graph = new FlameGraph(element, { onselect(node), onzoom(node) });
 *     graph.show(treeOf(samples, type), { format, colours, matches });
 */
import { h, say } from "./dom.js";
import { share } from "./flame_values.js";
import { follow, pathTo } from "./flame_tree.js";

const kRow = 23; // pixels, as in flame.css
const kBoxMin = 2; // narrower ones are left out
const kNameMin = 26; // narrower ones have no name

export class FlameGraph {
  #root = null;
  #zoomed = null;
  #selected = null;
  #boxes = new Map(); // key of a node -> {element, node}
  #look = null;

  constructor(element, { onselect, onzoom }) {
    Object.assign(this, { element, onselect, onzoom });
    element.classList.add("flame");
    element.setAttribute("role", "tree");
    element.addEventListener("click", (event) => this.#withNode(event, (node) => this.zoom(node)));
    element.addEventListener("focusin", (event) => this.#withNode(event, (node) => this.#select(node)));
    element.addEventListener("mouseover", (event) => this.#withNode(event, (node) => this.onselect(node)));
    element.addEventListener("mouseleave", () => this.onselect(this.#selected));
    element.addEventListener("keydown", (event) => this.#onKey(event));
    new ResizeObserver(() => this.#draw()).observe(element);
  }

  /** Another tree; what was zoomed to and selected stays where it is there, too. `colours` gives a class for a site. */
  show(root, look) {
    const [zoomed, selected] = [this.#zoomed, this.#selected].map((node) => follow(root, pathTo(node)));
    Object.assign(this, { isNew: this.#root === null });
    this.#root = root;
    this.#look = look;
    this.#zoomed = zoomed;
    this.#selected = selected;
    this.#draw();
    this.onzoom(zoomed);
    this.onselect(selected);
  }

  get zoomed() {
    return this.#zoomed;
  }

  zoom(node) {
    this.#zoomed = node;
    this.#selected = node;
    const hadFocus = this.element.contains(document.activeElement);
    this.#draw();
    if (hadFocus) this.#boxes.get(node.key)?.element.focus();
    this.onzoom(node);
    this.onselect(node);
  }

  // --- drawing --------------------------------------------------------------------------------------------------------------------

  #draw() {
    if (!this.#root) return;
    const boxes = this.#lay(this.element.clientWidth);
    const wanted = new Set(boxes.map(({ node }) => node.key));
    for (const [key, { element }] of this.#boxes) {
      if (wanted.has(key)) continue;
      element.remove();
      this.#boxes.delete(key);
    }
    boxes.forEach((box, index) => this.#place(box, index));
    this.element.style.height = `${kRow * (1 + Math.max(...boxes.map(({ node }) => node.depth)))}px`;
    const selected = this.#boxes.get(this.#selected.key) ?? this.#boxes.get(this.#zoomed.key);
    for (const { element } of this.#boxes.values()) element.tabIndex = element === selected.element ? 0 : -1;
  }

  /** Boxes in fractions of the width: those above what is zoomed to take all of it. */
  #lay(width) {
    const boxes = [this.#root, ...pathTo(this.#zoomed)].map((node) => ({ node, left: 0, wide: 1 }));
    const whole = this.#zoomed.total;
    const layBelow = ({ node: parent, left }) => {
      for (const node of parent.children) {
        const wide = whole === 0 ? 0 : node.total / whole;
        if (wide * width < kBoxMin) break; // the largest come first
        const box = { node, left, wide };
        boxes.push(box);
        layBelow(box);
        left += wide;
      }
    };
    layBelow(boxes.at(-1));
    return boxes.map((box) => ({ ...box, isNamed: box.wide * width >= kNameMin }));
  }

  #place({ node, left, wide, isNamed }, index) {
    let entry = this.#boxes.get(node.key);
    if (!entry) this.#boxes.set(node.key, (entry = { element: h("div", { role: "treeitem" }) }));
    const { element } = entry;
    entry.node = node;
    element.node = node;
    if (this.element.children[index] !== element)
      this.element.insertBefore(element, this.element.children[index] ?? null);
    Object.assign(element.style, {
      left: `${100 * left}%`,
      width: `${100 * wide}%`,
      top: `${kRow * node.depth}px`,
    });
    const { matches, colours } = this.#look;
    const isFound = matches !== null && node.site !== null && matches(node.site);
    element.className = `call ${node.site ? colours(node.site) : "s0"}`;
    element.classList.toggle("found", isFound);
    element.classList.toggle("faded", matches !== null && !isFound);
    element.classList.toggle("above", node !== this.#zoomed && node.depth < this.#zoomed.depth);
    element.classList.toggle("inlined", node.isInlined);
    element.setAttribute("aria-level", node.depth + 1);
    element.setAttribute("aria-label", this.words(node));
    say(element, isNamed ? (node.site?.name ?? "All") : "");
  }

  words(node) {
    const { format } = this.#look;
    return `${node.site?.name ?? "All"}: ${format(node.total)}, ${share(node.total, this.#root.total)}`;
  }

  // --- mouse and keys -------------------------------------------------------------------------------------------------------------

  #withNode(event, use) {
    const { node } = event.target.closest?.(".call") ?? {};
    if (node) use(node);
  }

  #select(node) {
    this.#selected = node;
    for (const { element } of this.#boxes.values()) element.tabIndex = element.node === node ? 0 : -1;
    this.onselect(node);
  }

  #onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const go = {
      ArrowUp: () => this.#focus(this.#selected.parent),
      ArrowDown: () => this.#focus(this.#selected.children[0]),
      ArrowLeft: () => this.#focus(this.#beside(-1)),
      ArrowRight: () => this.#focus(this.#beside(1)),
      Enter: () => this.zoom(this.#selected),
      " ": () => this.zoom(this.#selected),
      Escape: () => this.#zoomed.parent && this.zoom(this.#zoomed.parent),
      Backspace: () => this.#zoomed.parent && this.zoom(this.#zoomed.parent),
      Home: () => this.zoom(this.#root),
    }[event.key];
    if (!go) return;
    event.preventDefault();
    go();
  }

  #focus(node) {
    if (node) this.#boxes.get(node.key)?.element.focus();
  }

  /** The next box of the same row. */
  #beside(step) {
    const row = [...this.element.children]
      .map(({ node }) => node)
      .filter(({ depth }) => depth === this.#selected.depth);
    return row[row.indexOf(this.#selected) + step];
  }
}
