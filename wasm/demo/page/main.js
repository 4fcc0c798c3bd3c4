/**
 * The page: controls, panels, charts. For tests: `?still` shows fixed figures and a fixed frame and starts nothing, `?2d`
 * paints without WebGL, `?play=no` waits for the button, `?turn=N` makes turns of N milliseconds.
 */
import "@fontsource-variable/ibm-plex-sans/standard.css";
import "@fontsource/ibm-plex-mono/latin-400.css";
import "@fontsource/ibm-plex-mono/latin-500.css";

import { newCharts } from "./charts.js";
import { settingsOf } from "./controls.js";
import { TICK_MS } from "./history.js";
import { newPanel } from "./panel.js";
import { Stage } from "./stage.js";
import { showStill } from "./still.js";
import { beginTheme } from "./theme.js";
import "./style.css";

const NOT_ISOLATED =
  "This page is not cross-origin isolated, so the browser gives it no shared memory, and no pool can be shared with Workers. " +
  "Serve it with “Cross-Origin-Opener-Policy: same-origin” and “Cross-Origin-Embedder-Policy: require-corp”, as make wasm-demo does.";

const COPIES = [
  "Nothing on the way. WebGL reads a frame straight from the pool’s block and uploads it, as it does a fresh array.",
  "Nothing on the way. Here there is no WebGL, and ImageData refuses shared memory: each of the pool’s frames is copied once, at " +
    "the canvas. A fresh array is not.",
];

const by = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const form = by("controls");
const panels = ["pool", "fresh"].map((kind) => newPanel(kind, by("panel")));
by("panels").append(...panels.map((panel) => panel.root));
const charts = newCharts(document);
beginTheme(by("theme"), () => charts.redraw());

let stage;

function fail(error) {
  by("trouble").hidden = false;
  by("trouble").textContent = error.message;
}

function newStage() {
  const settings = settingsOf(form);
  stage = new Stage(panels, settings, {
    delay: () => form.delay.valueAsNumber,
    turnMs: Number(query.get("turn") ?? 4000),
    painting: { webgl: !query.has("2d") },
    fail,
  });
  by("copies").textContent = COPIES[panels[0].copies];
}

function show() {
  const { history, latencies, summary } = stage.tick();
  charts.show(history, latencies);
  by("summary").textContent = summary;
}

function play() {
  stage.play();
  by("play").textContent = "Pause";
  by("status").textContent = "Running.";
}

async function pause() {
  by("play").textContent = "Play";
  await stage.pause();
  show();
  by("status").textContent = `Paused. ${stage.used} blocks in use.`;
}

async function restart() {
  const wasPlaying = stage.playing;
  await stage.end();
  newStage();
  if (wasPlaying) play();
  show();
}

/** One thing after another, however fast the visitor is. */
let queue = Promise.resolve();
const then = (action) => (queue = queue.then(action).catch(fail));

function begin() {
  newStage();
  show();
  by("play").addEventListener("click", () => then(() => (stage.playing ? pause() : play())));
  form.addEventListener("change", ({ target }) => {
    if (target.name !== "delay") then(restart);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  setInterval(() => stage.playing && show(), TICK_MS);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (query.get("play") !== "no" && !calm) then(play);
}

form.delay.addEventListener("input", () => (form.delayed.value = `${form.delay.value} ms`));
form.delayed.value = `${form.delay.value} ms`;

if (query.has("still")) showStill(panels, charts, by);
else if (crossOriginIsolated) begin();
else {
  fail(new Error(NOT_ISOLATED));
  for (const control of form.elements) control.disabled = true;
  for (const empty of document.querySelectorAll("#panels, #summary, .charts, .key")) empty.hidden = true;
}
