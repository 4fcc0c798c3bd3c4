/**
 * A profile to look into: picture, table, and the choices that they share. It fills one element and needs flame.css and controls.css:
 *
 *     const view = new FlameView(element);
 *     view.show(profile);   // JSON, as cli/flame/profile_json.hpp says; again for a later profile: choices stay
 */
import { h, keyed, say } from "./dom.js";
import { FlameGraph } from "./flame_graph.js";
import { FlameSites } from "./flame_sites.js";
import { labelsOf, matched, pathTo, readProfile, search, sumsOf, totalsOf, treeOf, withLabels } from "./flame_tree.js";
import { emptyWords, fileName, firstType, formatOf, nameOf, placeOf, share } from "./flame_values.js";

const kColours = 7; // modules with a colour of their own
const kPython = /^(lib)?python[\d.]*(\.so.*)?$/;
const kPythonHint =
  "Python takes objects up to 512 bytes from arenas of its own, which a profile of malloc does not see. " +
  "Run it with PYTHONMALLOC=malloc to see them.";
const kHelp =
  "Each box is a call, below the one that made it. Click or press Enter to look closer, Escape to go back, Home for all; arrow keys move; " +
  "/ goes to the search.";

export class FlameView {
  #profile = null;
  #type = 0;
  #root = null;
  #format = null;
  #labels = new Map(); // label's key -> select

