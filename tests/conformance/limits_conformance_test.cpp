/// The limit of a name and the process's limit bind every pool, arena and heap: they refuse, they report, and
/// what is returned to the system is no longer held.
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/arena.hpp>
#include <cenote/block_pool.hpp>
#include <cenote/buddy_allocator.hpp>
#include <cenote/concurrent_arena.hpp>
#include <cenote/fixed_arena.hpp>
#include <cenote/fixed_pool.hpp>
#include <cenote/heap.hpp>
#include <cenote/limits.hpp>
#include <cenote/movable_pool.hpp>
#include <cenote/numa_pool.hpp>
#include <cenote/pool_manager.hpp>
#include <cenote/slab_allocator.hpp>

#include "support/fake_memory.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kKiB = 1024, kMiB = 1024 * kKiB;
constexpr std::size_t kBlockBytes = 4 * kKiB, kLimit = 4 * kMiB;
constexpr std::string_view kName = "limited";
#if defined(__wasi__)
constexpr bool kSystemTakesPagesBack = false;
#else
constexpr bool kSystemTakesPagesBack = true;
#endif

struct Item {
  std::array<std::byte, kBlockBytes> bytes;
};

/// What each subject below does: `take` has the pool hold about 4 KiB more, and says why it could not;
/// `give_all` frees and trims.
template <class P>
class Growing {
 public:
  static constexpr bool kIsNamed = true, kHoldsAtOnce = true;

  explicit Growing(P pool) : pool_{std::move(pool)} {}

 protected:
  P pool_;
};

template <class S>
struct Objects : Growing<FixedPool<Item, S>> {
  using Pool = FixedPool<Item, S>;
  static PoolOptions options(bool passes) {
    return {.capacity = 16, .capacity_max = 4096, .name = kName, .pass_through = passes};
  }
  static Result<Pool> create(bool passes = false) { return Pool::create(options(passes)); }
  static void construct() { Pool{options(false)}; }
  using Growing<Pool>::Growing;

  AllocError take() {
    const Result<Item*> block = this->pool_.try_allocate();
    if (block) blocks_.push_back(*block);
    return block ? AllocError{} : block.error();
  }
  void give_all() {
    for (Item* const block : std::exchange(blocks_, {})) this->pool_.deallocate(block);
    this->pool_.trim();
  }

 private:
  std::vector<Item*> blocks_;
};

template <class S>
struct Blocks : Growing<BlockPool<S>> {
  using Pool = BlockPool<S>;
  static PoolOptions options(bool passes) {
    return {.block_size = kBlockBytes,
            .capacity = 16,
            .capacity_max = 4096,
            .name = kName,
            .pass_through = passes};
  }
  static Result<Pool> create(bool passes = false) { return Pool::create(options(passes)); }
  static void construct() { Pool{options(false)}; }
  using Growing<Pool>::Growing;

  // In runs, so that both ways of allocation are walked.
  AllocError take() {
    std::array<Block, 3> run{};
    const std::size_t count = this->pool_.try_allocate_many(run);
    blocks_.insert(blocks_.end(), run.begin(), run.begin() + static_cast<std::ptrdiff_t>(count));
    if (count == run.size()) return {};
    const Result<Block> block = this->pool_.try_allocate();
    if (block) blocks_.push_back(*block);
    return block ? AllocError{} : block.error();
  }
  void give_all() {
    this->pool_.deallocate_many(std::exchange(blocks_, {}));
    this->pool_.trim();
  }

 private:
  std::vector<Block> blocks_;
};

/// Heap and SlabAllocator.
template <class P>
struct MixedSizes : Growing<P> {
  using Pool = P;
  static Result<Pool> create(bool passes = false) {
    if constexpr (std::is_same_v<P, Heap>) return Heap::create({.name = kName, .pass_through = passes});
    if constexpr (std::is_same_v<P, SlabAllocator>)
      return SlabAllocator::create({.name = kName, .pass_through = passes});
  }
  static constexpr bool kHoldsAtOnce = false;
  using Growing<Pool>::Growing;

  // Small, large and huge ones in turn.
  AllocError take() {
    constexpr std::size_t kSizes[] = {kBlockBytes, kBlockBytes, 100 * kKiB, 100, 1100 * kKiB};
    const Result<void*> block = this->pool_.try_allocate(kSizes[blocks_.size() % std::size(kSizes)]);
    if (block) blocks_.push_back(*block);
    return block ? AllocError{} : block.error();
  }
  void give_all() {
    for (void* const block : std::exchange(blocks_, {})) this->pool_.deallocate(block);
    this->pool_.trim();
  }

