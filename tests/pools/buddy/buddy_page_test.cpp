// The code on the page docs/buddy.md: compiled and run here, and compared with the page line by line.
#include <map>
#include <memory_resource>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/cenote.hpp>

#include "support/page.hpp"

namespace cenote::test {
namespace {

// As on the page.
// clang-format off

TEST(BuddyPage, CutsAndJoins) {
BuddyAllocator pages{{.bytes = std::size_t{64} << 20, .name = "pages"}};

void* block = pages.allocate(100'000);                 // 128 KiB, aligned to 128 KiB
EXPECT_EQ(pages.usable_size(block), 131072U);
EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 131072, 0U);
pages.deallocate(block);

void* table = pages.allocate(4096, 65536);             // an alignment of one's own: 64 KiB, so aligned
EXPECT_EQ(pages.usable_size(table), 65536U);
pages.deallocate(table, 4096);                         // checks the size too

const Result<void*> too_much = pages.try_allocate(std::size_t{65} << 20);
EXPECT_TRUE(too_much.error() == AllocError::too_large);

void* kept = pages.allocate(4096);
const BuddyStats stats = pages.stats();
EXPECT_EQ(stats.free_blocks[0], 1U);
EXPECT_EQ(stats.largest_free, std::size_t{32} << 20);
EXPECT_EQ(stats.external_fragmentation(), 0.0);
pages.trim();
pages.deallocate(kept);

PmrResource resource{pages};
std::pmr::unsynchronized_pool_resource nodes{&resource};   // small blocks, cut from pages
std::pmr::map<int, std::pmr::string> index{&nodes};
index[1] = "one";
EXPECT_GT(pages.stats().in_use, 0U);
}

// clang-format on

TEST(BuddyPage, ShowsTheCodeOfTheseTests) { expect_page_shows("buddy.md", __FILE__, 3); }

}  // namespace
}  // namespace cenote::test
