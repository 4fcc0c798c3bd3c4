// Makes one error, on purpose, with a block of each pool: errors ERROR POOL... report_test.py reads what a
// memory checker says of it.
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <cenote/arena.hpp>
#include <cenote/block_pool.hpp>
#include <cenote/buddy_allocator.hpp>
#include <cenote/fixed_pool.hpp>
#include <cenote/heap.hpp>
#include <cenote/pool_manager.hpp>
#include <cenote/slab_allocator.hpp>

namespace {

using namespace cenote;

constexpr std::size_t kBytes = 48;

struct Record {
  unsigned char bytes[kBytes];
};

// The names that a report must show.
template <class Take>
[[gnu::noipa]] unsigned char* take_block(Take take) {
  void* const block = take();
  return static_cast<unsigned char*>(block);
}
template <class Give>
[[gnu::noipa]] void give_block(Give give, void* block) {
  give(block);
  asm volatile("");  // not the last thing it does: a jump would leave no frame
}
[[gnu::noipa]] void touch_freed_block(volatile unsigned char* block) { block[3] = 4; }
[[gnu::noipa]] void touch_behind_block(volatile unsigned char* block) { block[kBytes] = 4; }

template <class Take, class Give>
void make(std::string_view error, Take take, Give give) {
  unsigned char* const block = take_block(take);
  unsigned char* const neighbour = take_block(take);
  std::memset(block, 1, kBytes);
  std::memset(neighbour, 2, kBytes);
  if (error == "overflow") touch_behind_block(block);
  give_block(give, block);
  if (error == "use_after_free") touch_freed_block(block);
  unsigned char* const again = take_block(take);
  std::memset(again, 3, kBytes);
  if (again[0] != 3 || neighbour[kBytes - 1] != 2) std::puts("a block lost its bytes");
  give_block(give, again);
  give_block(give, neighbour);
}

template <class Sync>
void make_in_fixed(std::string_view error) {
  FixedPool<Record, Sync> pool{{.capacity = 10}};
  make(
      error, [&] { return pool.allocate(); },
      [&](void* block) { pool.deallocate(static_cast<Record*>(block)); });
}

template <class Pool>
void make_in(Pool&& pool, std::string_view error) {
  make(
      error, [&] { return pool.allocate(kBytes); }, [&](void* block) { pool.deallocate(block); });
}

Block as_block(void* block) { return {static_cast<std::byte*>(block), kBytes}; }

void make_in_blocks(std::string_view error) {
  BlockPool<> pool{{.block_size = kBytes, .capacity = 10}};
  make(
      error, [&] { return pool.allocate().data(); }, [&](void* block) { pool.deallocate(as_block(block)); });
}

void make_in_manager(std::string_view error) {
  PoolManager pool;
  make(
      error, [&] { return pool.allocate_fixed(kBytes).data(); },
      [&](void* block) { pool.deallocate(as_block(block)); });
}

// What is taken back is all of it: nothing else may be looked at afterwards.
void make_in_arena(std::string_view error) {
  Arena arena;
  unsigned char* const block = take_block([&] { return arena.allocate(kBytes); });
  std::memset(block, 1, kBytes);
  give_block([&](void*) { arena.reset(); }, block);
  if (error == "use_after_free") touch_freed_block(block);
  std::memset(take_block([&] { return arena.allocate(kBytes); }), 1, kBytes);
}

const struct {
  std::string_view name;
  void (*make)(std::string_view error);
} kPools[] = {
    {"single_thread", &make_in_fixed<SingleThread>},
    {"locked", &make_in_fixed<Locked>},
    {"lock_free", &make_in_fixed<LockFree>},
    {"thread_cached", &make_in_fixed<ThreadCached>},
    {"block", &make_in_blocks},
    {"slab", [](std::string_view error) { make_in(SlabAllocator{}, error); }},
    {"manager", &make_in_manager},
    {"heap", [](std::string_view error) { make_in(Heap{}, error); }},
    {"buddy",
     [](std::string_view error) { make_in(BuddyAllocator{{.bytes = 65536, .block_min = 64}}, error); }},
    {"arena", &make_in_arena},
};

}  // namespace

int main(int argc, char** argv) {
  for (int i = 2; i < argc; ++i) {
    for (const auto& pool : kPools) {
      if (pool.name != argv[i]) continue;
      std::fprintf(stderr, "-- %s\n", argv[i]);
      pool.make(argv[1]);
    }
  }
  return argc < 3 ? 2 : 0;
}
