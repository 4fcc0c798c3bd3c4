/// The batches that no domain has. Their memory is never given back, only used again.
#pragma once

#include <cenote/detail/retired_batch.hpp>

namespace cenote::retired_batches {

/// An empty batch; null when the system refuses memory. Threads: any.
RetiredBatch* take() noexcept;
/// Takes all of a list's, for any domain to have again. Threads: any.
void put_all(BatchList& batches) noexcept;

}  // namespace cenote::retired_batches
