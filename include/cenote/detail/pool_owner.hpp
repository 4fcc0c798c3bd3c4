/// Owns the core of a pool of equal blocks, which lies at the start of the pool's own memory.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

#include <cenote/detail/annotate.hpp>
#include <cenote/detail/owned.hpp>
#include <cenote/detail/passed_blocks.hpp>
#include <cenote/detail/pool_options.hpp>
#include <cenote/detail/pool_stats.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/detail/slot_plan.hpp>
#include <cenote/handlers.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// Reserves plan.bytes in such pages, or else in normal ones, and commits the core's; an empty region when
/// the system refuses.
os::PagedRegion reserve_pool(const SlotPlan& plan, std::size_t core_bytes, os::Memory& memory,
                             Pages wanted) noexcept;

/// Throws AllocFailure with what is wrong with the options.
[[noreturn]] void throw_plan_failure(const PlanOutcome& outcome);

/// Move-only. Moving leaves an owner that may only be destroyed or assigned to; blocks and handles stay as
/// they are.
template <class Core>
class PoolOwner {
 public:
  /// Throws AllocFailure.
  PoolOwner(const PoolOptions& options, std::size_t block_bytes, std::size_t natural_alignment,
            os::Memory& memory) {
    const PlanOutcome outcome = plan(options, block_bytes, natural_alignment);
    if (outcome.error != AllocError{}) throw_plan_failure(outcome);
    core_ = OwnedCore{open(outcome.plan, options, memory).value()};
  }
  static Result<PoolOwner> create(const PoolOptions& options, std::size_t block_bytes,
                                  std::size_t natural_alignment, os::Memory& memory) noexcept {
    const PlanOutcome outcome = plan(options, block_bytes, natural_alignment);
    if (outcome.error != AllocError{}) return outcome.error;
    const Result<Core*> core = open(outcome.plan, options, memory);
    if (!core) return core.error();
    return PoolOwner{*core};
  }

  /// The end of its life reports blocks in use to the leak handler, and returns all memory to the system.
  PoolOwner(PoolOwner&&) noexcept = default;
  PoolOwner& operator=(PoolOwner&&) noexcept = default;
  ~PoolOwner() = default;

  Core& operator*() const noexcept { return *core_; }
  Core* operator->() const noexcept { return core_.get(); }
  Core* get() const noexcept { return core_.get(); }

  // What a pool says of itself, in pass-through mode too.
  std::size_t capacity() const noexcept {
    return passed() != nullptr ? passed()->capacity() : core_->space().capacity();
  }
  std::size_t in_use() const noexcept { return in_use(*core_); }
  bool owns(const void* address) const noexcept {
    return passed() != nullptr ? passed()->owns(address) : core_->space().contains(address);
  }
  Result<std::size_t> grow(std::size_t blocks) const noexcept {
    return passed() != nullptr ? passed()->grow(blocks) : core_->grow(blocks);
  }
  std::size_t trim() const noexcept {
    if (passed() == nullptr) return core_->trim();
    passed()->trim();
    return 0;
  }
  PoolStats stats() const noexcept {
    PoolStats stats = core_->stats();
    if (passed() != nullptr) passed()->describe(stats);
    return stats;
  }

 private:
  explicit PoolOwner(Core* core) noexcept : core_{core} {}

  PassedBlocks* passed() const noexcept { return core_->space().passed(); }

  static PlanOutcome plan(const PoolOptions& options, std::size_t block_bytes,
                          std::size_t natural_alignment) noexcept {
    return plan_slots(options, {.block_bytes = block_bytes,
                                .natural_alignment = natural_alignment,
                                .core_bytes = sizeof(Core),
                                .entry_bytes = Core::kEntryBytes,
                                .state_bytes = Core::kStateBytes});
  }
  static Result<Core*> open(const SlotPlan& plan, const PoolOptions& options, os::Memory& memory) noexcept {
    const auto [region, its_memory, pages] =
        reserve_pool(plan, sizeof(Core), memory, {options.pages, options.numa_node});
    if (!region) return AllocError::out_of_memory;
    PoolOptions granted = options;
    granted.pages = pages.kind;
    granted.numa_node = pages.node;
    Core* const core =
        std::construct_at(reinterpret_cast<Core*>(region.start), plan, region, *its_memory, granted);
    annotate::open_pool(core);
    const Result<void> opened = core->open();
    if (opened) return core;
    discard(core);
    return opened.error();
  }
  static void discard(Core* core) noexcept {
    os::Memory& memory = core->space().memory();
    const os::Region region = core->space().reserved();
    std::destroy_at(core);
    annotate::close_pool(core);
    annotate::allow(region.start, region.bytes);
    memory.release(region);
  }
  [[gnu::noinline]] static void close(Core* core) noexcept {
    if (const std::size_t blocks = in_use(*core); blocks != 0) report_leak(core->space().name(), blocks);
    discard(core);
  }
  static std::size_t in_use(const Core& core) noexcept {
    PassedBlocks* const passed = core.space().passed();
    return passed != nullptr ? passed->in_use() : core.in_use();
  }

  using OwnedCore = detail::Owned<Core, PoolOwner>;
  friend OwnedCore;
  OwnedCore core_{nullptr};
};

/// Gives `block` back to the pool of `core`; a memory checker reports who touches it from now on.
/// AllocError{}, or what is wrong with it, as far as slots go: then nothing has changed, and
/// `refused(AllocError)` says what to return.
template <class Core, class Refused = Tell>
AllocError give_back_to(Core& core, void* block, Refused refused = {}) noexcept {
  if constexpr (annotate::kActive) {  // before others may have it
    if (const AllocError error = core.check(block); error != AllocError{}) return error;
    if (core.space().passed() == nullptr) annotate::take_back(&core, block, core.space().stride());
  }
  return core.deallocate(block, refused);
}

/// A block that was just handed out.
template <class Core>
void* taken_from([[maybe_unused]] const Core& core, void* block) noexcept {
  if constexpr (annotate::kActive) {  // malloc speaks for its blocks itself
    if (core.space().passed() == nullptr) annotate::hand_out(&core, block, core.space().block_bytes());
  }
  return block;
}

/// `block` is no slot in use: frees it when the pool has it from malloc, else tells the misuse handler of the
/// `error`.
template <class Core>
CENOTE_SLOW_PATH void settle_refusal(const Core& core, AllocError error, void* block) noexcept {
  error = core.space().deallocate_passed(block, error);
  if (error != AllocError{}) report_misuse({error, block, core.space().name()});
}

}  // namespace cenote
