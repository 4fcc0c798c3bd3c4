/** Resident memory, part by part, and what each part means. */
import { at, h, keyed, say } from "./dom.js";
import { bytes, percent } from "./words.js";

const kParts = [
  ["live", "Live", 1, "Blocks that the program has."],
  [
    "internal_fragmentation",
    "Internal fragmentation",
    6,
    "What these blocks are larger than what was asked for; of heaps, a heap profile tells.",
  ],
  ["thread_caches", "Thread caches", 3, "Free blocks that one thread keeps for itself, or that are on their way home."],
  ["partial_slabs", "Partial slabs", 5, "Free blocks among used ones: the page stays while one block on it lives."],
  ["empty_slabs", "Empty slabs", 2, "Free as a whole and kept warm; goes back to the system after a while."],
  ["orphans", "Orphans", 4, "Free blocks in slabs that no thread owns."],
  ["metadata", "Metadata", 7, "Tables and headers beside the blocks."],
  ["other", "Other", 0, "Held by no pool here: code, stacks, files, other allocators."],
];

function lead(parts, snapshot, sum) {
  const live = snapshot.process.live;
  const most = parts.filter(({ key }) => key !== "live").reduce((a, b) => (b.amount > a.amount ? b : a));
  if (sum === 0) return "No memory is held.";
  if (snapshot.resident_bytes === 0) return "The system does not say what is resident; this is what pools hold.";
  if (sum > snapshot.resident_bytes)
    return `${bytes(snapshot.resident_bytes)} are resident; pools hold ${bytes(sum)}, of which the program has not touched ${bytes(sum - snapshot.resident_bytes)} yet.`;
  return `${bytes(snapshot.resident_bytes)} are resident, ${bytes(live)} are live. Most of the rest: ${most.name.toLowerCase()}, ${bytes(most.amount)}.`;
}

export function showBreakdown(snapshot) {
  const parts = kParts.map(([key, name, colour, words]) => ({
    key,
    name,
    colour,
    words,
    amount: key === "other" ? snapshot.other_bytes : snapshot.process[key],
  }));
  const sum = parts.reduce((total, { amount }) => total + amount, 0);
  say(at("why-lead"), lead(parts, snapshot, sum));
  keyed(
    at("stack"),
    parts,
    ({ key }) => key,
    ({ colour }) => h("span", { class: `s${colour}` }),
    (element, part) => {
      const share = sum === 0 ? 0 : part.amount / sum;
      element.style.flexGrow = share;
      element.style.flexBasis = "0";
      element.style.display = part.amount === 0 ? "none" : "";
      element.title = `${part.name}: ${bytes(part.amount)}`;
      say(element, `${part.name} ${percent(part.amount, sum)}`); // serve.css hides one that does not fit
    },
  );
  keyed(
    at("parts"),
    parts,
    ({ key }) => key,
    createPart,
    (element, part) => {
      say(element.querySelector(".amount"), amountText(part, snapshot.process, sum));
      element.classList.toggle("none", part.amount === 0);
    },
  );
}

/** Heaps know what was asked for of sampled blocks alone. */
function amountText({ key, amount }, process, sum) {
  const share = `${bytes(amount)} · ${percent(amount, sum)}`;
  if (key !== "internal_fragmentation") return share;
  if (process.fragmentation_unknown > 0) return amount === 0 ? "unknown" : `at least ${share}`;
  return process.fragmentation_samples > 0 ? `about ${share}` : share;
}

function createPart({ colour, name, words }) {
  return h(
    "li",
    { class: `s${colour}` },
    h("span", { class: "key" }),
    h("span", {}, name),
    h("span", { class: "amount" }),
    h("span", { class: "words" }, words),
  );
}
