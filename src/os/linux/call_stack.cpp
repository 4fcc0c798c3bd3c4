// The unwinder of GCC's run-time library: with glibc from 2.35 on it finds a frame's description without a
// lock (_dl_find_object); with other C libraries it walks the modules under the loader's lock, which a thread
// may hold that calls malloc.
//
// It takes 2,000 instructions a frame, and the outer frames of a thread hardly change from one call to the
// next. So each thread remembers its last stack: as soon as a frame is met that was there, with its stack and
// base pointer, and all return addresses and saved base pointers beyond it are still in their places, the
// rest is known: what a frame's caller is follows from these. Each place is looked at only after the frame
// below it was found alive, so it is on the stack. (By return addresses alone, functions that call alloca
// were taken for what they had been: the dead bytes of an earlier call.)
#include "os/modules.hpp"

#if defined(__linux__)
#include <features.h>
#endif

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 35)

#include <unwind.h>

#include <algorithm>
#include <array>
#include <atomic>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>

namespace cenote::os {

const bool kHasCallStacks = true;

namespace {

#if defined(__x86_64__) || defined(__i386__)
// A call leaves its return address just below the caller's stack pointer.
constexpr bool kReturnsThroughStack = true;
constexpr int kBasePointer = sizeof(void*) == 8 ? 6 : 5;  // as DWARF counts registers
#else
constexpr bool kReturnsThroughStack = false;
constexpr int kBasePointer = 0;
#endif

// The stack is looked at as it is.
[[gnu::no_sanitize_address]] std::uintptr_t word_at(std::uintptr_t address) noexcept {
  return *reinterpret_cast<const std::uintptr_t*>(address);
}

constexpr std::size_t kWord = sizeof(std::uintptr_t);

/// As it will be when what it calls has returned.
struct Frame {
  std::uintptr_t address = 0;  // where it goes on
  std::uintptr_t stack_pointer = 0;
  std::uintptr_t base_pointer = 0;
  std::uintptr_t base_saved_at = 0;  // by what it called; 0: that has not changed it

  bool same_state(const Frame& other) const noexcept {
    return address == other.address && stack_pointer == other.stack_pointer &&
           base_pointer == other.base_pointer;
  }
  bool is_in_place() const noexcept {
    return word_at(stack_pointer - kWord) == address &&
           (base_saved_at == 0 || word_at(base_saved_at) == base_pointer);
  }

  /// Looks for the base pointer in the frame of what it called; false when it is not where compilers put it.
  bool find_saved_base(const Frame& called) noexcept {
    if (base_pointer == called.base_pointer) return true;
    const std::uintptr_t last = stack_pointer - 2 * kWord;  // below the return address
    const std::uintptr_t usual = called.base_pointer;  // the called function has a base pointer of its own
    if (called.stack_pointer <= usual && usual <= last && usual % kWord == 0 &&
        word_at(usual) == base_pointer) {
      base_saved_at = usual;
      return true;
    }
    for (std::uintptr_t at = last; at >= called.stack_pointer && at + 8 * kWord > last; at -= kWord) {
      if (word_at(at) != base_pointer) continue;
      base_saved_at = at;
      return true;
    }
    return false;
  }
};

/// The last stack of some thread. Who finds another thread there takes its place.
struct Memory {
  static constexpr std::size_t kFrames = kCallStackMax;

