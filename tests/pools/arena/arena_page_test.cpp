// The code on the page docs/arenas.md: compiled and run here, and compared with the page line by line.
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/cenote.hpp>

#include "support/page.hpp"

namespace cenote::test {
namespace {

// As on the page.
// clang-format off

TEST(ArenaPage, CutsTakesBackAndTells) {
Arena request{{.limit_bytes = 1 << 20, .name = "request"}};

void* line = request.allocate(100);                    // the next 100 bytes, aligned to 16
// its destructor runs when the arena goes back behind it
auto* user = request.make<std::string>("a user");
std::span<int> counts = request.make_array<int>(50);   // value-initialised

// the string is destroyed, the memory is free, the chunks stay
request.reset();

Arena tree;
const Checkpoint before = tree.checkpoint();
tree.make<std::string>("an attempt");
tree.restore(before);                                  // destroyed, its memory free

{
  const Arena::Scope scratch{tree};                    // restores at its end; scopes nest
  static_cast<void>(tree.allocate(1000));
}
EXPECT_EQ(tree.used(), 0U);

Arena names;
std::string* name = names.make<std::string>("somebody");
const ArenaRef<std::string> ref = names.ref(name);
EXPECT_EQ(ref.get(), name);
names.reset();
// also when another object lies there now, and when the arena has ended
EXPECT_EQ(ref.get(), nullptr);

BuddyAllocator buddies{{.bytes = std::size_t{64} << 20}};
Arena query{{.chunk_bytes = 256 * 1024}, buddies};     // its chunks are the buddies' blocks
BlockPool<> buffers{{.block_size = 64 * 1024, .capacity = 100}};
ConcurrentArena frame{{.name = "frame"}, buffers};     // each chunk is a buffer

static_cast<void>(line);
static_cast<void>(user);
EXPECT_EQ(counts.size(), 50U);
EXPECT_TRUE(query.try_allocate(1000));
EXPECT_TRUE(frame.try_allocate(1000));
}

// clang-format on

TEST(ArenaPage, ShowsTheCodeOfTheseTests) { expect_page_shows("arenas.md", __FILE__, 4); }

}  // namespace
}  // namespace cenote::test
