/**
 * Runs pipelines in turns, each alone: side by side they would take the processor from each other, and neither's figures
 * would be its own.
 */
/** Until the signal aborts, `ms` each; over when the last frame has been consumed. */
export async function runInTurns(runners, ms, signal) {
  for (let turn = 0; !signal.aborted; turn++) {
    const runner = runners[turn % runners.length];
    runner.start();
    do await sleep(ms, signal);
    while (!signal.aborted && runners.length === 1);
    await runner.stop();
  }
}

function sleep(ms, signal) {
  if (signal.aborted) return;
  return new Promise((wake) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      wake();
    }
  });
}