 private:
  std::vector<void*> blocks_;
};

struct Managed : Growing<PoolManager> {
  using Pool = PoolManager;
  static ManagerOptions options(bool passes) { return {.name = kName, .pass_through = passes}; }
  static Result<Pool> create(bool passes = false) { return Pool::create(options(passes)); }
  static void construct() { Pool{options(false)}; }
  using Growing<Pool>::Growing;

  AllocError take() {
    const Result<Block> block = pool_.try_allocate_fixed(kBlockBytes);
    if (block) blocks_.push_back(*block);
    return block ? AllocError{} : block.error();
  }
  void give_all() {
    for (const Block block : std::exchange(blocks_, {})) pool_.deallocate(block);
    pool_.trim();
  }

 private:
  std::vector<Block> blocks_;
};

struct Movable : Growing<MovablePool<Item>> {
  using Pool = MovablePool<Item>;
  static constexpr MovableOptions kOptions{.capacity = 16, .capacity_max = 4096, .name = kName};
  static Result<Pool> create() { return Pool::create(kOptions); }
  static void construct() { Pool{kOptions}; }
  using Growing<Pool>::Growing;

  AllocError take() {
    auto handle = pool_.try_make();
    if (!handle) return handle.error();
    handles_.push_back(*std::move(handle));
    return {};
  }
  void give_all() {
    handles_.clear();
    pool_.compact();
  }

 private:
  std::vector<MovableHandle<Item>> handles_;
};

/// Arena and ConcurrentArena.
template <class A>
struct Chunks : Growing<std::unique_ptr<A>> {
  using Pool = std::unique_ptr<A>;
  static Result<Pool> create() { return std::make_unique<A>(ArenaOptions{.name = kName}); }
  static constexpr bool kHoldsAtOnce = false;
  using Growing<Pool>::Growing;

  AllocError take() {
    const Result<void*> block = this->pool_->try_allocate(kBlockBytes);
    return block ? AllocError{} : block.error();
  }
  void give_all() {
    this->pool_->reset();
    this->pool_->trim();
  }
};

/// Pools whose memory is taken at construction: to hold more is to make more of them.
template <class P>
class Whole {
 public:
  using Pool = P;
  static constexpr bool kIsNamed = !std::is_same_v<P, FixedArena>, kHoldsAtOnce = true;

  static constexpr BuddyOptions kBuddy{.bytes = 64 * kKiB, .name = kName};
  static constexpr NumaOptions kNuma{.bytes_per_node = 64 * kKiB, .name = kName};
  static Result<Pool> create() {
    if constexpr (std::is_same_v<P, BuddyAllocator>) return Pool::create(kBuddy);
    if constexpr (std::is_same_v<P, NumaPool>) return Pool::create(kNuma);
    if constexpr (std::is_same_v<P, FixedArena>) return Pool::create(64 * kKiB);
  }
  static void construct() {
    if constexpr (std::is_same_v<P, BuddyAllocator>) Pool{kBuddy};
    if constexpr (std::is_same_v<P, NumaPool>) Pool{kNuma};
    if constexpr (std::is_same_v<P, FixedArena>) Pool{64 * kKiB};
  }
  explicit Whole(Pool first) : first_{std::move(first)} {}

  AllocError take() {
    Result<Pool> pool = create();
    if (!pool) return pool.error();
    others_.push_back(*std::move(pool));
    return {};
  }
  void give_all() { others_.clear(); }

 private:
  Pool first_;
  std::vector<Pool> others_;
};

template <class Subject>
class LimitsConformance : public testing::Test {
 protected:
  static constexpr bool kIsNamed = Subject::kIsNamed;

  // Nothing else changes what the process holds: the handler below uses a slab of the process's heap that is
  // held from here on, and what that heap keeps from other tests is given up for a refused request.
  LimitsConformance() {
    static void* const kept = Heap::process().allocate(100);
    EXPECT_NE(kept, nullptr);
    set_process_limit(1);
    EXPECT_FALSE(Heap::process().try_allocate(2 * kMiB));
    set_process_limit(0);
    before_ = process_limit().bytes_held;
  }
  ~LimitsConformance() override {
    EXPECT_EQ(held(), 0U) << "a pool that has ended holds something";
    lift();
  }

