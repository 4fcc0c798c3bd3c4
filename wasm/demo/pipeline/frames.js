/** Frames that depend on nothing but their number, so that two pipelines can be compared pixel by pixel. */

const SHADES = 1024;

/** Light in water: a thin bright line wherever the waves' sum crosses a level, over deep blue-green. */
const PALETTE = Uint32Array.from({ length: SHADES }, (_, shade) => {
  const wave = Math.sin((shade / SHADES) * Math.PI * 6);
  const light = (1 - Math.abs(wave)) ** 4;
  const depth = shade / SHADES;
  return rgba(8 + 190 * light + 10 * depth, 46 + 190 * light + 70 * depth, 62 + 170 * light + 66 * depth);
});

function rgba(red, green, blue) {
  const byte = (value) => Math.min(255, Math.round(value));
  return ((255 << 24) | (byte(blue) << 16) | (byte(green) << 8) | byte(red)) >>> 0;
}

/** Tables of the waves, kept from frame to frame: the source makes no garbage of its own. */
const tables = { across: [], down: [], diagonal: [], other: [] };

function wave(name, length, cycles, phase, height) {
  if (tables[name].length !== length) tables[name] = new Int32Array(length);
  const table = tables[name];
  const step = (cycles * 2 * Math.PI) / length;
  for (let i = 0; i < length; i++) table[i] = Math.round(height * Math.sin(i * step + phase));
  return table;
}

export const pixelsOf = (frame) => new Uint32Array(frame.buffer, frame.byteOffset, frame.byteLength / 4);

/** Draws frame `number`. The first pixel of every row carries the number, so that a torn frame is seen. */
export function drawFrame(frame, width, height, number) {
  const pixels = pixelsOf(frame);
  const time = number / 90;
  const across = wave("across", width, 1.3, 1.9 * time, 150);
  const down = wave("down", height, 0.9, 1.1 * time + 1, 120);
  const diagonal = wave("diagonal", width + height, 2.1, -1.4 * time, 130);
  const other = wave("other", width + height, 1.7, 0.8 * time + 2, 110);
  for (let y = 0, at = 0; y < height; y++) {
    const base = down[y] + SHADES / 2;
    const row = at;
    for (let x = 0; x < width; x++) {
      pixels[at++] = PALETTE[(base + across[x] + diagonal[x + y] + other[x + height - y]) & (SHADES - 1)];
    }
    pixels[row] = markerOf(number);
  }
}

/** Opaque. With a sign: V8 keeps numbers so small without garbage. */
const markerOf = (number) => 0xff000000 | number;

/** Whether every row is of frame `number`. */
export function isWhole(frame, width, height, number) {
  const pixels = new Int32Array(frame.buffer, frame.byteOffset, width * height);
  const marker = markerOf(number);
  for (let at = 0; at < width * height; at += width) if (pixels[at] !== marker) return false;
  return true;
}

/** Adds a frame's pixels to a checksum: FNV-1a, a pixel at a time. */
export function checksum(frame, sum = 0x811c9dc5) {
  for (const pixel of pixelsOf(frame)) sum = Math.imul(sum ^ pixel, 0x01000193);
  return sum >>> 0;
}
