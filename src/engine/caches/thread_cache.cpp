#include "engine/caches/thread_cache.hpp"

#include <utility>

namespace cenote {

void ThreadCache::attach(CentralPool& central_pool, HotLists* hot) noexcept {
  central_pool_ = &central_pool;
  hot_ = hot != nullptr ? hot : &own_hot_;
  hot_->cache = this;
  const os::LockGuard guard{ready_lock_};
  closed_ = false;
}

void ThreadCache::review() noexcept {
  flush();
  emptied_released_ = 0;
  if (keeps_slabs_) return;
  for (Bin& bin : bins_) {
    Slab* behind = nullptr;
    for (Slab* slab = bin.sparse.front(); slab != nullptr; slab = behind) {
      behind = SlabList::next_of(*slab);
      const auto in_use = static_cast<std::uint16_t>(slab->used());
      if (std::exchange(slab->seen_used, in_use) != in_use) continue;
      unfile(*slab);
      leave_to_depot(*slab);
    }
  }
}

// By the class's cache, with nothing on its list.
std::size_t ThreadCache::purge_all(Bin& bin) noexcept {
  std::size_t bytes = bin.current == nullptr ? 0 : central_pool_->purge_slab(*bin.current);
  for (const SlabList* list : {&bin.partial, &bin.sparse}) {
    for (Slab* slab = list->front(); slab != nullptr; slab = SlabList::next_of(*slab))
      bytes += central_pool_->purge_slab(*slab);
  }
  return bytes;
}

std::size_t ThreadCache::settle() noexcept {
  flush();
  collect_ready();
  std::size_t bytes = 0;
  for (std::uint8_t index = 0; index < kClassCount; ++index) {
    Bin& bin = bins_[index];
    return_list({index});
    if (bin.current != nullptr && bin.current->used() == 0) give_up(*std::exchange(bin.current, nullptr));
    bytes += purge_all(bin);
  }
  return bytes;
}

// The class's list goes back to the current slab, whose blocks they are.
void ThreadCache::return_list(SizeClass c) noexcept {
  FreeBlock*& list = list_of(c);
  if (list == nullptr) return;
  Slab& slab = *bins_[c.index].current;
  std::uint32_t count = 1;
  FreeBlock* last = list;
  for (; last->next != nullptr; last = last->next) ++count;
  last->next = slab.free;
  slab.free = list;
  slab.set_used(slab.used() - count);
  list = nullptr;
}

void ThreadCache::detach() noexcept {
  flush();
  close_ready();
  for (std::uint8_t index = 0; index < kClassCount; ++index) {
    return_list({index});
    abandon_all(bins_[index]);
  }
  forget();
}

void ThreadCache::abandon_all(Bin& bin) noexcept {
  if (bin.current != nullptr) bin.partial.push_back(*bin.current);
  for (SlabList* list : {&bin.full, &bin.partial, &bin.sparse}) {
    while (Slab* slab = list->pop_front()) central_pool_->abandon(*slab);
  }
  bin = {};
}

void ThreadCache::forget() noexcept {
  close_ready();
  coarse_ = {};
  bins_ = {};
  emptied_units_ = emptied_released_ = 0;
  remote_.clear();
  keeps_slabs_ = false;
  own_hot_ = {this, {}};
  hot_ = &own_hot_;
  central_pool_ = nullptr;
}

}  // namespace cenote
