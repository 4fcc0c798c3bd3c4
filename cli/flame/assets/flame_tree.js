/**
 * A profile's samples as trees and sums, for the views; knows nothing of the page. What a profile is: cli/flame/profile_json.hpp says.
 */

/** Frames with names instead of indexes; what is one function is one object, `site`, however many lines of it were met. */
export function readProfile(json) {
  const text = (index) => json.strings[index];
  const sites = new Map();
  const siteOf = (name, file, module) => {
    const key = `${name}\n${file}\n${module}`;
    if (!sites.has(key)) sites.set(key, { name, file, module, id: sites.size });
    return sites.get(key);
  };
  const frames = json.frames.map(([name, file, line, module, isInlined], id) => ({
    id,
    line,
    isInlined: isInlined === 1,
    site: siteOf(text(name), text(file), text(module)),
  }));
  const samples = json.samples.map(({ stack, values, labels }) => ({
    stack: stack.map((index) => frames[index]),
    values,
    labels: new Map(labels),
  }));
  return { ...json, frames, samples, sites: [...sites.values()] };
}

/** The sum of each value over all samples. */
export const totalsOf = ({ types, samples }) =>
  types.map((_, type) => samples.reduce((sum, { values }) => sum + Math.max(0, values[type]), 0));

/** The labels that there are, each with its values, the most used first: [["pool", ["malloc", ...]], ...]. */
export function labelsOf({ samples }) {
  const counts = new Map();
  for (const { labels } of samples)
    for (const [key, value] of labels) {
      if (!counts.has(key)) counts.set(key, new Map());
      counts.get(key).set(value, (counts.get(key).get(value) ?? 0) + 1);
    }
  return [...counts].map(([key, values]) => [key, [...values].sort(([, a], [, b]) => b - a).map(([value]) => value)]);
}

/** The samples that have all of `wanted`: [key, value] pairs; an empty value stands for samples without the label. */
export const withLabels = (samples, wanted) =>
  samples.filter(({ labels }) => wanted.every(([key, value]) => (labels.get(key) ?? "") === value));

/**
 * Calls from main on, those of one function together: nodes {site, lines, isInlined, parent, depth, key, total, self, children}, children the
 * largest first. `type` is the index of a value.
 */
export function treeOf(samples, type) {
  const root = newNode(null, null);
  for (const { stack, values } of samples) {
    const value = values[type];
    if (value <= 0) continue;
    let node = root;
    node.total += value;
    for (const frame of stack) {
      node = childOf(node, frame);
      node.total += value;
    }
    node.self += value;
  }
  order(root);
  return root;
}

function newNode(parent, frame) {
  const site = frame?.site ?? null;
  return {
    site,
    parent,
    isInlined: frame?.isInlined ?? false,
    lines: new Set(),
    depth: parent ? parent.depth + 1 : 0,
    key: parent ? `${parent.key}/${site.id}` : "",
    total: 0,
    self: 0,
    byId: new Map(),
  };
}

function childOf(parent, frame) {
  let node = parent.byId.get(frame.site.id);
  if (!node) parent.byId.set(frame.site.id, (node = newNode(parent, frame)));
  if (frame.line > 0) node.lines.add(frame.line);
  return node;
}

function order(node) {
  node.children = [...node.byId.values()].sort((a, b) => b.total - a.total || a.site.name.localeCompare(b.site.name));
  delete node.byId;
  for (const child of node.children) order(child);
}

/** Sums by function: [{site, flat, total}]: what it allocated itself, and what it and those that it called did. */
export function sumsOf(samples, type) {
  const sums = new Map();
  const sumOf = (site) => {
    if (!sums.has(site)) sums.set(site, { site, flat: 0, total: 0 });
    return sums.get(site);
  };
  for (const { stack, values } of samples) {
    const value = values[type];
    if (value <= 0 || stack.length === 0) continue;
    for (const site of new Set(stack.map((frame) => frame.site))) sumOf(site).total += value;
    sumOf(stack.at(-1).site).flat += value;
  }
  return [...sums.values()];
}

/** What of a value has a function in its stack that `matches`; stacks count once. */
export function matched(samples, type, matches) {
  let sum = 0;
  for (const { stack, values } of samples)
    if (stack.some(({ site }) => matches(site))) sum += Math.max(0, values[type]);
  return sum;
}

/** The nodes from below the root to `node`. */
export function pathTo(node) {
  const path = [];
  for (let at = node; at?.parent; at = at.parent) path.unshift(at);
  return path;
}

/** The node that a path of functions leads to in another tree, or the last of it that is there. */
export function follow(root, path) {
  let node = root;
  for (const { site } of path) {
    const next = node.children.find((child) => child.site === site);
    if (!next) break;
    node = next;
  }
  return node;
}

/**
 * A search for functions, files and modules: /.../ is a regular expression, anything else a text; capitals are alike. Null: nothing is
 * looked for. Throws SyntaxError for an expression that is none.
 */
export function search(text) {
  if (text === "") return null;
  const [, expression] = /^\/(.*)\/$/s.exec(text) ?? [];
  if (expression !== undefined) {
    const pattern = new RegExp(expression, "iu");
    return ({ name, file, module }) => pattern.test(name) || pattern.test(file) || pattern.test(module);
  }
  const wanted = text.toLowerCase();
  return ({ name, file, module }) => [name, file, module].some((one) => one.toLowerCase().includes(wanted));
}