  static void lift() {
    EXPECT_TRUE(set_limit(kName, 0));
    set_process_limit(0);
  }
  /// By the name, or by the process where the pool has no name.
  void limit(std::size_t bytes, LimitAction action = LimitAction::refuse) {
    if (!kIsNamed) return limit_process(bytes, action);
    ASSERT_TRUE(set_limit(kName, bytes, action));
  }
  void limit_process(std::size_t bytes, LimitAction action = LimitAction::refuse) {
    set_process_limit(before_ + bytes, action);
  }
  std::size_t held() const {
    const std::size_t of_process = process_limit().bytes_held - before_;
    EXPECT_EQ(limit_of(kName).bytes_held, kIsNamed ? of_process : 0U);
    return of_process;
  }
  static Subject make() {
    auto pool = Subject::create();
    EXPECT_TRUE(pool);
    return Subject{*std::move(pool)};
  }

  /// Takes until a limit refuses; nothing but a limit does.
  void fill(Subject& subject) {
    AllocError error{};
    while (error == AllocError{}) {
      error = subject.take();
      ASSERT_LE(held(), kLimit);
    }
    EXPECT_EQ(error, AllocError::limit_reached) << to_string(error);
    EXPECT_GT(held(), kLimit / 2);
    const std::size_t before = held();
    EXPECT_EQ(subject.take(), AllocError::limit_reached);
    EXPECT_EQ(held(), before) << "a refused request has changed something";
  }

 private:
  std::size_t before_ = 0;
};

struct SubjectNames {
  template <class Subject>
  static std::string GetName(int index) {
    constexpr const char* kNames[] = {"FixedPoolSingleThread",
                                      "FixedPoolLocked",
                                      "FixedPoolLockFree",
                                      "FixedPoolThreadCached",
                                      "BlockPoolSingleThread",
                                      "BlockPoolLocked",
                                      "BlockPoolLockFree",
                                      "BlockPoolThreadCached",
                                      "MovablePool",
                                      "Arena",
                                      "ConcurrentArena",
                                      "FixedArena",
                                      "BuddyAllocator",
                                      "NumaPool",
                                      "SlabAllocator",
                                      "Heap",
                                      "PoolManager"};
    return kNames[index];
  }
};

using AllPools =
    testing::Types<Objects<SingleThread>, Objects<Locked>, Objects<LockFree>, Objects<ThreadCached>,
                   Blocks<SingleThread>, Blocks<Locked>, Blocks<LockFree>, Blocks<ThreadCached>, Movable,
                   Chunks<Arena>, Chunks<ConcurrentArena>, Whole<FixedArena>, Whole<BuddyAllocator>,
                   Whole<NumaPool>, MixedSizes<SlabAllocator>, MixedSizes<Heap>, Managed>;
TYPED_TEST_SUITE(LimitsConformance, AllPools, SubjectNames);

TYPED_TEST(LimitsConformance, TheLimitOfItsNameRefusesUntilMemoryIsReturned) {
  this->limit(kLimit);
  TypeParam subject = this->make();
  this->fill(subject);
  subject.give_all();
  if (kSystemTakesPagesBack) {
    EXPECT_LE(this->held(), kLimit / 4);
  }
  this->fill(subject);
}

TYPED_TEST(LimitsConformance, TheProcesssLimitRefusesUntilMemoryIsReturned) {
  this->limit_process(kLimit);
  TypeParam subject = this->make();
  this->fill(subject);
  subject.give_all();
  if (kSystemTakesPagesBack) {
    EXPECT_LE(this->held(), kLimit / 4);
  }
  this->fill(subject);
}

TYPED_TEST(LimitsConformance, PoolsOfOneNameShareItsLimit) {
  this->limit(kLimit);
  TypeParam first = this->make(), second = this->make();
  this->fill(first);
  AllocError error{};  // what the second has without asking the system
  while (error == AllocError{}) error = second.take();
  EXPECT_EQ(error, AllocError::limit_reached);
  first.give_all();
  if (!kSystemTakesPagesBack) return;
  EXPECT_EQ(second.take(), AllocError{});
  this->fill(second);
}

