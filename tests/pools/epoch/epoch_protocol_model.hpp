/// A model of how EpochDomain tells what no guard can see: enter, leave, retire, collect.
///
/// One cell leads to an object. Two readers enter, read the cell, use what they found, and leave. A writer
/// puts a new object into the cell and retires the old one into its open batch; a collector takes the batch,
/// ends the epoch, fences, looks at the readers one by one, and gives back what none can see. Each access to
/// a word is a step. What a reader stores waits in its store buffer, in order, until memory takes it at any
/// later step, as on x86: an atomic exchange of its own and the collector's process_fence empty it. The
/// writer's stores are atomic operations. Bounds: two readers, one writer, one collector, few guards, writes
/// and collections each; loads are not reordered with loads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace cenote::test {

enum class EpochDefect : std::uint8_t {
  none,
  no_fence,          ///< the collector does not empty the readers' store buffers
  fence_before_end,  ///< it does, but before it takes the batch
  /// the epoch ends before the batch is taken: a reader of the next may have met what is in it
  end_before_take,
  one_epoch_short,    ///< it gives back what a reader of the very epoch may see
  read_before_enter,  ///< the reader reads the cell before it announces itself
  leave_before_use,   ///< it says that it left while it uses what it found
  inner_leaves,       ///< the end of a nested guard says that the thread left
  retire_linked,      ///< the writer retires what is in the cell still
  copy_batch          ///< the collector copies the open batch, instead of taking it by an exchange
};

enum class EpochFenceModel : std::uint8_t { at_collections, at_readers };

enum class EpochReaderAt : std::uint8_t { idle, announce, read, use, nested_end, use_again, leave };
enum class EpochWriterAt : std::uint8_t { swap, take_open, put_back, swap_late };
enum class EpochCollectorAt : std::uint8_t { idle, take, end, fence, look_0, look_1, give_back };

inline constexpr std::size_t kModelObjects = 3;

/// Bytes only: states are compared as bytes.
struct EpochReaderModel {
  EpochReaderAt at = EpochReaderAt::idle;
  std::uint8_t guards = 0;     // still to begin
  std::uint8_t announced = 0;  // in memory
  std::uint8_t seen_epoch = 0;
  std::uint8_t found = 0;  // the object it may use
  std::uint8_t buffered = 0;
  std::array<std::uint8_t, 3> buffer{};
};

struct EpochState {
  std::uint8_t epoch = 1;
  std::uint8_t cell = 0;  // object 0 is in it at first
  std::array<EpochReaderModel, 2> readers{};
  EpochWriterAt writer = EpochWriterAt::swap;
  std::uint8_t writes = 0;  // still to begin
  std::uint8_t made = 0;    // objects so far, beside the first
  std::uint8_t old = 0;     // what the writer has to retire
  std::uint8_t held = 0;    // the open batch while the writer has it: bits
  bool open_is_there = true;
  std::uint8_t open = 0;  // the open batch: bits of objects
  EpochCollectorAt collector = EpochCollectorAt::idle;
  std::uint8_t collections = 0;  // still to begin
  std::uint8_t taken = 0;
  std::uint8_t ended = 0;
  std::uint8_t oldest = 0;
  // the epoch that a retired object waits for; 0: does not wait
  std::array<std::uint8_t, kModelObjects> waits{};
  std::array<std::uint8_t, kModelObjects> given_back{};  // how often
  bool was_used_after = false;
};

/// The steps from one state. `emit(EpochState)` for each that one step may lead to.
class EpochStepper {
 public:
  EpochStepper(const EpochState& from, EpochFenceModel fence, EpochDefect defect)
      : from_{from}, s_{from}, fence_{fence}, defect_{defect} {}

  template <class Emit>
  void each(Emit emit) {
    for (std::size_t i = 0; i < 2; ++i) {
      step([&] { return drain_one(i); }, emit);
      step([&] { return reader(i); }, emit);
    }
    step([&] { return writer(); }, emit);
    step([&] { return collector(); }, emit);
  }

 private:
  static constexpr std::uint8_t kNobody = 255;

  template <class Step, class Emit>
  void step(Step one, Emit& emit) {
    s_ = from_;
    if (one()) emit(s_);
  }

  // --- a reader's stores -----------------------------------------------------------------------------------
  void store(std::size_t i, std::uint8_t value) {
    EpochReaderModel& r = s_.readers[i];
    if (r.buffered == r.buffer.size()) drain_one(i);
    r.buffer[r.buffered++] = value;
  }
  bool drain_one(std::size_t i) {
    EpochReaderModel& r = s_.readers[i];
    if (r.buffered == 0) return false;
    r.announced = r.buffer[0];
    for (std::size_t k = 1; k < r.buffer.size(); ++k) r.buffer[k - 1] = r.buffer[k];
    r.buffer.back() = 0;
    --r.buffered;
    return true;
  }
  void drain(std::size_t i) {
    while (drain_one(i)) {
    }
  }

