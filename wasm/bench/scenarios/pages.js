/** What a message's two sides do to it, so that its memory is really there: a byte in each page of 4 KiB. */
const PAGE_BYTES = 4096;

export function write(block, byte) {
  for (let at = 0; at < block.length; at += PAGE_BYTES) block[at] = byte;
}

export function read(block) {
  let sum = 0;
  for (let at = 0; at < block.length; at += PAGE_BYTES) sum += block[at];
  return sum;
}

export const pagesOf = (size) => Math.ceil(size / PAGE_BYTES);
