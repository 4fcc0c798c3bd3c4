/** Symbol.dispose where the platform has it; else the symbol that compilers of `using` agree on. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for("Symbol.dispose") as typeof Symbol.dispose);
