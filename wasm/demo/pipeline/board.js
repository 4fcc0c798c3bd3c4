/** What a pipeline's threads tell each other beside frames: words of shared memory. */

export const Word = { run: 0, waitedMicros: 1, sourceHolds: 2 };

/** Then a word for each station after the source: how many frames are there or on their way to it. */
export const newBoard = (stations) => new Int32Array(new SharedArrayBuffer(4 * (Word.sourceHolds + stations)));

export const enter = (board, station) => Atomics.add(board, Word.sourceHolds + station, 1);
export const leave = (board, station) => Atomics.sub(board, Word.sourceHolds + station, 1);

export function moveOn(board, station) {
  leave(board, station);
  enter(board, station + 1);
}
