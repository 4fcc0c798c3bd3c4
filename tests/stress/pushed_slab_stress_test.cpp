/// The moment a slab's last block has come home, the slab is its owner's: to be given back, and opened anew
/// for other blocks.
#include <thread>

#include <gtest/gtest.h>

#include <cenote/detail/slab.hpp>

#include "support/slab_of.hpp"

namespace cenote::test {
namespace {

void push(Slab& slab, void* block) {
  auto* const freed = static_cast<FreeBlock*>(block);
  slab.push_remote({freed, freed, 1});
}

TEST(PushedSlab, IsNotLookedAtAgainByWhoPushed) {
  for (int round = 0; round < 20; ++round) {
    SlabOf of{48};
    Slab& slab = of.slab();
    std::thread other{push, std::ref(slab), of.take(1)[0]};
    while (slab.collect_remote() == 0) std::this_thread::yield();
    std::byte* const start = slab.start;
    slab.close();
    slab.open(nullptr, size_class_of(64), start, false);
    other.join();
    slab.check_invariants();
  }
}

}  // namespace
}  // namespace cenote::test
