/// The heap map where `ulimit -v` makes regions small: their tables lie in the first extent, before its
/// units.
#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>

#include "inspect/heap_map.hpp"
#include "support/address_limit.hpp"

// Sanitizers need more addresses than this limit leaves.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace cenote::inspect {
namespace {

using What = MapRun::What;

constexpr rlim_t kAddresses = rlim_t{1} << 31;

bool tables_are_drawn() {
  Heap heap;
  void* const block = heap.allocate(100);
  const stats::LocalPeek peek;
  const std::optional<HeapMap> map = heap_map({peek, g_heap_anchor});
  heap.deallocate(block);
  if (!map || map->extents.size() != 1) return false;
  const std::vector<MapRun>& runs = map->extents[0].runs;
  const auto units = [](unsigned sum, const MapRun& run) { return sum + run.units; };
  return runs[0].what == What::tables &&
         std::accumulate(runs.begin(), runs.end(), 0U, units) == kUnitsPerExtent &&
         std::none_of(runs.begin(), runs.end(), [](const MapRun& run) { return run.what == What::unknown; });
}

TEST(HeapMapLimitsDeathTest, TablesAmongUnitsAreDrawnAsSuch) {
  if (!test::address_limits_hold()) GTEST_SKIP() << "this system keeps no limit on addresses";
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process of its own, which has no region yet
  EXPECT_EXIT(
      {
        test::limit_addresses(kAddresses);
        std::_Exit(tables_are_drawn() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace cenote::inspect

#endif
