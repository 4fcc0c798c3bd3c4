// The code on the page docs/movable-pools.md: compiled and run here, and compared with the page line by line.
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/cenote.hpp>

#include "support/page.hpp"

namespace cenote::test {
namespace {

// As on the page.
// clang-format off

struct Session {
  std::uint64_t user;
  std::string name;
};

TEST(MovablePage, MovesWhatSurvives) {
MovablePool<Session> sessions{{.capacity = 1000, .capacity_max = 1'000'000, .name = "sessions"}};

MovableHandle<Session> session = sessions.make(Session{7, "Ada"});
{
  Pin<Session> pin = session.pin();                    // stays where it is for as long as the pin lives
  pin->name = "Lovelace";
}
std::size_t given = sessions.compact();                // bytes given back to the system
EXPECT_EQ(session.pin()->name, "Lovelace");            // somewhere else, perhaps
EXPECT_EQ(given, 0U) << "a single object has nowhere to go";

const MovableId id = session.id();
EXPECT_TRUE(sessions.pin(id));
session.reset();
EXPECT_FALSE(sessions.pin(id));                        // its object has ended

std::vector<MovableHandle<Session>> many;
for (std::uint64_t i = 0; i < 10'000; ++i) many.push_back(sessions.make(Session{i, "someone"}));
for (std::size_t i = 0; i < many.size(); ++i) {
  if (i % 10 != 0) many[i].reset();
}
CompactionReport report;
do {
  report = sessions.compact(CompactBudget{.objects = 100});
} while (!report.finished);
EXPECT_LT(report.fragmentation_after, 0.1);

const MovableStats stats = sessions.stats();
EXPECT_EQ(stats.objects, 1000U);
EXPECT_EQ(stats.bytes_live, 1000 * sizeof(Session));
EXPECT_EQ(stats.frames_empty, 0U);                     // given back
EXPECT_GT(stats.moved, 0U);
EXPECT_EQ(stats.skipped_pinned, 0U);
}

// clang-format on

TEST(MovablePage, ShowsTheCodeOfTheseTests) { expect_page_shows("movable-pools.md", __FILE__, 4); }

}  // namespace
}  // namespace cenote::test
