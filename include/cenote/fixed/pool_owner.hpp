/// Owns the core of a pool of equal blocks, which lies at the start of the pool's own memory.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include <cenote/base/alloc_failure.hpp>
#include <cenote/base/annotate.hpp>
#include <cenote/base/leak.hpp>
#include <cenote/base/misuse.hpp>
#include <cenote/base/result.hpp>
#include <cenote/fixed/pool_options.hpp>
#include <cenote/fixed/slot_plan.hpp>
#include <cenote/os/memory.hpp>

namespace cenote {

/// Reserves plan.bytes and commits the core's; an empty region when the system refuses.
os::Region reserve_pool(const SlotPlan& plan, std::size_t core_bytes, os::Memory& memory) noexcept;

/// Throws AllocFailure with what is wrong with the options.
[[noreturn]] void throw_plan_failure(const PlanOutcome& outcome);

/// Move-only. Moving leaves an owner that may only be destroyed or assigned to; blocks and handles stay as they are.
template <class Core>
class PoolOwner {
 public:
  /// Throws AllocFailure.
  PoolOwner(const PoolOptions& options, std::size_t block_bytes, std::size_t natural_alignment,
            os::Memory& memory) {
    const PlanOutcome outcome = plan(options, block_bytes, natural_alignment);
    if (outcome.error != AllocError{}) throw_plan_failure(outcome);
    core_ = open(outcome.plan, options, memory);
    if (core_ == nullptr) throw_alloc_failure(AllocError::out_of_memory);
  }
  static Result<PoolOwner> create(const PoolOptions& options, std::size_t block_bytes,
                                  std::size_t natural_alignment, os::Memory& memory) noexcept {
    const PlanOutcome outcome = plan(options, block_bytes, natural_alignment);
    if (outcome.error != AllocError{}) return outcome.error;
    Core* const core = open(outcome.plan, options, memory);
    if (core == nullptr) return AllocError::out_of_memory;
    return PoolOwner{core};
  }

  PoolOwner(PoolOwner&& other) noexcept : core_{std::exchange(other.core_, nullptr)} {}
  PoolOwner& operator=(PoolOwner&& other) noexcept {
    if (this != &other) {
      close();
      core_ = std::exchange(other.core_, nullptr);
    }
    return *this;
  }
  /// Reports blocks in use to the leak handler, and gives all memory back.
  ~PoolOwner() { close(); }

  Core& operator*() const noexcept { return *core_; }
  Core* operator->() const noexcept { return core_; }
  Core* get() const noexcept { return core_; }

 private:
  explicit PoolOwner(Core* core) noexcept : core_{core} {}

  static PlanOutcome plan(const PoolOptions& options, std::size_t block_bytes,
                          std::size_t natural_alignment) noexcept {
    return plan_slots(options, {.block_bytes = block_bytes,
                                .natural_alignment = natural_alignment,
                                .core_bytes = sizeof(Core),
                                .entry_bytes = Core::kEntryBytes,
                                .state_bytes = Core::kStateBytes});
  }
  static Core* open(const SlotPlan& plan, const PoolOptions& options, os::Memory& memory) noexcept {
    const os::Region region = reserve_pool(plan, sizeof(Core), memory);
    if (!region) return nullptr;
    Core* const core = std::construct_at(reinterpret_cast<Core*>(region.start), plan, region, memory, options);
    if (core->open()) return core;
    discard(core);
    return nullptr;
  }
  static void discard(Core* core) noexcept {
    os::Memory& memory = core->space().memory();
    const os::Region region = core->space().reserved();
    std::destroy_at(core);
    annotate::allow(region.start, region.bytes);
    memory.release(region);
  }
  void close() noexcept {
    if (core_ == nullptr) return;
    if (const std::size_t blocks = core_->in_use(); blocks != 0) report_leak(core_->space().name(), blocks);
    discard(core_);
  }

  Core* core_ = nullptr;
};

/// Gives `block` back to the pool of `core`; a memory checker reports who touches it from now on. AllocError{}, or what is wrong with it;
/// then nothing has changed.
template <class Core>
AllocError give_back_to(Core& core, void* block) noexcept {
  if constexpr (annotate::kActive) {  // before others may have it
    if (const AllocError error = core.check(block); error != AllocError{}) return error;
    annotate::forbid(block, core.space().stride());
  }
  return core.deallocate(block);
}

/// A block that was just handed out.
template <class Core>
void* taken_from(const Core& core, void* block) noexcept {
  annotate::allow(block, core.space().block_bytes());
  return block;
}

/// Tells the misuse handler that `block` was wrongly given back to the pool of `core`.
template <class Core>
[[gnu::noinline, gnu::cold]] void report_pool_misuse(const Core& core, AllocError error,
                                                     const void* block) noexcept {
  report_misuse({error, block, core.space().name()});
}

}  // namespace cenote
