/// Lets tests begin with heaps that have no memory yet, again and again in one process.
#pragma once

#include <memory>
#include <new>

#include <cenote/detail/check.hpp>
#include <cenote/memory_source.hpp>

#include "engine/pages/backing.hpp"

namespace cenote::test {

/// For a scope, the memory behind all heaps is new, empty, and reserved through `memory`, which must release
/// what it has reserved when it goes, after this. It lies on `nodes`.
///
/// No heap and no slab allocator may live when it begins or ends, and nobody may have used Heap::process().
class FreshBacking {
 public:
  explicit FreshBacking(os::Memory& memory, Nodes& nodes = g_nodes) {
    check_unused();
    renew(memory, nodes);
  }
  /// Checks that nobody has kept anything.
  ~FreshBacking() {
    g_backing.purge_all();
    check_unused();
    renew(os::g_system_memory, g_nodes);
  }
  FreshBacking(const FreshBacking&) = delete;
  FreshBacking& operator=(const FreshBacking&) = delete;

 private:
  static void check_unused() noexcept {
    g_backing.pages.check_invariants();
    CENOTE_CHECK(g_backing.pages.used_bytes() == 0, "units that nobody has given back");
    CENOTE_CHECK(g_backing.huge.kept_bytes() == 0, "mappings that were kept over a purge");
  }
  static void renew(os::Memory& memory, Nodes& nodes) noexcept {
    std::destroy_at(&g_backing);
    ::new (static_cast<void*>(&g_backing)) Backing{PageHeap{memory, nodes}, HugeBlocks{memory, nodes}};
  }
};

}  // namespace cenote::test
