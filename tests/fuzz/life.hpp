/// The life of a pool, as an input decides it: calls, right and wrong ones, in a system that refuses memory
/// now and then, beside a model that knows what must come of each.
///
/// A Subject is one pool, its options and what is true of it alone:
///
///     Subject(Input&, FakeMemory&)            reads the options
///     AllocError open()                       makes the pool
///     Answers opening() const                 what `open` may say
///     Request, read_request(Input&)           a request for a block
///     Result<Piece> take(const Request&)      makes it
///     Answers answers_to(const Request&, const HeapModel&, AllocError said)
///                                             what the pool may say; asked after the call, which `model` knows nothing of yet
///     void taken(const Request&, const Piece&, const HeapModel&)    it did; `model` knows nothing of it yet
///     void other(Input&, HeapModel&)          a call that only this pool has
///     void look(const HeapModel&, const Counts&) const   statistics, invariants
///     void finish(Input&, HeapModel&)         right before the end: gives back what is not given back block by block
///     std::size_t close()                     ends the pool; how many blocks it must report as lost
///
/// and, where blocks are given back one by one,
///
///     AllocError give(std::byte*, std::size_t size, Way)
///     void given(const Held&)
///     Answers wrong_size(const Held&, std::size_t size) const   of none: it may go unnoticed
///     Answers unused(const std::byte*, bool just_freed) const   what freeing an address may say that lies in no block in use
///     std::byte* rivals_block(Input&)         a block of another pool of the kind
///
/// `out_of_memory` is always right when the system has refused something during the call, and never else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <cenote/result.hpp>

#include "fuzz/expect.hpp"
#include "fuzz/heap_model.hpp"
#include "fuzz/input.hpp"
#include "support/fake_memory.hpp"
#include "support/fresh_backing.hpp"
#include "support/leak_recorder.hpp"
#include "support/misuse_recorder.hpp"

namespace cenote::fuzz {

/// How a block is given back: by try_deallocate, by deallocate, by deallocate with the size.
enum class Way { quietly, loudly, with_size };

/// The pools' name, which every report must bear.
inline constexpr std::string_view kName = "fuzzed";

/// What a pool must have counted.
struct Counts {
  std::size_t taken = 0;
  std::size_t failures = 0;
};

/// What the misuse handler hears during `call`; kDone: nothing. With an address: of which it must speak.
template <class Call>
AllocError heard(Call&& call, const void* address = nullptr) {
  test::MisuseRecorder recorder;
  call();
  const auto reports = recorder.take();
  if (reports.empty()) return kDone;
  expect_equal(reports.size(), 1, "reports of one wrong call");
  expect(reports[0].pool == kName, "a report names the wrong pool");
  expect(address == nullptr || reports[0].address == address, "a report names the wrong block");
  return reports[0].error;
}

template <class Subject>
class Life {
 public:
  explicit Life(Input& in) : in_{in}, subject_{in, memory_} {}

  void run() {
    if (in_.below(8) == 7) refuse();
    if (open()) {
      while (!in_.done()) (this->*kSteps[in_.byte() % kSteps.size()])();
      if (model_.count() % 2 == 0) give_all();
      subject_.finish(in_, model_);
      look();
    }
    close();
  }

 private:
  static constexpr std::size_t kBlocksMax = 500;  // more teach nothing and cost time

  // Blocks that are given back one by one, not all at once.
  static constexpr bool kGives = requires(Subject & subject, std::byte* block) {
    subject.give(block, std::size_t{}, Way{});
  };

  bool open() {
    const std::size_t refusals = memory_.refusals();
    const AllocError said = subject_.open();
    trace("open: %s", name_of(said));
    expect_answer(said, subject_.opening(), refusals);
    return said == kDone;
  }

  void expect_answer(AllocError said, const Answers& answers, std::size_t refusals_before) {
    if (said == AllocError::out_of_memory && memory_.refusals() != refusals_before) return;
    answers.expect(said);
  }

  void take() { take(subject_.read_request(in_)); }
  void take(const typename Subject::Request& request) {
    const std::size_t refusals = memory_.refusals();
    const Result<Piece> taken = subject_.take(request);
    const AllocError said = taken.error();
    expect_answer(said, subject_.answers_to(request, model_, said), refusals);
    if (said != kDone) {
      ++counts_.failures;
      return;
    }
    ++counts_.taken;
    subject_.taken(request, *taken, model_);
    model_.add(*taken);
  }
  // So that few bytes fill slabs, magazines and chunks.
  void take_many() {
    const auto request = subject_.read_request(in_);
    for (std::size_t left = 1 + in_.below(120); left != 0 && model_.count() < kBlocksMax; --left)
      take(request);
  }

