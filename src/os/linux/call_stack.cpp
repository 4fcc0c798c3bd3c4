// The unwinder of GCC's run-time library: with glibc from 2.35 on it finds a frame's description without a lock (_dl_find_object); with
// other C libraries it walks the modules under the loader's lock, which a thread may hold that calls malloc.
#include <features.h>
#include <unwind.h>

#include <cenote/os/call_stack.hpp>

namespace cenote::os {

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 35)

const bool kHasCallStacks = true;

namespace {

struct Walk {
  std::span<std::uintptr_t> frames;
  std::size_t count = 0;
};

_Unwind_Reason_Code note_frame(_Unwind_Context* context, void* argument) {
  Walk& walk = *static_cast<Walk*>(argument);
  int before_instruction = 0;  // set where a signal interrupted
  const std::uintptr_t address = _Unwind_GetIPInfo(context, &before_instruction);
  if (address == 0 || walk.count == walk.frames.size()) return _URC_END_OF_STACK;
  walk.frames[walk.count++] = before_instruction != 0 ? address : address - 1;
  return _URC_NO_REASON;
}

}  // namespace

std::size_t call_stack(std::span<std::uintptr_t> frames) noexcept {
  Walk walk{frames};
  _Unwind_Backtrace(&note_frame, &walk);
  return walk.count;
}

#else

const bool kHasCallStacks = false;

std::size_t call_stack(std::span<std::uintptr_t>) noexcept { return 0; }

#endif

}  // namespace cenote::os
