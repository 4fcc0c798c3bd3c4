// Buffers, strings and objects in Node.js: V8 keeps small objects itself, buffers and its compiler use malloc.
let seed = 11;
const random = (bound) => (seed = (seed * 1103515245 + 12345) % 2147483648) % bound;

let total = 0;
const kept = [];
for (let i = 0; i < 150000; ++i) {
  const buffer = Buffer.from(`record ${i} ${"x".repeat(random(300))}`);
  if (i % 50 === 0) kept.push(buffer);
  total += JSON.parse(JSON.stringify({ i, text: buffer.toString("base64") })).text.length;
}
console.log(total, kept.length);
