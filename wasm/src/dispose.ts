// Brings Symbol.dispose and Disposable to a user's older library; the declarations need them.
/// <reference lib="esnext.disposable" preserve="true" />

/** Symbol.dispose where the platform has it; else the symbol that compilers of `using` agree on. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for("Symbol.dispose") as typeof Symbol.dispose);
