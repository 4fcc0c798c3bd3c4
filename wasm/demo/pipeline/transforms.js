/** What a transform Worker does to a frame, in place. The first pixel of a row is left alone: it carries the frame's number. */
import { pixelsOf } from "./frames.js";

const curve = (map) =>
  Uint8Array.from({ length: 256 }, (_, level) => Math.max(0, Math.min(255, Math.round(map(level)))));
// Split toning: shadows to indigo, lights to amber.
const RED = curve((level) => 1.35 * level + 8);
const GREEN = curve((level) => 0.92 * level - 18);
const BLUE = curve((level) => 0.62 * level + 34);

/** Colour grade: a curve for each channel. */
function grade(frame, width, height) {
  const pixels = pixelsOf(frame);
  for (let y = 0; y < height; y++) {
    for (let at = y * width + 1, end = (y + 1) * width; at < end; at++) {
      const pixel = pixels[at];
      pixels[at] = 0xff000000 | (BLUE[(pixel >> 16) & 255] << 16) | (GREEN[(pixel >> 8) & 255] << 8) | RED[pixel & 255];
    }
  }
}

const green = (pixel) => (pixel >> 8) & 255;

/** Edges: each pixel's difference from its right and lower neighbours, over half of its own light. */
function edges(frame, width, height) {
  const pixels = pixelsOf(frame);
  for (let y = 0; y < height - 1; y++) {
    for (let at = y * width + 1, end = (y + 1) * width - 1; at < end; at++) {
      const pixel = pixels[at];
      const level = green(pixel);
      const edge = Math.abs(level - green(pixels[at + 1])) + Math.abs(level - green(pixels[at + width]));
      const light = Math.max(0, Math.min(128, 8 * edge - 40)); // a few levels are no edge
      pixels[at] = (0xff000000 | ((pixel >> 1) & 0x7f7f7f)) + light * 0x010101;
    }
  }
}

export const TRANSFORMS = { grade, edges };