TYPED_TEST(LimitsConformance, APoolThatDoesNotFitIsNotMade) {
  if constexpr (TypeParam::kHoldsAtOnce) {
    this->limit(kKiB);
    EXPECT_EQ(TypeParam::create().error(), AllocError::limit_reached);
    EXPECT_EQ(this->held(), 0U);
    try {
      TypeParam::construct();
      ADD_FAILURE() << "made";
    } catch (const AllocFailure& failure) {
      EXPECT_EQ(failure.error(), AllocError::limit_reached);
    }
    this->lift();
    EXPECT_TRUE(TypeParam::create());
  }
}

/// The handler is called under no lock: it may use the process's heap.
std::atomic<int> g_reports{0};
void note_report(const LimitEvent& event) noexcept {
  Heap::process().deallocate(Heap::process().allocate(100));
  if (event.bytes_held > event.bytes_limit) g_reports.fetch_add(1);
}

TYPED_TEST(LimitsConformance, ALimitThatReportsCallsTheHandlerAndRefusesNothing) {
  const LimitHandler before = set_limit_handler(&note_report);
  g_reports = 0;
  this->limit(kMiB, LimitAction::report);
  {
    TypeParam subject = this->make();
    while (this->held() <= kMiB) ASSERT_EQ(subject.take(), AllocError{});
    EXPECT_EQ(g_reports, 1) << "as soon as it is passed";
    while (this->held() <= 3 * kMiB) ASSERT_EQ(subject.take(), AllocError{});
    EXPECT_GT(g_reports, 1);
    EXPECT_LE(g_reports, 12) << "at each doubling of the excess";
  }
  set_limit_handler(before);
}

// --- pass-through mode -------------------------------------------------------------------------------------

template <class Subject>
class PassedLimits : public LimitsConformance<Subject> {};

using PassingPools = testing::Types<Objects<Locked>, Objects<LockFree>, Objects<ThreadCached>,
                                    MixedSizes<SlabAllocator>, MixedSizes<Heap>, Managed>;
TYPED_TEST_SUITE(PassedLimits, PassingPools);

TYPED_TEST(PassedLimits, CountTheBlocksThatMallocGave) {
  this->limit(kLimit);
  TypeParam subject{*TypeParam::create(true)};
  this->fill(subject);
  subject.give_all();
  this->fill(subject);
}

TYPED_TEST(PassedLimits, AreReported) {
  const LimitHandler before = set_limit_handler(&note_report);
  g_reports = 0;
  this->limit(kMiB, LimitAction::report);
  {
    TypeParam subject{*TypeParam::create(true)};
    while (this->held() <= kMiB) ASSERT_EQ(subject.take(), AllocError{});
    EXPECT_EQ(g_reports, 1);
  }
  set_limit_handler(before);
}

TEST(PassedLimit, OfABuddyAllocatorCountsTheBlocksThatMallocGave) {
  BuddyAllocator pool{{.bytes = 16 * kMiB, .name = kName, .pass_through = true}};
  const std::size_t tables = limit_of(kName).bytes_held;
  EXPECT_LT(tables, kMiB);
  ASSERT_TRUE(set_limit(kName, tables + 2 * kBlockBytes));
  void* const first = pool.allocate(kBlockBytes);
  void* const second = pool.allocate(kBlockBytes);
  EXPECT_EQ(pool.try_allocate(kBlockBytes).error(), AllocError::limit_reached);
  EXPECT_EQ(pool.stats().in_use, 2U);
  pool.deallocate(first);
  pool.deallocate(pool.allocate(kBlockBytes));
  pool.deallocate(second);
  EXPECT_TRUE(set_limit(kName, 0));
}

// --- what is counted ---------------------------------------------------------------------------------------

TEST(LimitCount, IsWhatStatisticsSayIsCommitted) {
  FixedPool<Item> items{{.capacity = 16, .capacity_max = 4096, .name = kName}};
  const auto expect_same = [&] { EXPECT_EQ(limit_of(kName).bytes_held, items.stats().bytes_committed); };
  expect_same();
  ASSERT_TRUE(items.grow(1000));
  expect_same();
  EXPECT_GT(limit_of(kName).bytes_held, 1000 * sizeof(Item));
  items.trim();
  expect_same();
  EXPECT_LT(limit_of(kName).bytes_held, 100 * sizeof(Item));

  const BuddyAllocator buddies{{.bytes = kMiB, .name = "limited buddies"}};
  EXPECT_EQ(limit_of("limited buddies").bytes_held, buddies.stats().bytes_committed);
  Arena arena{{.name = "limited arena"}};
  EXPECT_EQ(limit_of("limited arena").bytes_held, 0U);
  static_cast<void>(arena.allocate(100 * kKiB));
  EXPECT_EQ(limit_of("limited arena").bytes_held, arena.stats().bytes_committed);
}