  /** `prefer`: the types of value to open with, the first that has samples; otherwise the profile's own default. */
  constructor(element, { prefer = [] } = {}) {
    this.prefer = prefer;
    this.#build(element);
    this.graph = new FlameGraph(this.boxes, {
      onselect: (node) => this.#describe(node),
      onzoom: (node) => this.#showCrumbs(node),
    });
    this.table = new FlameSites(this.side, { onchoose: ({ name }) => this.look(name) });
    element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  show(json) {
    const chosen = this.#profile?.types[this.#type].type;
    this.#profile = readProfile(json);
    const kept = json.types.findIndex(({ type }) => type === chosen);
    const totals = totalsOf(this.#profile);
    this.#type = kept < 0 ? firstType(json, totals, this.prefer) : kept;
    this.types.replaceChildren(...json.types.map((type, i) => h("option", { value: i }, nameOf(type))));
    this.types.value = this.#type;
    this.#showLabels();
    this.#showLegend();
    const isPython = this.#profile.sites.some(({ module }) => kPython.test(fileName(module)));
    this.hint.hidden = !isPython;
    this.#update();
  }

  /** Looks for `text`, as if it had been typed. */
  look(text) {
    this.query.value = text;
    this.#update();
    this.query.focus();
  }

  // --- the parts ------------------------------------------------------------------------------------------------------------------

  #build(element) {
    const update = () => this.#update();
    this.types = h("select", { onchange: () => ((this.#type = Number(this.types.value)), update()) });
    this.picks = h("span", { class: "picks" });
    this.query = h("input", {
      type: "search",
      placeholder: "function, file or module; /regular expression/",
      "aria-label": "Search",
      spellcheck: "false",
      oninput: update,
    });
    this.found = h("output", { class: "found-share" });
    this.crumbs = h("ol", { class: "crumbs" });
    this.boxes = h("div", { "aria-label": "Calls" });
    this.detail = h("p", { class: "detail", "aria-live": "polite" });
    this.legend = h("ul", { class: "legend" });
    this.hint = h("p", { class: "note", hidden: true }, kPythonHint);
    this.side = h("div", { class: "side scroll" });
    element.classList.add("flame-view");
    element.append(
      h(
        "div",
        { class: "choices" },
        h("label", { class: "pick" }, "Value ", this.types),
        this.picks,
        h("span", { class: "search" }, this.query, this.found),
      ),
      h(
        "div",
        { class: "flame-parts" },
        h(
          "figure",
          { class: "picture" },
          h("nav", { "aria-label": "Zoom" }, this.crumbs),
          this.detail,
          this.boxes,
          this.legend,
          this.hint,
          h("p", { class: "note" }, kHelp),
        ),
        this.side,
      ),
    );
  }

  #showLabels() {
    const before = new Map([...this.#labels].map(([key, select]) => [key, select.value]));
    this.#labels = new Map();
    const picks = labelsOf(this.#profile).map(([key, values]) => {
      const isEverywhere = this.#profile.samples.every(({ labels }) => labels.has(key));
      const select = h(
        "select",
        { onchange: () => this.#update() },
        h("option", { value: "*" }, "all"),
        ...values.map((value) => h("option", { value: `=${value}` }, value)),
        ...(isEverywhere ? [] : [h("option", { value: "=" }, "none")]),
      );
      const kept = before.get(key);
      if ([...select.options].some(({ value }) => value === kept)) select.value = kept;
      this.#labels.set(key, select);
      return h("label", { class: "pick" }, `${key} `, select);
    });
    this.picks.replaceChildren(...picks);
  }

  // Modules have colours by what was allocated in them, over all: a module keeps its colour whatever is chosen.
  #showLegend() {
    const sums = new Map();
    for (const { site, flat } of sumsOf(this.#profile.samples, this.#profile.default))
      sums.set(site.module, (sums.get(site.module) ?? 0) + flat);
    for (const { module } of this.#profile.sites) if (!sums.has(module)) sums.set(module, 0);
    const ranks = [...sums].sort(([, a], [, b]) => b - a).map(([module]) => module);
    this.colours = new Map(ranks.map((module, rank) => [module, `s${rank < kColours ? rank + 1 : 0}`]));
    const shown = ranks.slice(0, kColours).map((module) => [fileName(module) || "no module", this.colours.get(module)]);
    if (ranks.length > kColours) shown.push([`${ranks.length - kColours} others`, "s0"]);
    this.legend.replaceChildren(
      ...shown.map(([name, colour]) => h("li", { class: colour }, h("span", { class: "swatch" }), name)),
    );
  }

  // --- what is chosen -------------------------------------------------------------------------------------------------------------

  #wantedLabels() {
    return [...this.#labels].filter(([, { value }]) => value !== "*").map(([key, { value }]) => [key, value.slice(1)]);
  }

  /** What is looked for; an expression that is none finds nothing, and is said so. */
  #search() {
    try {
      this.query.removeAttribute("aria-invalid");
      return search(this.query.value.trim());
    } catch {
      this.query.setAttribute("aria-invalid", "true");
      return () => false;
    }
  }

  #update() {
    const samples = withLabels(this.#profile.samples, this.#wantedLabels());
    const matches = this.#search();
    this.#format = formatOf(this.#profile.types[this.#type]);
    this.#root = treeOf(samples, this.#type);
    this.#showFound(samples, matches);
    this.graph.show(this.#root, {
      format: this.#format,
      colours: ({ module }) => this.colours.get(module),
      matches,
    });
    this.table.show(sumsOf(samples, this.#type), { format: this.#format, whole: this.#root.total, matches });
  }

  #showFound(samples, matches) {
    if (matches === null) return say(this.found, "");
    if (this.query.hasAttribute("aria-invalid")) return say(this.found, "no regular expression");
    const sum = matched(samples, this.#type, matches);
    say(this.found, `${share(sum, this.#root.total)} matched, ${this.#format(sum)}`);
  }

  #showCrumbs(zoomed) {
    const steps = [this.#root, ...pathTo(zoomed)];
    keyed(
      this.crumbs,
      steps,
      ({ key }) => key,
      ({ site }) => h("li", {}, h("button", { type: "button", title: site?.name ?? "" }, site?.name ?? "All")),
      (element, node) => {
        element.firstChild.onclick = () => this.graph.zoom(node);
        if (node === zoomed) element.firstChild.setAttribute("aria-current", "location");
        else element.firstChild.removeAttribute("aria-current");
      },
    );
  }

  #describe(node) {
    if (this.#root.total === 0) return say(this.detail, emptyWords(this.#profile, this.#type));
    const words = [this.graph.words(node)];
    if (node.self > 0 && node.site) words.push(`itself ${this.#format(node.self)}`);
    if (node.isInlined) words.push("inlined");
    if (node.site) words.push(placeOf(node.site, node.lines), node.site.module);
    say(this.detail, words.filter((word) => word !== "").join(" · "));
  }

  #onKey(event) {
    if (event.key !== "/" || event.target.matches("input, select")) return;
    event.preventDefault();
    this.query.focus();
  }
}
