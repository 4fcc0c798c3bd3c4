/// Counters that one thread at a time changes, and any reads: a load and a store, no locked instruction.
#pragma once

#include <atomic>
#include <type_traits>

namespace cenote {

template <class Word>
void add(std::atomic<Word>& counter, std::type_identity_t<Word> more) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
}
template <class Word>
void subtract(std::atomic<Word>& counter, std::type_identity_t<Word> less) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) - less, std::memory_order_relaxed);
}

}  // namespace cenote
