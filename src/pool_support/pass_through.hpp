/// Pass-through mode: a pool gives every block its own malloc, so that valgrind, AddressSanitizer or any
/// other checker of malloc sees where each block begins and ends. Chosen when a pool is made, by its option
/// or for all pools by the environment:
///
///     CENOTE_PASS_THROUGH=1 valgrind ./program
///
/// Limits, errors, statistics and the search for wrong frees stay what they are. How, and what it cannot do:
/// docs/adr/0014.
#pragma once

namespace cenote {

/// Whether a pool whose option says `asked_for` is to pass its blocks through: when it does, or when the
/// environment says CENOTE_PASS_THROUGH=1. The environment is read once. Threads: any.
bool passes_through(bool asked_for) noexcept;

}  // namespace cenote
