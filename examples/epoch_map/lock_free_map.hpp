// A hash map of fixed width whose readers take no lock and write nothing shared: each bucket is a list, and
// each node's value never changes, so that a new value is a new node in the old one's place. What is out of
// the map goes back to the pool when no reader can see it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include <cenote/cenote.hpp>

namespace epoch_map {

/// Threads     any. `find` waits for nobody; writers wait for each other, bucket by bucket.
template <class Value, std::size_t kBuckets>
class LockFreeMap {
  struct Node {
    std::uint64_t key;
    Value value;
    std::atomic<Node*> next;
  };

 public:
  LockFreeMap(std::size_t capacity, std::size_t retired_max)
      : nodes_{{.capacity = capacity + retired_max, .name = "map nodes"}},
        domain_{{.name = "map readers", .retired_max = retired_max}} {}

  /// No thread is inside a call.
  ~LockFreeMap() {
    for (Bucket& bucket : buckets_) {
      while (Node* const node = bucket.first.load(std::memory_order_relaxed)) {
        bucket.first.store(node->next.load(std::memory_order_relaxed), std::memory_order_relaxed);
        std::destroy_at(node);
        nodes_.deallocate(node);
      }
    }
  }
  LockFreeMap(const LockFreeMap&) = delete;
  LockFreeMap& operator=(const LockFreeMap&) = delete;

  std::optional<Value> find(std::uint64_t key) {
    const auto guard = domain_.enter();  // what the lists lead to stays until `find` returns
    const Node* node = bucket_of(key).first.load(std::memory_order_acquire);
    while (node != nullptr && node->key != key) node = node->next.load(std::memory_order_acquire);
    return node != nullptr ? std::optional{node->value} : std::nullopt;
  }

  void put(std::uint64_t key, const Value& value) {
    Node* const fresh = std::construct_at(nodes_.allocate(), key, value, nullptr);
    Node* old = nullptr;
    {
      Bucket& bucket = bucket_of(key);
      const std::lock_guard lock{bucket.writers};
      std::atomic<Node*>& place = place_of(bucket, key);
      old = place.load(std::memory_order_relaxed);
      fresh->next.store(old != nullptr ? old->next.load(std::memory_order_relaxed) : nullptr,
                        std::memory_order_relaxed);
      place.store(fresh, std::memory_order_release);
    }
    if (old != nullptr) domain_.retire(nodes_, old);  // without the lock: it may wait for a reader
  }

  bool erase(std::uint64_t key) {
    Node* old = nullptr;
    {
      Bucket& bucket = bucket_of(key);
      const std::lock_guard lock{bucket.writers};
      std::atomic<Node*>& place = place_of(bucket, key);
      old = place.load(std::memory_order_relaxed);
      if (old == nullptr) return false;
      place.store(old->next.load(std::memory_order_relaxed), std::memory_order_release);
    }
    domain_.retire(nodes_, old);
    return true;
  }

  cenote::EpochDomain& domain() { return domain_; }
  cenote::PoolStats nodes() const { return nodes_.stats(); }

 private:
  struct alignas(cenote::cache_line) Bucket {
    std::atomic<Node*> first{nullptr};
    std::mutex writers;
  };

  Bucket& bucket_of(std::uint64_t key) { return buckets_[key * 0x9e3779b97f4a7c15 % kBuckets]; }
  /// The pointer to the key's node, or the null one where it would be.
  static std::atomic<Node*>& place_of(Bucket& bucket, std::uint64_t key) {
    std::atomic<Node*>* place = &bucket.first;
    for (Node* node = nullptr; (node = place->load(std::memory_order_relaxed)) != nullptr;
         place = &node->next) {
      if (node->key == key) break;
    }
    return *place;
  }

  cenote::FixedPool<Node> nodes_;  // before the domain, which gives nodes back to it at its end
  cenote::EpochDomain domain_;
  std::array<Bucket, kBuckets> buckets_{};
};

}  // namespace epoch_map