  // --- a reader: its last guard has another one in it ------------------------------------------------------
  bool reader(std::size_t i) {
    EpochReaderModel& r = s_.readers[i];
    switch (r.at) {
      case EpochReaderAt::idle:
        if (r.guards == 0) return false;
        --r.guards;
        if (defect_ == EpochDefect::read_before_enter) r.found = s_.cell;
        r.seen_epoch = s_.epoch;
        return go(r, EpochReaderAt::announce);
      case EpochReaderAt::announce:
        store(i, r.seen_epoch);
        if (fence_ == EpochFenceModel::at_readers && defect_ != EpochDefect::no_fence) drain(i);
        r.seen_epoch = 0;
        return go(r, EpochReaderAt::read);
      case EpochReaderAt::read:
        if (defect_ != EpochDefect::read_before_enter) r.found = s_.cell;
        if (defect_ == EpochDefect::leave_before_use) store(i, 0);
        return go(r, EpochReaderAt::use);
      case EpochReaderAt::use:
        use(r);
        return go(r, r.guards == 0 ? EpochReaderAt::nested_end : EpochReaderAt::leave);
      case EpochReaderAt::nested_end:
        if (defect_ == EpochDefect::inner_leaves) store(i, 0);
        return go(r, EpochReaderAt::use_again);
      case EpochReaderAt::use_again:
        use(r);
        return go(r, EpochReaderAt::leave);
      case EpochReaderAt::leave:
        if (defect_ != EpochDefect::leave_before_use) store(i, 0);
        r.found = 0;
        return go(r, EpochReaderAt::idle);
    }
    return false;
  }
  static bool go(EpochReaderModel& r, EpochReaderAt at) {
    r.at = at;
    return true;
  }
  void use(const EpochReaderModel& r) { s_.was_used_after |= s_.given_back[r.found] != 0; }

  // --- the writer ------------------------------------------------------------------------------------------
  bool go(EpochWriterAt at) {
    s_.writer = at;
    return true;
  }
  std::uint8_t fresh() { return ++s_.made; }
  bool writer() {
    switch (s_.writer) {
      case EpochWriterAt::swap:
        if (s_.writes == 0) return false;
        s_.old = s_.cell;
        if (defect_ == EpochDefect::retire_linked) return go(EpochWriterAt::take_open);
        s_.cell = fresh();
        --s_.writes;
        return go(EpochWriterAt::take_open);
      case EpochWriterAt::take_open:  // an exchange; a new batch where there is none
        s_.held = s_.open_is_there ? s_.open : 0;
        s_.open = 0;
        s_.open_is_there = false;
        if (defect_ == EpochDefect::copy_batch) s_.open = s_.held;
        return go(EpochWriterAt::put_back);
      case EpochWriterAt::put_back:
        s_.open = static_cast<std::uint8_t>(s_.held | 1U << s_.old);
        s_.open_is_there = true;
        s_.held = 0;
        return go(defect_ == EpochDefect::retire_linked ? EpochWriterAt::swap_late : EpochWriterAt::swap);
      case EpochWriterAt::swap_late:
        s_.cell = fresh();
        --s_.writes;
        return go(EpochWriterAt::swap);
    }
    return false;
  }

  // --- the collector ---------------------------------------------------------------------------------------
  bool go(EpochCollectorAt at) {
    s_.collector = at;
    return true;
  }
  void end_epoch() { s_.ended = s_.epoch++; }
  void fence() {
    if (fence_ == EpochFenceModel::at_readers) return;
    drain(0);
    drain(1);
  }
  bool collector() {
    switch (s_.collector) {
      case EpochCollectorAt::idle:
        if (s_.collections == 0) return false;
        --s_.collections;
        if (defect_ == EpochDefect::end_before_take) end_epoch();
        if (defect_ == EpochDefect::fence_before_end) fence();
        return go(EpochCollectorAt::take);
      case EpochCollectorAt::take:
        s_.taken = s_.open;
        if (defect_ != EpochDefect::copy_batch) {
          s_.open = 0;
          s_.open_is_there = false;
        }
        return go(EpochCollectorAt::end);
      case EpochCollectorAt::end:
        if (defect_ != EpochDefect::end_before_take) end_epoch();
        for (std::size_t i = 0; i < kModelObjects; ++i) {
          if ((s_.taken >> i & 1) != 0) s_.waits[i] = s_.ended;
        }
        s_.taken = 0;
        return go(EpochCollectorAt::fence);
      case EpochCollectorAt::fence:
        if (defect_ != EpochDefect::no_fence && defect_ != EpochDefect::fence_before_end) fence();
        s_.oldest = kNobody;
        return go(EpochCollectorAt::look_0);
      case EpochCollectorAt::look_0:
        look(0);
        return go(EpochCollectorAt::look_1);
      case EpochCollectorAt::look_1:
        look(1);
        return go(EpochCollectorAt::give_back);
      case EpochCollectorAt::give_back:
        give_back();
        return go(EpochCollectorAt::idle);
    }
    return false;
  }
  void look(std::size_t i) {
    const std::uint8_t announced = s_.readers[i].announced;
    if (announced != 0 && announced < s_.oldest) s_.oldest = announced;
  }
  void give_back() {
    const int slack = defect_ == EpochDefect::one_epoch_short ? 1 : 0;
    for (std::size_t i = 0; i < kModelObjects; ++i) {
      if (s_.waits[i] == 0 || s_.waits[i] >= s_.oldest + slack) continue;
      s_.waits[i] = 0;
      ++s_.given_back[i];
    }
    s_.oldest = s_.ended = 0;
  }

  const EpochState from_;
  EpochState s_;
  EpochFenceModel fence_;
  EpochDefect defect_;
};

/// Null, or what is wrong.
inline const char* what_is_wrong(const EpochState& s) {
  if (s.was_used_after) return "an object was used after it was given back";
  for (const std::uint8_t times : s.given_back) {
    if (times > 1) return "an object was given back twice";
  }
  return nullptr;
}

/// At the end, when nobody can step: what was retired must be with the collector's lists, the open batch, or
/// back.
inline const char* what_is_lost(const EpochState& s) {
  for (std::size_t i = 0; i < s.made; ++i) {
    const int places = (s.open >> i & 1) + (s.waits[i] != 0 ? 1 : 0) + s.given_back[i];
    if (places != 1) return places == 0 ? "a retired object is lost" : "a retired object is there twice";
  }
  return nullptr;
}

}  // namespace cenote::test
