/// The batches that no domain has. Their memory is never given back, only used again.
#pragma once

#include <atomic>
#include <cstdint>

#include <cenote/detail/epoch_record.hpp>

#include "os/thread.hpp"

namespace cenote::retired_batches {

/// An empty batch; null when the system refuses memory. Threads: any.
RetiredBatch* take() noexcept;
/// Takes all of a list's, for any domain to have again. Threads: any.
void put_all(BatchList& batches) noexcept;

}  // namespace cenote::retired_batches

namespace cenote {

/// Lets others go on, in the `round`-th round of waiting: at first by giving the processor up, then by
/// sleeping.
inline void wait_for_others(unsigned round) noexcept {
  constexpr unsigned kYields = 32;
  if (round < kYields) {
    os::yield_thread();
    return;
  }
  const std::atomic<std::uint32_t> nobody_writes_this{0};
  os::wait_while(nobody_writes_this, 0, 1);
}

}  // namespace cenote
