import assert from "node:assert/strict";
import { test } from "node:test";

import { checksum, drawFrame, isWhole } from "../pipeline/frames.js";
import { TRANSFORMS } from "../pipeline/transforms.js";

const [WIDTH, HEIGHT] = [64, 36];

function frameOf(number) {
  const frame = new Uint8Array(4 * WIDTH * HEIGHT);
  drawFrame(frame, WIDTH, HEIGHT, number);
  return frame;
}

test("a frame depends on its number alone", () => {
  assert.equal(checksum(frameOf(7)), checksum(frameOf(7)));
  assert.notEqual(checksum(frameOf(7)), checksum(frameOf(8)));
});

test("a frame whose last row is another's is torn, and one with another number is none", () => {
  const frame = frameOf(7);
  assert.ok(isWhole(frame, WIDTH, HEIGHT, 7));
  assert.ok(!isWhole(frame, WIDTH, HEIGHT, 8));
  const row = 4 * WIDTH * (HEIGHT - 1);
  frame.set(frameOf(8).subarray(row), row);
  assert.ok(!isWhole(frame, WIDTH, HEIGHT, 7));
});

for (const [name, transform] of Object.entries(TRANSFORMS)) {
  test(`${name} changes the picture, not the numbers in it, and leaves it opaque`, () => {
    const frame = frameOf(7);
    const before = checksum(frame);
    transform(frame, WIDTH, HEIGHT);
    assert.notEqual(checksum(frame), before);
    assert.ok(isWhole(frame, WIDTH, HEIGHT, 7));
    for (let at = 3; at < frame.length; at += 4) assert.equal(frame[at], 255);
  });
}