TEST(LimitCount, OfCompactedObjectsIsTakenBackFrameByFrame) {
  MovablePool<Item> items{{.capacity = 1000, .name = kName}};
  const std::size_t all = limit_of(kName).bytes_held;
  std::vector<MovableHandle<Item>> handles;
  for (int i = 0; i < 1000; ++i) handles.push_back(items.make());
  EXPECT_EQ(limit_of(kName).bytes_held, all) << "objects that are ready cost nothing more";
  handles.resize(100);
  if (!kSystemTakesPagesBack) GTEST_SKIP() << "the system takes no pages back";
  const std::size_t given = items.compact();
  EXPECT_GT(given, 800 * sizeof(Item));
  EXPECT_EQ(limit_of(kName).bytes_held, all - given);
  ASSERT_TRUE(set_limit(kName, all - given + 100 * sizeof(Item)));
  while (auto handle = items.try_make()) handles.push_back(*std::move(handle));
  EXPECT_EQ(items.try_make().error(), AllocError::limit_reached);
  EXPECT_GE(handles.size(), 200U);
  EXPECT_LT(handles.size(), 300U);
  ASSERT_TRUE(set_limit(kName, 0));
  while (handles.size() < 1000) handles.push_back(items.make());
}

TEST(LimitCount, OfAPoolOverAnotherIsThatOfTheOther) {
  const std::size_t before = process_limit().bytes_held;
  BuddyAllocator buddies{{.bytes = kMiB, .name = kName}};
  const std::size_t held = limit_of(kName).bytes_held;
  Arena arena{{.name = "limited arena"}, buddies};
  ConcurrentArena concurrent{{.name = "limited arena"}, buddies};
  static_cast<void>(arena.allocate(100 * kKiB));
  static_cast<void>(concurrent.allocate(100 * kKiB));
  EXPECT_EQ(limit_of("limited arena").bytes_held, 0U);
  EXPECT_EQ(limit_of(kName).bytes_held, held);
  EXPECT_EQ(process_limit().bytes_held - before, held);
}

TEST(LimitCount, FollowsAnArenaThatMoves) {
  Arena first{{.name = kName}};
  static_cast<void>(first.allocate(kBlockBytes));
  const std::size_t held = limit_of(kName).bytes_held;
  {
    const Arena second{std::move(first)};
    EXPECT_EQ(limit_of(kName).bytes_held, held);
  }
  EXPECT_EQ(limit_of(kName).bytes_held, 0U);
  FixedArena fixed{kBlockBytes};
  const std::size_t of_process = process_limit().bytes_held;
  FixedArena other{2 * kBlockBytes};
  other = std::move(fixed);
  EXPECT_EQ(process_limit().bytes_held, of_process);
}

TEST(LimitCount, IsUnchangedWhenTheSystemRefuses) {
  const std::size_t before = process_limit().bytes_held;
  for (std::size_t n = 0;; ++n) {
    FakeMemory memory;
    memory.fail_after(n);
    {
      const auto fixed = FixedPool<Item>::create({.capacity = 100, .name = kName}, memory);
      const auto movable = MovablePool<Item>::create({.capacity = 100, .name = kName}, memory);
      const auto buddies = BuddyAllocator::create({.bytes = kMiB, .name = kName}, memory);
      const auto scratch = FixedArena::create(kMiB, memory);
      Arena arena{{.name = kName}, memory};
      static_cast<void>(arena.try_allocate(kBlockBytes));
      const std::size_t expected = (fixed ? fixed->stats().bytes_committed : 0) +
                                   (buddies ? buddies->stats().bytes_committed : 0) +
                                   arena.stats().bytes_committed;
      EXPECT_GE(limit_of(kName).bytes_held, expected);
      if (!movable) {
        EXPECT_EQ(limit_of(kName).bytes_held, expected) << n;
      }
    }
    EXPECT_EQ(process_limit().bytes_held, before) << n;
    if (!memory.fired()) break;
  }
}

}  // namespace
}  // namespace cenote::test
