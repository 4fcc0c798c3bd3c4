#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include <cenote/arena.hpp>
#include <cenote/handlers.hpp>

#include "base/text.hpp"

namespace cenote {
namespace {

bool are_sound(const ArenaOptions& options) noexcept { return options.chunk_bytes != 0; }

const ArenaOptions& checked(const ArenaOptions& options) {
  if (!are_sound(options)) throw AllocFailure{"chunk_bytes", "is 0: say how large a chunk is"};
  return options;
}

std::size_t limit_of(const ArenaOptions& options) noexcept {
  return options.limit_bytes != 0 ? options.limit_bytes : ChunkStack::kNoLimit;
}

}  // namespace

Arena::Arena(const ArenaOptions& options, ChunkSource upstream, const annotate::Marks* marks)
    : Arena{Sound{checked(options)}, upstream, marks} {}

Result<Arena> Arena::create(const ArenaOptions& options, ChunkSource upstream,
                            const annotate::Marks* marks) noexcept {
  if (!are_sound(options)) return AllocError::bad_option;
  return Arena{Sound{options}, upstream, marks};
}

Arena::Arena(Sound sound, ChunkSource upstream, const annotate::Marks* marks) noexcept
    : budget_{sound.options.name},
      chunks_{sound.options, limit_of(sound.options), upstream.charged_to(budget_.shared()), marks} {
  text::copy(sound.options.name, name_);
  listed_.open(stats::Kind::arena, name_,
               chunks_.gauges().add(stats::Gauge::of(stats::Figure::failures, failures_)));
}

Arena::Arena(Arena&& other) noexcept
    // NOLINTNEXTLINE(performance-move-constructor-init): a copy, since `other` may get chunks again
    : budget_{other.budget_},
      chunks_{std::move(other.chunks_)},
      records_{std::exchange(other.records_, nullptr)},
      number_{std::exchange(other.number_, 0)},
      life_{std::exchange(other.life_, nullptr)},
      failures_{std::exchange(other.failures_, 0)},
      listed_{std::move(other.listed_)} {
  std::copy(std::begin(other.name_), std::end(other.name_), name_);
  listed_.follow(&other, this, sizeof(Arena));
  if (life_ != nullptr) life_->chunks = &chunks_;
}

Arena& Arena::operator=(Arena&& other) noexcept {
  if (this == &other) return *this;
  std::destroy_at(this);
  return *std::construct_at(this, std::move(other));
}

Arena::~Arena() {
  destroy_until(nullptr);
  listed_.close();
  arena_lives::end(life_);
}

void Arena::destroy_until(const DestructorRecord* record) noexcept {
  while (records_ != record && records_ != nullptr) {
    DestructorRecord& newest = *records_;
    records_ = newest.previous;  // before its turn: a destructor may make something, which is destroyed next
    newest.destroy(newest);
  }
}

void Arena::go_back(Mark mark) noexcept {
  destroy_until(mark.newest);
  chunks_.go_back(mark.place);
}

void Arena::prepare_checkpoints() noexcept {
  if (number_ == 0) number_ = arena_lives::new_number();
  if (chunks_.bump().at == 0) static_cast<void>(chunks_.open_for(1, 1));
}

bool Arena::prepare_references() noexcept {
  if (number_ == 0) number_ = arena_lives::new_number();
  if (life_ == nullptr) life_ = arena_lives::begin(number_, chunks_);
  return life_ != nullptr;
}

Result<void> Arena::try_restore(const Checkpoint& checkpoint) noexcept {
  if (checkpoint.arena_ != number_ || number_ == 0) return AllocError::foreign_block;
  if (!chunks_.stands(checkpoint.place_, checkpoint.time_)) return AllocError::double_free;
  go_back({checkpoint.place_, checkpoint.newest_});
  return {};
}

void Arena::restore(const Checkpoint& checkpoint) noexcept {
  const Result<void> restored = try_restore(checkpoint);
  if (!restored) report_misuse({restored.error(), reinterpret_cast<const void*>(checkpoint.place_), name_});
}

void Arena::reset(Scrub scrub) noexcept {
  destroy_until(nullptr);
  chunks_.restart(scrub);
}

ArenaStats Arena::stats() const noexcept {
  ArenaStats stats = chunks_.stats();
  stats.failures = failures_;
  return stats;
}

}  // namespace cenote
