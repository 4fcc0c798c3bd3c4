/** Asks for figures again and again, and hands them to who shows them. What is shown stays when its process ends. */
import * as api from "./api.js";
import { showBreakdown } from "./breakdown.js";
import { at, h, keyed, say } from "./dom.js";
import { FlameView } from "./flame_view.js";
import { HeapMap } from "./heap_map.js";
import { Pools } from "./pools.js";
import { ProfileSites } from "./profile_sites.js";
import { Sizes } from "./sizes.js";
import { Timeline } from "./timeline.js";
import { bytes, clock, commandLine, number, program, short } from "./words.js";

const kEvery = { processes: 2000, snapshot: 1000, profile: 2000, sizes: 2000, map: 2000 };
const kSamplesMax = 600;
const kTitleMax = 160;

const pools = new Pools(),
  sites = new ProfileSites(),
  flame = new FlameView(at("flame")),
  sizes = new Sizes(),
  map = new HeapMap();
const memoryLine = new Timeline(
  at("memory-line"),
  [
    { name: "resident", colour: 2, of: (sample) => sample.resident },
    { name: "live", colour: 1, of: (sample) => sample.live },
  ],
  bytes,
  { isBinary: true, label: "Memory" },
);
const rateLine = new Timeline(
  at("rate-line"),
  [{ name: "allocations a second", colour: 3, of: (sample) => sample.rate }],
  short,
  { label: "Allocations a second" },
);

const state = { pid: null, command: "", isGone: false, isPaused: false, samples: [], last: null, known: [] };

// --- which process ---------------------------------------------------------------------------------------------------------------

const wanted = () => Number(location.hash.slice(2)) || null;

function choose(pid) {
  if (pid === state.pid) return;
  const entry = state.known.find((one) => one.pid === pid);
  Object.assign(state, { pid, command: "", isGone: false, samples: [], last: null });
  name(entry ?? { pid, command: "", command_line: `Process ${pid}` });
  notice("");
  sites.leave();
  at("calls-part").hidden = true;
  for (const loop of loops) loop.now();
}

function name(entry) {
  state.command = program(entry);
  const line = commandLine(entry);
  say(at("title"), line.length > kTitleMax ? `${line.slice(0, kTitleMax)}…` : line);
  document.title = `${state.command || entry.pid} · cenote`;
}

async function showProcesses() {
  const { processes } = await api.processes();
  state.known = processes;
  const isListed = processes.some(({ pid }) => pid === state.pid);
  const shown =
    state.pid === null || isListed
      ? processes
      : [...processes, { pid: state.pid, command: state.command, command_line: "", refusal: "It has ended." }];
  keyed(
    at("processes"),
    shown,
    ({ pid }) => pid,
    ({ pid }) =>
      h(
        "li",
        {},
        h("a", { href: `#/${pid}` }, h("span", { class: "command" }), h("span", { class: "pid" }, String(pid))),
      ),
    (element, entry) => {
      const { pid, command_line = "", refusal } = entry;
      const [link] = element.children;
      say(link.firstChild, program(entry) || "?");
      link.title = refusal || command_line;
      link.classList.toggle("refused", refusal !== "");
      if (pid === state.pid) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    },
  );
  if (state.pid !== null) {
    const entry = processes.find(({ pid }) => pid === state.pid);
    if (entry) name(entry);
    return;
  }
  const first = wanted() ?? processes.find(({ refusal }) => refusal === "")?.pid ?? processes[0]?.pid;
  if (first !== undefined) return choose(first);
  say(at("title"), "No process has cenote in it");
  say(at("facts"), "Start one: cenote run -- your-program. It appears here by itself.");
}

// --- what it holds ---------------------------------------------------------------------------------------------------------------

function sampleOf(snapshot) {
  const allocations = snapshot.pools.reduce((sum, pool) => sum + pool.allocations, 0);
  const time = snapshot.unix_milliseconds,
    before = state.samples.at(-1);
  const seconds = before ? (time - before.time) / 1000 : 0;
  // Pools that end take their counts with them.
  const rate = seconds > 0 ? Math.max(0, allocations - before.allocations) / seconds : 0;
  return { time, resident: snapshot.resident_bytes, live: snapshot.process.live_bytes, allocations, rate };
}

