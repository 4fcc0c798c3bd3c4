#include "profile/sites.hpp"

#include <algorithm>
#include <atomic>
#include <memory>

namespace cenote::profile {
namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) noexcept {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 29);
}

std::uint64_t hash_of(const Place& place) noexcept {
  std::uint64_t hash = 0;
  for (const Name* name : {place.pool, place.tag, place.thread}) {
    hash = mix(hash, reinterpret_cast<std::uintptr_t>(name));
  }
  for (const std::uintptr_t frame : place.frames) hash = mix(hash, frame);
  return hash;
}

bool same(const Place& one, const Place& other) noexcept {
  return one.pool == other.pool && one.tag == other.tag && one.thread == other.thread &&
         std::ranges::equal(one.frames, other.frames);
}

}  // namespace

Site* Sites::find(const Place& place, os::PermanentMemory& memory) noexcept {
  const std::uint64_t hash = hash_of(place);
  for (Site* site = buckets_[static_cast<std::size_t>(hash % buckets_.size())]; site != nullptr;
       site = site->next) {
    if (site->hash == hash && same(site->place, place)) return site;
  }
  return count_ == kMost ? nullptr : add(place, hash, memory);
}

// The frames lie behind the site.
Site* Sites::add(const Place& place, std::uint64_t hash, os::PermanentMemory& memory) noexcept {
  auto* const room = static_cast<std::byte*>(memory.allocate(sizeof(Site) + place.frames.size_bytes()));
  if (room == nullptr) return nullptr;
  auto* const frames = reinterpret_cast<std::uintptr_t*>(room + sizeof(Site));
  std::ranges::copy(place.frames, frames);
  Site*& first = buckets_[static_cast<std::size_t>(hash % buckets_.size())];
  Place kept = place;
  kept.frames = {frames, place.frames.size()};
  first = std::construct_at(reinterpret_cast<Site*>(room), Site{first, newest_, hash, kept, {}});
  std::atomic_ref{newest_}.store(first,
                                 std::memory_order_release);  // who reads from outside meets whole sites only
  ++count_;
  return first;
}

}  // namespace cenote::profile
