#include <cenote/inspect/snapshot.hpp>

namespace cenote::stats {

std::array<Reason, kReasons> why_resident(const Snapshot& snapshot) noexcept {
  const Account& all = snapshot.process;
  return {{
      {"live", "blocks that the program has", all[Figure::live]},
      {"internal fragmentation", "blocks larger than asked for", all[Figure::internal_fragmentation]},
      {"thread caches", "free blocks that one thread keeps", all[Figure::thread_caches]},
      {"partial slabs", "free blocks among used ones", all[Figure::partial_slabs]},
      {"empty slabs", "free, not yet given back to the system", all[Figure::empty_slabs]},
      {"orphans", "free blocks in slabs of ended threads", all[Figure::orphans]},
      {"metadata", "tables and headers", all[Figure::metadata]},
      {"other", "code, stacks, files, other allocators", snapshot.other_bytes()},
  }};
}

}  // namespace cenote::stats