function showSnapshot(snapshot) {
  if (snapshot.unix_milliseconds === state.last?.unix_milliseconds) return;
  state.samples = [...state.samples, sampleOf(snapshot)].slice(-kSamplesMax);
  state.last = snapshot;
  say(
    at("facts"),
    `process ${state.pid} · ${number(snapshot.pools.length)} pools · read at ${clock(snapshot.unix_milliseconds)}`,
  );
  showCards(snapshot);
  showBreakdown(snapshot);
  pools.show(snapshot);
  memoryLine.show(state.samples);
  rateLine.show(state.samples.slice(1));
  const isCounted = snapshot.pools.some((pool) => pool.allocations > 0);
  say(
    at("rate-note"),
    isCounted ? "of pools that count them" : "no pool here counts them; the heap does not, so that malloc stays fast",
  );
}

function showCards({ resident_bytes, process, pools: all }) {
  const limited = all.filter((pool) => pool.limit > 0);
  const cards = [
    ["Resident", bytes(resident_bytes), "as the system counts"],
    ["Live", bytes(process.live_bytes), `in ${short(process.blocks_in_use)} blocks`],
    ["Free and cached", bytes(process.free_bytes + process.cached_bytes - process.untouched), "still resident"],
    ["Without pages", bytes(process.untouched), "mapped, costs nothing"],
    [
      "Failures",
      number(process.failures),
      limited.length > 0 ? `${limited.length} pools have limits` : "calls that got no block",
    ],
  ];
  keyed(
    at("cards"),
    cards,
    ([name]) => name,
    ([name]) => h("div", { class: "card" }, h("h3", {}, name), h("p", { class: "big" }), h("p", { class: "verdict" })),
    (card, [name, figure, words]) => {
      say(card.children[1], figure);
      say(card.children[2], words);
      card.classList.toggle("more", name === "Failures" && process.failures > 0);
    },
  );
}

function showProfile(profile) {
  sites.show(profile, state);
  at("calls-part").hidden = !profile.recording;
  if (profile.recording) flame.show(profile);
}

// --- what is wrong ---------------------------------------------------------------------------------------------------------------

function notice(text) {
  say(at("notice"), text);
  at("notice").classList.toggle("bad", text !== "");
}

function explain(error) {
  if (!(error instanceof api.Refused)) throw error;
  if (error.isGone) {
    state.isGone = true;
    const since = state.last
      ? ` What you see is the last picture of it, from ${clock(state.last.unix_milliseconds)}.`
      : "";
    notice(`${state.command || "The process"} (${state.pid}) has ended.${since}`);
  } else {
    notice(error.message);
  }
}

// --- again and again -------------------------------------------------------------------------------------------------------------

/** Calls `read` every so often, never twice at a time, and not while nobody looks. */
class Loop {
  #timer = null;
  #isBusy = false;
  constructor(milliseconds, read, { needs = null } = {}) {
    Object.assign(this, { milliseconds, read, isSeen: needs === null });
    if (needs)
      new IntersectionObserver(
        ([entry]) => {
          this.isSeen = entry.isIntersecting;
          if (this.isSeen) this.now();
        },
        { rootMargin: "200px" },
      ).observe(needs);
    this.now();
  }

  now() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#turn(), 0);
  }

  async #turn() {
    if (!this.#isBusy && this.isSeen && !state.isPaused && !document.hidden) {
      this.#isBusy = true;
      await this.read().catch(explain);
      this.#isBusy = false;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#turn(), this.milliseconds);
  }
}

/** Of the chosen process, while it lives; what comes too late, for another one, is dropped. */
const ofProcess = (read, show) => async () => {
  const { pid } = state;
  if (pid === null || state.isGone) return;
  const answer = await read(pid);
  if (pid !== state.pid || answer === undefined) return;
  if (!state.isGone) notice("");
  show(answer);
};

const loops = [];
loops.push(
  new Loop(kEvery.processes, showProcesses),
  new Loop(kEvery.snapshot, ofProcess(api.snapshot, showSnapshot)),
  new Loop(kEvery.profile, ofProcess(api.profile, showProfile), { needs: at("profile") }),
  new Loop(
    kEvery.sizes,
    ofProcess(api.sizes, (answer) => sizes.show(answer)),
    { needs: at("histogram") },
  ),
  new Loop(
    kEvery.map,
    ofProcess(
      (pid) => map.refresh(pid),
      () => {},
    ),
    { needs: at("map-frame") },
  ),
);

addEventListener("hashchange", () => wanted() && choose(wanted()));
document.addEventListener("visibilitychange", () => document.hidden || loops.forEach((loop) => loop.now()));
at("pause").addEventListener("click", () => {
  state.isPaused = !state.isPaused;
  at("pause").setAttribute("aria-pressed", state.isPaused);
  say(at("pause"), state.isPaused ? "Go on" : "Pause");
  if (!state.isPaused) loops.forEach((loop) => loop.now());
});
