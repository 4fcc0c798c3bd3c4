// Random lives of an arena beside a model: which blocks are whole, which checkpoints and references stand, is
// known exactly.
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/arena.hpp>

#include "support/fake_memory.hpp"
#include "support/pattern.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

class ArenaModel {
 public:
  ArenaModel(std::uint64_t seed, std::size_t chunk_bytes, std::size_t size_max)
      : random_{seed},
        arena_{{.chunk_bytes = chunk_bytes, .limit_bytes = 200 * kKiB}, memory_},
        size_max_{size_max} {}

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      step();
      look_at_one();
    }
    for (const Held& held : blocks_) EXPECT_TRUE(holds_pattern(held.block, held.size, held.seed));
    EXPECT_GT(undone_found_, 0);
  }

 private:
  struct Held {
    std::byte* block;
    std::size_t size;
    std::uint64_t seed;
  };
  /// Stands as long as the arena never had fewer blocks than `depth` since.
  struct Point {
    Checkpoint checkpoint;
    std::size_t depth;
    std::size_t used;
    bool stands;
  };
  struct Ref {
    ArenaRef<std::byte> ref;
    std::size_t index;  // of its block
    bool stands;
  };

  void step() {
    const std::uint64_t kind = random_() % 100;
    if (kind < 60) return allocate();
    if (kind < 75) return take_checkpoint();
    if (kind < 85 && !blocks_.empty()) return refer();
    if (kind < 99) return restore();
    if (random_() % 8 == 0) reset();
  }
  void allocate() {
    const std::size_t size = random_() % size_max_ + 1;
    const Result<void*> block = arena_.try_allocate(size, std::size_t{1} << random_() % 7);
    if (!block) {
      EXPECT_EQ(block.error(), AllocError::limit_reached);
      return reset();
    }
    blocks_.push_back({static_cast<std::byte*>(*block), size, random_()});
    fill_pattern(blocks_.back().block, size, blocks_.back().seed);
  }
  void take_checkpoint() { points_.push_back({arena_.checkpoint(), blocks_.size(), arena_.used(), true}); }
  void refer() {
    const std::size_t index = random_() % blocks_.size();
    refs_.push_back({arena_.ref(blocks_[index].block), index, true});
  }
  void restore() {
    if (points_.empty()) return;
    const std::size_t back = random_() % 4 == 0 ? points_.size() : std::min<std::size_t>(points_.size(), 6);
    const Point& point = points_[points_.size() - 1 - random_() % back];
    const Result<void> restored = arena_.try_restore(point.checkpoint);
    EXPECT_EQ(restored.has_value(), point.stands);
    if (!restored) {
      EXPECT_EQ(restored.error(), AllocError::double_free);
      ++undone_found_;
      return;
    }
    EXPECT_EQ(arena_.used(), point.used);
    fall_to(point.depth);
  }
  void reset() {
    arena_.reset(static_cast<Scrub>(random_() % 3));
    EXPECT_EQ(arena_.used(), 0U);
    fall_to(0);
    for (Point& point : points_) point.stands = false;
  }
  void fall_to(std::size_t depth) {
    blocks_.resize(depth);
    for (Point& point : points_) point.stands = point.stands && point.depth <= depth;
    for (Ref& ref : refs_) ref.stands = ref.stands && ref.index < depth;
    if (points_.size() > 200) points_.erase(points_.begin(), points_.begin() + 50);
    if (refs_.size() > 200) refs_.erase(refs_.begin(), refs_.begin() + 50);
  }

  void look_at_one() {
    if (!refs_.empty()) {
      const Ref& ref = refs_[random_() % refs_.size()];
      EXPECT_EQ(ref.ref.get(), ref.stands ? blocks_[ref.index].block : nullptr);
    }
    if (!blocks_.empty()) {
      const Held& held = blocks_[random_() % blocks_.size()];
      EXPECT_TRUE(holds_pattern(held.block, held.size, held.seed));
      EXPECT_TRUE(arena_.owns(held.block + held.size - 1));
    }
    EXPECT_EQ(memory_.held(), arena_.stats().chunks);
    EXPECT_LE(arena_.used(), 200 * kKiB);
  }

  std::mt19937_64 random_;
  FakeMemory memory_;
  Arena arena_;
  std::size_t size_max_;
  std::vector<Held> blocks_;
  std::vector<Point> points_;
  std::vector<Ref> refs_;
  int undone_found_ = 0;
};

TEST(ArenaModel, CrumbsInChunksThatSetbacksFillAsMuchAsBlocks) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) ArenaModel{seed, 1, 24}.run(5000);
}

TEST(ArenaModel, BlocksThatCrossChunksAtEveryOtherStep) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) ArenaModel{seed, 4096, 3000}.run(5000);
}

TEST(ArenaModel, OneLargeChunk) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) ArenaModel{seed, 256 * kKiB, 200}.run(5000);
}

}  // namespace
}  // namespace cenote::test
