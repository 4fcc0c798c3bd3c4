// Ours.

#include <cenote/arena.hpp>
#include <cenote/concurrent_arena.hpp>
#include <cenote/fixed_arena.hpp>

#include "cases.hpp"
#include "peers/limit.hpp"

namespace cenote {
namespace {

class OurFixed {
 public:
  void* allocate(std::size_t size) { return arena_.allocate(size); }
  void reset() { arena_.reset(); }

 private:
  FixedArena arena_{kChunk};
};

class OurArena {
 public:
  void* allocate(std::size_t size) { return arena_.allocate(size); }
  void reset() { arena_.reset(); }
  Destroyed* make(std::uint64_t value) { return arena_.make<Destroyed>(value); }
  Checkpoint here() { return arena_.checkpoint(); }
  void go_back(const Checkpoint& before) { arena_.restore(before); }

 private:
  Arena arena_{{.chunk_bytes = kChunk}};
};

class OurConcurrent {
 public:
  void* allocate(std::size_t size) { return arena_.allocate(size); }
  void reset() { arena_.reset(); }

 private:
  ConcurrentArena arena_{{.chunk_bytes = kChunk}};
};

void enter(Effort effort) {
  enter_one_thread<OurFixed>("FixedArena", effort);
  enter_one_thread<OurArena>("Arena", effort);
  enter_one_thread<OurConcurrent>("ConcurrentArena", effort);
  enter_threads<OurConcurrent>("ConcurrentArena", effort);
  enter_threads<LockedArena<OurArena>>("Arena+mutex", effort);
}

const Registration kRegistration{enter};

}  // namespace
}  // namespace cenote