  void give() {
    if constexpr (kGives) {
      if (!model_.empty()) give_one(in_.below(model_.count()));
    } else {
      other();
    }
  }
  void give_one(std::size_t index) {
    const Held held = model_.remove(index);
    const auto way = static_cast<Way>(in_.below(3));
    const AllocError said = subject_.give(held.start, held.size, way);
    trace("give %p, %zu: %s", static_cast<void*>(held.start), held.size, name_of(said));
    expect(said == kDone, "a block in use could not be given back");
    subject_.given(held);
    freed_[freed_count_++ % freed_.size()] = held.start;
    if (in_.below(8) == 0) give_wrongly(held.start, held.size, true);
  }
  void give_many() {
    if constexpr (kGives) {
      const bool newest_first = in_.flag();
      for (std::size_t left = in_.byte(); left != 0 && !model_.empty(); --left)
        give_one(newest_first ? model_.count() - 1 : left % model_.count());
    } else {
      other();
    }
  }
  void give_all() {
    if constexpr (kGives) {
      while (!model_.empty()) give_one(0);
    }
  }

  void misuse() {
    if constexpr (kGives) {
      std::byte* const address = read_wrong_address();
      give_wrongly(address, 1 + in_.below(5000), false);
    } else {
      other();
    }
  }
  std::byte* read_wrong_address() {
    static std::array<std::byte, 64> global{};
    const std::size_t kind = in_.below(8);
    if (kind < 5 && !model_.empty()) {
      const Held& held = model_[in_.below(model_.count())];
      if (kind == 0) return held.start;  // with a wrong size
      if (kind < 3) return held.start + in_.below(held.usable);
      const std::ptrdiff_t distance =
          static_cast<std::ptrdiff_t>(in_.below(1 << 20)) * (in_.flag() ? 1 : -16);
      return reinterpret_cast<std::byte*>(address_of(held.start) + static_cast<std::uintptr_t>(distance));
    }
    if (kind < 6 && freed_count_ != 0) return freed_[in_.below(std::min(freed_count_, freed_.size()))];
    if (kind == 6) return subject_.rivals_block(in_);
    static const auto malloced = std::make_unique<std::array<std::byte, 256>>();
    const std::array<std::byte*, 5> foreign{global.data() + 16, malloced->data(), malloced->data() + 16,
                                            reinterpret_cast<std::byte*>(8),
                                            reinterpret_cast<std::byte*>(UINTPTR_MAX - 15)};
    return in_.one_of(foreign);
  }
  void give_wrongly(std::byte* address, std::size_t size, bool just_freed) {
    if (address == nullptr) return;
    auto way = static_cast<Way>(in_.below(3));
    const Held* const covering = model_.covering(address);
    Answers answers{AllocError::foreign_block};
    if (covering != nullptr && covering->start == address) {
      way = Way::with_size;
      answers = subject_.wrong_size(*covering, size);
      if (answers.none()) return;
    } else if (covering == nullptr) {
      answers = subject_.unused(address, just_freed);
    }
    const AllocError said = subject_.give(address, size, way);
    trace("give wrongly %p, %zu: %s", static_cast<void*>(address), size, name_of(said));
    answers.expect(said);  // whether it has harmed anything, the next look tells
  }

  void refuse() {
    const std::size_t n = in_.below(6), times = in_.below(4);
    trace("the system refuses %zu calls after %zu", times, n);
    memory_.fail_after(n, times == 0 ? test::FakeMemory::kNever : times);
  }
  void allow() {
    trace("the system refuses no more");
    memory_.reset();
    memory_.refuse_purge = in_.below(4) == 0;
  }

  void other() { subject_.other(in_, model_); }
  void look() {
    model_.check_all();
    subject_.look(model_, counts_);
  }

  void close() {
    test::LeakRecorder recorder;
    const std::size_t lost = kGives ? model_.count() : 0;
    trace("close with %zu blocks in use", model_.count());
    subject_.close();
    const auto reports = recorder.take();
    expect_equal(reports.size(), lost != 0 ? 1 : 0, "leak reports");
    if (lost == 0) return;
    expect_equal(reports[0].blocks, lost, "blocks reported as leaked");
    expect(reports[0].pool == kName, "a leak report names the wrong pool");
  }

  static constexpr std::array<void (Life::*)(), 16> kSteps{
      &Life::take,  &Life::take, &Life::take,      &Life::take,   &Life::take_many, &Life::give,
      &Life::give,  &Life::give, &Life::give_many, &Life::misuse, &Life::misuse,    &Life::other,
      &Life::other, &Life::look, &Life::refuse,    &Life::allow};

  Input& in_;
  test::FakeMemory memory_;
  test::FreshBacking backing_{memory_};
  Subject subject_;
  HeapModel model_;
  Counts counts_;
  std::array<std::byte*, 16> freed_{};
  std::size_t freed_count_ = 0;
};

}  // namespace cenote::fuzz
