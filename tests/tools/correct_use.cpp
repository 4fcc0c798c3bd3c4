// Uses every pool correctly, from several threads where the pool allows it: a memory checker must report
// nothing. Prints "ok" at the end.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <list>
#include <map>
#include <thread>
#include <vector>

#include <cenote/cenote.hpp>

namespace {

using namespace cenote;

constexpr int kThreads = 3;

struct Record {
  unsigned char bytes[48];
};

// Writes all bytes of a block.
void use(void* block, std::size_t bytes, int value) { std::memset(block, value, bytes); }

template <class Work>
void on_threads(Work work) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) threads.emplace_back(work, thread);
  for (std::thread& thread : threads) thread.join();
}

// Takes blocks of many sizes, frees every other one, takes more, frees all.
template <class Take, class Give>
void churn(Take take, Give give, std::size_t size_max) {
  struct Piece {
    void* block;
    std::size_t bytes;
  };
  std::vector<Piece> pieces;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < 300; ++i) {
      const std::size_t bytes = i % 50 == 49 ? size_max : i * 37 % std::min<std::size_t>(size_max, 700) + 1;
      void* const block = take(bytes);
      use(block, bytes, round);
      pieces.push_back({block, bytes});
    }
    std::vector<Piece> kept;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (i % 2 == 0) {
        give(pieces[i].block, pieces[i].bytes);
      } else {
        use(pieces[i].block, pieces[i].bytes, 7);
        kept.push_back(pieces[i]);
      }
    }
    pieces = kept;
  }
  for (const Piece& piece : pieces) give(piece.block, piece.bytes);
}

template <class Pool>
void use_sizes(Pool& pool, std::size_t size_max) {
  churn([&](std::size_t bytes) { return pool.allocate(bytes); },
        [&](void* block, std::size_t) { pool.deallocate(block); }, size_max);
}

template <class Sync>
void use_fixed() {
  FixedPool<Record, Sync> pool{{.capacity = 1, .capacity_max = 4000}};
  BlockPool<Sync> blocks{{.block_size = 40, .capacity = 1, .capacity_max = 4000}};
  const auto work = [&](int value) {
    churn(
        [&](std::size_t) {
          Record* const record = pool.allocate();
          use(record, sizeof(Record), value);
          return record;
        },
        [&](void* record, std::size_t) { pool.deallocate(static_cast<Record*>(record)); }, 48);
    std::vector<Block> many(20);
    many.resize(blocks.try_allocate_many(many));
    for (const Block block : many) use(block.data(), block.size(), value);
    blocks.deallocate_many(many);
    const auto handle = pool.make(Record{});
    use(handle.get(), sizeof(Record), value);
  };
  if constexpr (std::is_same_v<Sync, SingleThread>) {
    work(1);
  } else {
    on_threads(work);
  }
  pool.trim();
  blocks.trim();
}

void use_mixed() {
  SlabAllocator slabs;
  use_sizes(slabs, 3'000'000);
  slabs.trim();
  use_sizes(slabs, 100'000);
  BuddyAllocator buddies{{.bytes = std::size_t{64} << 20, .block_min = 64}};
  on_threads([&](int) { use_sizes(buddies, 100'000); });
  Heap heap;
  on_threads([&](int) { use_sizes(heap, 3'000'000); });
  heap.trim();
  NumaPool numa{{.bytes_per_node = std::size_t{64} << 20}};
  on_threads([&](int) { use_sizes(numa, 100'000); });
  PoolManager manager;
  on_threads([&](int) {
    churn([&](std::size_t bytes) { return manager.allocate_fixed(bytes).data(); },
          [&](void* block, std::size_t bytes) {
            manager.deallocate({static_cast<std::byte*>(block), bytes});
          },
          100'000);
  });
  manager.trim();
}

// Sizes and alignments that end and begin inside of a checker's grains, and chunks that one block fills.
template <class Arena>
void fill(Arena& arena) {
  for (std::size_t i = 0; i < 400; ++i) {
    const std::size_t bytes = i % 40 == 0 ? 30'000 + i : i % 200 + 1;
    use(arena.allocate(bytes, std::size_t{1} << i % 8), bytes, 1);
  }
}

void use_arenas() {
  FixedArena fixed{std::size_t{1} << 20};
  Arena arena{{.chunk_bytes = 8192}};
  ConcurrentArena shared{{.chunk_bytes = 8192}};
  ConcurrentArena limited{{.chunk_bytes = 8192, .limit_bytes = std::size_t{4} << 20}};
  for (const Scrub scrub : {Scrub::none, Scrub::zero, Scrub::decommit}) {
    fill(fixed);
    fill(arena);
    const Checkpoint before = arena.checkpoint();
    fill(arena);
    arena.restore(before);
    fill(arena);
    static_cast<void>(arena.make_array<Record>(30));
    fill(shared);
    on_threads([&](int) {
      fill(shared);
      fill(limited);
    });
    fixed.reset(scrub);
    arena.reset(scrub);
    shared.reset(scrub);
    limited.reset(scrub);
    arena.trim();
    shared.trim();
  }
}

void use_movable() {
  MovablePool<Record> pool{{.capacity = 1, .capacity_max = 10'000}};
  std::vector<MovableHandle<Record>> records;
  for (int i = 0; i < 3000; ++i) records.push_back(pool.make());
  for (std::size_t i = 0; i < records.size(); i += 2) records[i].reset();
  pool.compact();
  for (std::size_t i = 1; i < records.size(); i += 2) use(records[i].pin()->bytes, sizeof(Record), 5);
}

void use_epochs() {
  FixedPool<Record> pool{{.capacity = 10, .capacity_max = 10'000}};
  EpochDomain domain;
  on_threads([&](int value) {
    for (int i = 0; i < 500; ++i) {
      const auto guard = domain.enter();
      Record* const record = pool.allocate();
      use(record, sizeof(Record), value);
      domain.retire(pool, record);
      domain.retire(new Record{});
    }
  });
}

void use_adapters() {
  Heap heap;
  Arena arena;
  PmrResource resource{heap};
  std::pmr::vector<std::pmr::string> strings{&resource};
  std::vector<int, StlAllocator<int, Arena>> numbers{StlAllocator<int, Arena>{arena}};
  for (int i = 0; i < 1000; ++i) {
    strings.emplace_back(40, 'x');
    numbers.push_back(i);
  }
  on_threads([&](int) {
    std::map<int, Record, std::less<>, NodeAllocator<std::pair<const int, Record>>> map;
    std::list<int, NodeAllocator<int>> list;
    for (int i = 0; i < 500; ++i) {
      map[i * 7 % 501] = {};
      list.push_back(i);
      if (i % 3 == 0) list.pop_front();
      if (i % 2 == 0) map.erase(map.begin());
    }
  });
}

}  // namespace

int main() {
  use_fixed<SingleThread>();
  use_fixed<Locked>();
  use_fixed<LockFree>();
  use_fixed<ThreadCached>();
  use_mixed();
  use_arenas();
  use_movable();
  use_epochs();
  use_adapters();
  std::puts("ok");
}
