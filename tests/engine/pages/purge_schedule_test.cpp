#include "engine/pages/purge_schedule.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "engine/pages/backing.hpp"
#include "support/fake_memory.hpp"
#include "support/fresh_backing.hpp"

namespace cenote {
namespace {

TEST(PurgeSchedule, ACallThatFreesPurgesABoundedAmount) {
  test::FakeMemory memory;
  const test::FreshBacking backing{memory};
  purge_schedule::set_period(0);  // each call ticks
  std::vector<UnitRun> runs;
  for (std::size_t bytes = 0; bytes < 5 * purge_schedule::kPurgedPerCall / 2; bytes += kExtentBytes)
    runs.push_back(g_backing.pages.allocate({kUnitsPerExtent}));
  for (const UnitRun& run : runs) g_backing.pages.deallocate(run.start, {kUnitsPerExtent});
  purge_schedule::after_free();  // they were freed within this period
  std::vector<std::size_t> purged;
  while (g_backing.pages.dirty_bytes() != 0 && purged.size() < 10) {
    const std::size_t before = g_backing.pages.dirty_bytes();
    purge_schedule::after_free();
    purged.push_back(before - g_backing.pages.dirty_bytes());
  }
  purge_schedule::set_period(100);
  EXPECT_EQ(purged, (std::vector<std::size_t>{purge_schedule::kPurgedPerCall, purge_schedule::kPurgedPerCall,
                                              purge_schedule::kPurgedPerCall / 2}));
}

}  // namespace
}  // namespace cenote
