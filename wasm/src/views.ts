/** What a view really covers: by the intrinsic getters, since an own property of a view may say anything. */

const getterOf = (name: "byteLength" | "byteOffset"): (() => number) =>
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), name)!.get!;

const byteLength = /* @__PURE__ */ getterOf("byteLength");
const byteOffset = /* @__PURE__ */ getterOf("byteOffset");

export const byteLengthOf = (view: Uint8Array): number => byteLength.call(view);
export const byteOffsetOf = (view: Uint8Array): number => byteOffset.call(view);
