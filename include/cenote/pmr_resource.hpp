/// std::pmr::memory_resource over any pool, arena or heap.
///
///     Heap heap{{.name = "parser"}};
///     PmrResource resource{heap};
///     std::pmr::vector<std::pmr::string> words{&resource};
///
/// Invariants  refers to the pool and owns nothing: the pool must outlive it, and it must outlive its
///             containers.
/// Threads     those of the pool.
#pragma once

#include <cstddef>
#include <memory_resource>

#include <cenote/detail/pool_access.hpp>

namespace cenote {

template <class P>
class PmrResource final : public std::pmr::memory_resource {
 public:
  explicit PmrResource(P& pool) noexcept : pool_{&pool} { require_pool<P>(); }

  P& pool() const noexcept { return *pool_; }

 private:
  /// Throws AllocFailure, a std::bad_alloc, when the pool has no such block: of equal blocks also when they
  /// are too small or too little aligned. 0 bytes get a block too.
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    return allocate_bytes(*pool_, bytes, alignment).value();
  }

  void do_deallocate(void* block, std::size_t bytes, std::size_t) override {
    deallocate_bytes(*pool_, block, bytes);
  }

  /// Two resources over one pool are equal: each may free what the other gave. (Without RTTI a resource
  /// equals only itself.)
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    if (this == &other) return true;
#if defined(__cpp_rtti)
    const auto* const same_kind = dynamic_cast<const PmrResource*>(&other);
    return same_kind != nullptr && same_kind->pool_ == pool_;
#else
    return false;
#endif
  }

  P* pool_;
};

}  // namespace cenote
