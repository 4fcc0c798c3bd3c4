#include <cenote/stats.hpp>

namespace cenote::stats {
namespace {

/// Heaps do not keep what was asked for; samples of a profile do.
Reason internal_fragmentation(const Account& all) noexcept {
  Reason reason{"internal fragmentation", "blocks larger than asked for",
                all[Figure::internal_fragmentation]};
  const bool has_unknown = all[Figure::fragmentation_unknown] != 0;
  reason.is_unknown = has_unknown && reason.bytes == 0;
  if (reason.is_unknown) {
    reason.meaning = "blocks larger than asked for; a heap profile tells";
  } else if (has_unknown) {
    reason.meaning = "blocks larger than asked for, as far as known; a heap profile tells more";
  } else if (all[Figure::fragmentation_samples] != 0) {
    reason.meaning = "blocks larger than asked for, estimated from samples";
  }
  return reason;
}

}  // namespace

std::array<Reason, kReasons> why_resident(const Snapshot& snapshot) noexcept {
  const Account& all = snapshot.process;
  return {{
      {"live", "blocks that the program has", all[Figure::live]},
      internal_fragmentation(all),
      {"thread caches", "free blocks that one thread keeps", all[Figure::thread_caches]},
      {"partial slabs", "free blocks among used ones", all[Figure::partial_slabs]},
      {"empty slabs", "free, not yet given back to the system", all[Figure::empty_slabs]},
      {"orphans", "free blocks in slabs of no thread", all[Figure::orphans]},
      {"metadata", "tables and headers", all[Figure::metadata]},
      {"other", "code, stacks, files, other allocators", snapshot.other_bytes()},
  }};
}

}  // namespace cenote::stats
