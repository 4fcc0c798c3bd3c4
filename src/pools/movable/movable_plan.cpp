#include <algorithm>
#include <bit>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/movable_core.hpp>
#include <cenote/detail/movable_plan.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/movable_pool.hpp>

namespace cenote {
namespace {

// An eighth of a frame, at most, is too short for another object.
constexpr std::size_t kWasteShare = 8;

// Indices of 31 bits; and no system has more addresses for a process.
constexpr std::size_t kObjectsMax = (std::size_t{1} << 31) - 1;
constexpr std::size_t kBytesMax = sizeof(void*) == 4 ? std::size_t{1} << 30 : SIZE_MAX >> 17;

unsigned frame_shift_for(const MovableNeeds& needs) noexcept {
  std::size_t bytes = std::max(os::page_bytes(), needs.alignment);
  while (bytes < needs.object_bytes || bytes % needs.object_bytes > bytes / kWasteShare) bytes *= 2;
  return static_cast<unsigned>(std::countr_zero(bytes));
}

class Layout {
 public:
  // A part of its own pages: it grows without touching its neighbours.
  std::size_t add(std::size_t bytes, std::size_t alignment) noexcept {
    const std::size_t start = align_up(end_, alignment);
    end_ = start + bytes;
    return start;
  }
  std::size_t end() const noexcept { return end_; }

 private:
  std::size_t end_ = 0;
};

void lay_out(MovablePlan& plan) noexcept {
  const std::size_t page = os::page_bytes();
  const std::size_t frames = plan.frames_max, slots = frames * plan.frame_slots;
  Layout layout;
  layout.add(sizeof(MovableCore), 1);
  plan.frame_table = layout.add(frames * sizeof(MovableFrames::Frame), page);
  plan.owners = layout.add(slots * sizeof(std::uint32_t), page);
  plan.lives = layout.add(slots * sizeof(std::uint32_t), page);
  plan.entries = layout.add(slots * sizeof(MovableEntry), page);
  plan.sets = layout.add(2 * plan.set.bytes(), page);
  plan.frames = layout.add(frames << plan.frame_shift, std::max(page, plan.alignment));
  plan.bytes = align_up(layout.end(), page);
}

MovablePlanOutcome bad(const char* option, const char* problem) noexcept {
  MovablePlanOutcome outcome;
  outcome.error = AllocError::bad_option;
  outcome.option = option;
  outcome.problem = problem;
  return outcome;
}

MovablePlanOutcome too_large() noexcept {
  MovablePlanOutcome outcome;
  outcome.error = AllocError::too_large;
  return outcome;
}

}  // namespace

MovablePlanOutcome plan_movable(const MovableOptions& options, const MovableNeeds& needs) noexcept {
  const std::size_t most = std::max(options.capacity, options.capacity_max);
  if (most == 0) return bad("capacity", "is 0, and so is capacity_max: say how many objects there may be");
  if (options.capacity_max != 0 && options.capacity_max < options.capacity)
    return bad("capacity_max", "is below capacity");
  if (most > kObjectsMax || most > kBytesMax / needs.object_bytes / 2) return too_large();

  MovablePlanOutcome outcome;
  MovablePlan& plan = outcome.plan;
  plan.object_bytes = needs.object_bytes;
  plan.alignment = needs.alignment;
  plan.slots = SlotGeometry{needs.object_bytes};
  plan.frame_shift = frame_shift_for(needs);
  plan.frame_slots = static_cast<std::uint32_t>(plan.frame_bytes() / needs.object_bytes);
  plan.place_shift = place_shift_of(needs.object_bytes);
  plan.objects_ready = static_cast<std::uint32_t>(options.capacity);
  plan.objects_max = static_cast<std::uint32_t>(most);
  const std::size_t frames =
      ceil_div(most, plan.frame_slots) + ceil_div(kMovedTogether, plan.frame_slots) + 1;
  if (frames * plan.frame_slots > kObjectsMax ||
      std::uint64_t{frames} << plan.frame_shift >> plan.place_shift > kNoPlace)
    return too_large();
  plan.frames_max = static_cast<std::uint32_t>(frames);
  plan.frames_ready = most == options.capacity
                          ? plan.frames_max
                          : static_cast<std::uint32_t>(ceil_div(options.capacity, plan.frame_slots));
  plan.set = IndexSet{plan.frames_max};
  lay_out(plan);
  return outcome;
}

}  // namespace cenote