  std::atomic<bool> taken{false};
  const void* thread = nullptr;
  std::size_t count = 0;
  std::array<Frame, kFrames> frames{};
};

using Memories = std::array<Memory, 64>;

// Mapped at the first call stack: 132 KiB, which a program without profiles would have locked if it locks its
// memory.
constinit std::atomic<Memories*> g_memories{nullptr};
constinit std::atomic<bool> g_is_mapping{false};

/// Null while another thread maps them, and where the system refuses.
Memories* memories() noexcept {
  if (Memories* const there = g_memories.load(std::memory_order_acquire)) return there;
  if (g_is_mapping.exchange(true, std::memory_order_relaxed)) return nullptr;
  const Region region = g_system_memory.map(align_up(sizeof(Memories), page_bytes()), page_bytes());
  if (!region) {
    g_is_mapping.store(false, std::memory_order_relaxed);
    return nullptr;
  }
  auto* const fresh = reinterpret_cast<Memories*>(region.start);  // all zero, as it would be constructed
  g_memories.store(fresh, std::memory_order_release);
  return fresh;
}

[[gnu::tls_model("initial-exec")]] thread_local constinit char t_here = 0;

Memory* take_memory() noexcept {
  Memories* const all = kReturnsThroughStack ? memories() : nullptr;
  if (all == nullptr) return nullptr;
  Memory& memory = (*all)[(address_of(&t_here) * 0x9e3779b97f4a7c15 >> 32) % all->size()];
  if (memory.taken.exchange(true, std::memory_order_acquire)) return nullptr;
  if (memory.thread != &t_here) {
    memory.thread = &t_here;
    memory.count = 0;
  }
  return &memory;
}

class Walk {
 public:
  Walk(std::span<std::uintptr_t> out, Memory* memory) noexcept
      : out_{out.first(std::min(out.size(), Memory::kFrames))}, memory_{memory} {}

  std::size_t run() noexcept {
    _Unwind_Backtrace(&on_frame, this);
    if (memory_ != nullptr) {
      std::copy_n(seen_.begin(), count_, memory_->frames.begin());
      memory_->count = remembers_ ? count_ : 0;
      memory_->taken.store(false, std::memory_order_release);
    }
    return count_;
  }

 private:
  static _Unwind_Reason_Code on_frame(_Unwind_Context* context, void* walk) {
    return static_cast<Walk*>(walk)->note(context) ? _URC_NO_REASON : _URC_END_OF_STACK;
  }

  bool note(_Unwind_Context* context) noexcept {
    int before_instruction = 0;  // set where a signal interrupted: nothing returns there through the stack
    Frame frame{_Unwind_GetIPInfo(context, &before_instruction), _Unwind_GetCFA(context)};
    if (frame.address == 0 || count_ == out_.size()) return false;
    if (memory_ != nullptr) {
      frame.base_pointer = _Unwind_GetGR(context, kBasePointer);
      const bool found = count_ == 0 || frame.find_saved_base(seen_[count_ - 1]);
      remembers_ = remembers_ && found && before_instruction == 0;
    }
    add(frame, before_instruction == 0);
    return !(remembers_ && knows_rest_of(frame));
  }

  // Inside the call instruction, so that it is the caller's line.
  void add(const Frame& frame, bool is_call) noexcept {
    seen_[count_] = frame;
    out_[count_++] = is_call ? frame.address - 1 : frame.address;
  }

  // Stack pointers rise from frame to frame.
  bool knows_rest_of(const Frame& frame) noexcept {
    if (memory_ == nullptr) return false;
    const auto end = memory_->frames.begin() + memory_->count;
    while (next_ < memory_->count && memory_->frames[next_].stack_pointer < frame.stack_pointer) ++next_;
    if (next_ == memory_->count || !memory_->frames[next_].same_state(frame)) return false;
    const auto rest = memory_->frames.begin() + next_ + 1;
    const auto room = static_cast<std::ptrdiff_t>(out_.size() - count_);
    if (end - rest > room || (memory_->count == Memory::kFrames && end - rest != room)) return false;
    if (!std::all_of(rest, end, [](const Frame& one) { return one.is_in_place(); })) return false;
    std::for_each(rest, end, [this](const Frame& one) { add(one, true); });
    return true;
  }

  std::span<std::uintptr_t> out_;
  Memory* memory_;
  std::array<Frame, Memory::kFrames> seen_;
  std::size_t count_ = 0, next_ = 0;
  bool remembers_ = true;
};

}  // namespace

std::size_t call_stack(std::span<std::uintptr_t> frames) noexcept {
  Walk walk{frames, take_memory()};
  return walk.run();
}

}  // namespace cenote::os

#else

namespace cenote::os {

const bool kHasCallStacks = false;

std::size_t call_stack(std::span<std::uintptr_t>) noexcept { return 0; }

}  // namespace cenote::os

#endif
