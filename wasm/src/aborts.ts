/** One listener for each AbortSignal, however many calls depend on it: Node.js warns of more than ten. */

const callbacksOf = /* @__PURE__ */ new WeakMap<AbortSignal, Set<() => void>>();

function onAbort({ target }: Event): void {
  for (const callback of callbacksOf.get(target as AbortSignal)!) callback();
}

export function addAbortCallback(signal: AbortSignal, callback: () => void): void {
  let callbacks = callbacksOf.get(signal);
  if (!callbacks) callbacksOf.set(signal, (callbacks = new Set()));
  if (!callbacks.size) signal.addEventListener("abort", onAbort);
  callbacks.add(callback);
}

export function removeAbortCallback(signal: AbortSignal, callback: () => void): void {
  const callbacks = callbacksOf.get(signal)!;
  callbacks.delete(callback);
  if (!callbacks.size) signal.removeEventListener("abort", onAbort);
}
