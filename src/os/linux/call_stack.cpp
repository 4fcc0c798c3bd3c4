// The unwinder of GCC's run-time library: with glibc from 2.35 on it finds a frame's description without a lock (_dl_find_object); with
// other C libraries it walks the modules under the loader's lock, which a thread may hold that calls malloc.
//
// It takes 2,000 instructions a frame, and the outer frames of a thread hardly change from one call to the next. So each thread remembers
// its last stack: as soon as a frame is met that was there, with its stack pointer, and all return addresses beyond it are still in their
// places, the rest is known. Each place is looked at only after the frame below it was found alive, so it is on the stack.
#include <cenote/os/call_stack.hpp>

#if defined(__linux__)
#include <features.h>
#endif

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 35)

#include <unwind.h>

#include <algorithm>
#include <array>
#include <atomic>

#include <cenote/base/bits.hpp>

namespace cenote::os {

const bool kHasCallStacks = true;

namespace {

#if defined(__x86_64__) || defined(__i386__)
constexpr bool kReturnsThroughStack =
    true;  // a call leaves its return address just below the caller's stack pointer
#else
constexpr bool kReturnsThroughStack = false;
#endif

struct Frame {
  std::uintptr_t returns_to;
  std::uintptr_t stack_pointer;  // once it has returned

  friend bool operator==(const Frame&, const Frame&) = default;

  bool is_in_place() const noexcept {
    return *(reinterpret_cast<const std::uintptr_t*>(stack_pointer) - 1) == returns_to;
  }
};

/// The last stack of some thread. Who finds another thread there takes its place.
struct Memory {
  static constexpr std::size_t kFrames = 64;

  std::atomic<bool> taken{false};
  const void* thread = nullptr;
  std::size_t count = 0;
  std::array<Frame, kFrames> frames{};
};

constinit std::array<Memory, 64> g_memories{};
[[gnu::tls_model("initial-exec")]] thread_local constinit char t_here = 0;

Memory* take_memory() noexcept {
  if (!kReturnsThroughStack) return nullptr;
  Memory& memory = g_memories[(address_of(&t_here) * 0x9e3779b97f4a7c15 >> 32) % g_memories.size()];
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
    const Frame frame{_Unwind_GetIPInfo(context, &before_instruction), _Unwind_GetCFA(context)};
    if (frame.returns_to == 0 || count_ == out_.size()) return false;
    if (before_instruction != 0) remembers_ = false;
    add(frame, before_instruction == 0);
    return !(remembers_ && knows_rest_of(frame));
  }

  // Inside the call instruction, so that it is the caller's line.
  void add(const Frame& frame, bool is_call) noexcept {
    seen_[count_] = frame;
    out_[count_++] = is_call ? frame.returns_to - 1 : frame.returns_to;
  }

  // Stack pointers rise from frame to frame.
  bool knows_rest_of(const Frame& frame) noexcept {
    if (memory_ == nullptr) return false;
    const auto end = memory_->frames.begin() + memory_->count;
    while (next_ < memory_->count && memory_->frames[next_].stack_pointer < frame.stack_pointer) ++next_;
    if (next_ == memory_->count || memory_->frames[next_] != frame) return false;
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
