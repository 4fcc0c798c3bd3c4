// Objects of every type that tools/gdb/cenote_gdb.py prints. gdb_printers_test.py stops in `stop_here` and
// prints them.

#include <array>
#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

#include <cenote/cenote.hpp>

struct Order {
  Order(int number, int cents) : id{number}, price{cents} {}
  int id;
  int price;
};

namespace {

[[gnu::noinline]] void stop_here() { asm volatile(""); }

// Storage of an object that was never constructed.
template <class T>
union Unconstructed {
  explicit Unconstructed(int byte) { std::memset(static_cast<void*>(this), byte, sizeof *this); }
  ~Unconstructed() {}
  T object;
};

}  // namespace

int main() {
  using namespace cenote;

  FixedPool<Order> orders{{.capacity = 128, .capacity_max = 256, .name = "orders"}};
  auto order = orders.make(7, 250);
  auto another = orders.make(8, 300);
  FixedPool<Order>::Handle no_order;
  FixedPool<Order, SingleThread> single{{.capacity = 4}};
  Order* const raw = single.allocate();
  FixedPool<Order, Locked> locked{{.capacity = 10, .name = "locked"}};
  auto of_locked = locked.make(1, 2);
  FixedPool<Order, ThreadCached> cached{{.capacity = 50, .name = "cached"}};
  std::array<Order*, 5> five{};
  for (Order*& one : five) one = cached.allocate();
  cached.deallocate(five[4]);
  FixedPool<Order> passed{{.capacity = 3, .name = "passed", .pass_through = true}};
  auto of_passed = passed.make(1, 2);
  FixedPool<Order> source{{.capacity = 1, .name = "source"}};
  FixedPool<Order> target{std::move(source)};

  BlockPool<> packets{{.block_size = 2048, .capacity = 16, .name = "packets"}};
  const Block packet = packets.allocate();
  BlockPool<ThreadCached> cached_packets{{.block_size = 64, .capacity = 8}};
  BlockPool<Locked> locked_packets{{.block_size = 64, .capacity = 8}};
  BlockPool<SingleThread> single_packets{{.block_size = 64, .capacity = 8}};

  SlabAllocator slabs{{.limit_bytes = std::size_t{1} << 20, .name = "slabs"}};
  std::array<void*, 3> mixed{slabs.allocate(24), slabs.allocate(100), slabs.allocate(200'000)};
  BuddyAllocator buddies{{.bytes = std::size_t{1} << 20, .name = "buddies"}};
  void* const buddy = buddies.allocate(10'000);
  NumaPool frames{{.bytes_per_node = std::size_t{1} << 20, .name = "frames"}};
  void* const frame = frames.allocate(5000);
  PoolManager recycled{{.limit_bytes = std::size_t{1} << 16, .name = "recycled"}};
  const Block kept = recycled.allocate_fixed(1500);
  recycled.deallocate(recycled.allocate_fixed(100));
  Heap parser{{.name = "parser", .limit_bytes = std::size_t{16} << 20}};
  void* const parsed = parser.allocate(std::size_t{128} << 10);
  Heap nameless;
  Heap& of_malloc = Heap::process();

  MovablePool<Order> cache{{.capacity = 100, .name = "cache"}};
  auto entry = cache.make(1, 10);
  auto pinned = cache.make(2, 20);
  const Pin<Order> pin = pinned.pin();
  const Pin<Order> no_pin;
  MovableHandle<Order> no_entry;

  FixedArena scratch{4096};
  void* const in_scratch = scratch.allocate(80);
  Arena request{{.name = "request"}};
  void* const in_request = request.allocate(1000);
  Arena limited{{.limit_bytes = 4096}};
  Arena from{{.name = "from"}};
  Arena to{std::move(from)};
  ConcurrentArena shared{{.name = "shared"}};
  void* const in_shared = shared.allocate(64);

  Result<int> number = 42;
  Result<int> no_number = AllocError::exhausted;
  Result<Order*> found = raw;
  Result<Order*> refused = AllocError::limit_reached;
  Result<void> done;
  Result<void> failed = AllocError::double_free;
  Result<FixedPool<Order>::Handle> made = orders.try_make(9, 400);
  Result<FixedPool<Order>> no_pool = FixedPool<Order>::create({});

  Unconstructed<FixedPool<Order>> wild_pool{0x5a};
  Unconstructed<Heap> wild_heap{0xff};
  Unconstructed<Arena> wild_arena{0x5a};
  Unconstructed<ConcurrentArena> wild_shared{0x5a};
  Unconstructed<FixedArena> wild_scratch{0x5a};
  Unconstructed<MovableHandle<Order>> wild_handle{0x5a};
  Unconstructed<Result<int>> wild_result{0x5a};
  // A core that is readable memory, but none.
  static std::array<unsigned char, 1 << 16> noise;
  noise.fill(0xa5);
  Unconstructed<FixedPool<Order>> noisy_pool{0};
  Unconstructed<SlabAllocator> noisy_slabs{0};
  Unconstructed<BuddyAllocator> noisy_buddies{0};
  Unconstructed<NumaPool> noisy_numa{0};
  Unconstructed<PoolManager> noisy_manager{0};
  Unconstructed<Heap> noisy_heap{0};
  Unconstructed<MovablePool<Order>> noisy_cache{0};
  unsigned char* const start = noise.data();
  for (void* place :
       {static_cast<void*>(&noisy_pool), static_cast<void*>(&noisy_slabs), static_cast<void*>(&noisy_buddies),
        static_cast<void*>(&noisy_numa), static_cast<void*>(&noisy_manager), static_cast<void*>(&noisy_heap),
        static_cast<void*>(&noisy_cache)})
    std::memcpy(place, &start, sizeof start);

  stop_here();

  single.deallocate(raw);
  for (std::size_t i = 0; i != 4; ++i) cached.deallocate(five[i]);
  packets.deallocate(packet);
  for (void* const block : mixed) slabs.deallocate(block);
  buddies.deallocate(buddy);
  frames.deallocate(frame);
  recycled.deallocate(kept);
  parser.deallocate(parsed);
  return in_scratch != nullptr && in_request != nullptr && in_shared != nullptr && &of_malloc != &nameless &&
                 order && another && !no_order && of_locked && of_passed && pin && !no_pin && !no_entry &&
                 entry && number && !no_number && found && !refused && done && !failed && made && !no_pool
             ? 0
             : 1;
}
