/// What only an Arena has: checkpoints and references that know when they are dead, objects whose destructors
/// run.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "fuzz/arena_subjects.hpp"

namespace cenote::fuzz {

/// Notes who is destroyed, in which order.
class Mourned {
 public:
  static inline std::vector<std::size_t> dead;
  static inline std::size_t born = 0;

  Mourned() : id_{born++} {}
  ~Mourned() { dead.push_back(id_); }
  Mourned(const Mourned&) = delete;
  Mourned& operator=(const Mourned&) = delete;

 private:
  std::size_t id_;
};
struct NeverBorn {
  NeverBorn() { throw 1; }
  std::byte bytes[100];
};

class CheckpointedArena : public GrowingArena<Arena> {
 public:
  CheckpointedArena(Input& in, test::FakeMemory& memory) : GrowingArena{in, memory} {
    Mourned::dead.clear();
    Mourned::born = 0;
  }

  void other(Input& in, HeapModel& model) {
    switch (in.below(16)) {
      case 0:
      case 1:
      case 2:
        return take_checkpoint(model);
      case 3:
      case 4:
      case 5:
      case 6:
        return restore(in, model);
      case 7:
        return reset(in, model);
      case 8:
      case 9:
        return refer(in, model);
      case 10:
        return restore_wrongly(in);
      case 11:
        return make(model, 0);
      case 12:
        return make(model, 1 + in.below(20));
      case 13:
        return make_in_vain();
      case 14:
        return trim();
      default:
        return move();
    }
  }
  void look(const HeapModel& model, const Counts& counts) const {
    GrowingArena::look(model, counts);
    for (const Ref& ref : refs_) {
      const std::byte* const should_be = ref.stands ? ref.target : nullptr;
      expect(ref.ref.get() == should_be, "a reference is wrong about its object");
    }
  }
  void finish(Input& in, HeapModel& model) {
    if (in.flag()) reset(in, model);
  }
  void close() {
    GrowingArena::close();
    expect_destroyed(0);
    for (const Ref& ref : refs_) expect(ref.ref.get() == nullptr, "a reference outlives its arena");
  }

 private:
  /// Stands as long as the arena has not gone back to a lower rank: 0 before the first chunk, else 1 + the
  /// number of blocks.
  struct Point {
    Checkpoint checkpoint;
    std::size_t rank;
    std::size_t used;
    bool stands;
  };
  struct Ref {
    ArenaRef<std::byte> ref;
    const std::byte* target;
    std::size_t index;  // of its block
    bool stands;
  };
  struct Object {
    std::size_t id;
    std::size_t index;  // of its block
  };

  void take_checkpoint(const HeapModel& model) {
    const Checkpoint checkpoint = arena_->checkpoint();
    const bool has_chunk = arena_->stats().chunks != 0;
    trace("checkpoint %zu, after %zu blocks", points_.size(), model.count());
    points_.push_back({checkpoint, has_chunk ? 1 + model.count() : 0, arena_->used(), true});
  }
  void restore(Input& in, HeapModel& model) {
    if (points_.empty()) return;
    const std::size_t back = std::min<std::size_t>(points_.size(), in.flag() ? 3 : 256);
    const std::size_t index = points_.size() - 1 - in.below(back);
    const Point point = points_[index];
    model.check_all();
    const AllocError said = restore_by(in.flag(), point.checkpoint);
    trace("restore checkpoint %zu: %s", index, name_of(said));
    Answers{point.stands ? kDone : AllocError::double_free}.expect(said);
    if (said != kDone) return;
    expect_equal(arena_->used(), point.used, "used after a restore");
    zeroed_ = false;
    fall_to(point.rank, model);
  }
  AllocError restore_by(bool loudly, const Checkpoint& checkpoint) {
    if (!loudly) return arena_->try_restore(checkpoint).error();
    return heard([&] { arena_->restore(checkpoint); });
  }
  void restore_wrongly(Input& in) {
    Arena other;
    const Checkpoint of_other = other.checkpoint();
    const AllocError said = restore_by(in.flag(), in.flag() ? of_other : Checkpoint{});
    Answers{AllocError::foreign_block}.expect(said);
  }
  void reset(Input& in, HeapModel& model) {
    GrowingArena::reset(in, model);
    fall_to(1, model);
    for (Point& point : points_) point.stands = false;
  }
  void fall_to(std::size_t rank, HeapModel& model) {
    const std::size_t count = rank == 0 ? 0 : rank - 1;
    model.cut_to(count);
    expect_destroyed(count);
    for (Point& point : points_) point.stands = point.stands && point.rank <= rank;
    for (Ref& ref : refs_) ref.stands = ref.stands && ref.index < count;
  }
  /// The objects of blocks from `count` on, the newest first.
  void expect_destroyed(std::size_t count) {
    for (const std::size_t id : Mourned::dead) {
      expect(!objects_.empty() && objects_.back().index >= count, "an object that lives is destroyed");
      expect_equal(id, objects_.back().id, "the next object to be destroyed");
      objects_.pop_back();
    }
    Mourned::dead.clear();
    expect(objects_.empty() || objects_.back().index < count, "an object is not destroyed");
  }

  void refer(Input& in, const HeapModel& model) {
    std::byte local{};
    expect(arena_->ref(&local).get() == nullptr, "a reference to what is not the arena's");
    if (model.empty()) return;
    const std::size_t index = in.below(model.count());
    std::byte* const target = model[index].start + in.below(model[index].size);
    trace("refer to %p, in block %zu", static_cast<void*>(target), index);
    refs_.push_back({arena_->ref(target), target, index, true});
  }

  /// One object, or an array of `count`.
  void make(HeapModel& model, std::size_t count) {
    used_before_ = arena_->used();
    const std::size_t first = Mourned::born, refusals = upstream_.refusals();
    const Result<std::span<Mourned>> made = count == 0 ? make_one() : arena_->try_make_array<Mourned>(count);
    const std::size_t bytes = std::max<std::size_t>(count, 1) * sizeof(Mourned);
    trace("make %zu objects: %s", count, name_of(made.error()));
    if (!made) {
      ++own_failures_;
      if (made.error() == AllocError::out_of_memory && upstream_.refusals() != refusals) return;
      return answers_to({bytes + 32, alignof(Mourned)}, model, made.error()).expect(made.error());
    }
    note_peak();
    for (std::size_t id = first; id < Mourned::born; ++id) objects_.push_back({id, model.count()});
    model.add({reinterpret_cast<std::byte*>(made->data()), bytes, bytes, alignof(Mourned), false});
  }
  Result<std::span<Mourned>> make_one() {
    const Result<Mourned*> made = arena_->try_make<Mourned>();
    if (!made) return made.error();
    return std::span<Mourned>{*made, 1};
  }
  void make_in_vain() {
    const std::size_t used = arena_->used();
    bool thrown = false;
    try {
      if (!arena_->try_make<NeverBorn>()) ++own_failures_;
    } catch (int) {
      thrown = true;
    }
    trace("make in vain: %s", thrown ? "thrown" : "refused");
    expect_equal(arena_->used(), used, "used after a constructor has thrown");
    peak_ = std::max(peak_, thrown ? arena_->stats().peak_used : 0);
  }

  void move() {
    trace("move");
    Arena moved{std::move(*arena_)};
    expect(arena_->used() == 0 && arena_->stats().chunks == 0, "a moved arena has memory");
    *arena_ = std::move(moved);
  }

  std::vector<Point> points_;
  std::vector<Ref> refs_;
  std::vector<Object> objects_;  // that live, the newest last
};

}  // namespace cenote::fuzz
