/**
 * Counts the garbage collections that took arrays back. A browser does not tell a page of them, but a FinalizationRegistry
 * tells which objects are gone: those of one collection in one go.
 */

/** Only some are watched: watching may keep an array longer. So the count is of the collections seen, the least there were. */
const WATCHED_ONE_IN = 8;

export class Collections {
  #released = 0;
  #counted = false;
  #registry = new FinalizationRegistry(() => this.#gone());
  seen = 0;

  /** Nothing holds the object any more. */
  released(object) {
    if (this.#released++ % WATCHED_ONE_IN === 0) this.#registry.register(object);
  }

  #gone() {
    if (this.#counted) return;
    this.#counted = true;
    this.seen++;
    setTimeout(() => (this.#counted = false));
  }
}
