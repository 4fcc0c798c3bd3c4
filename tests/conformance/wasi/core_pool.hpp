/// The pool of the JavaScript package as a subject of the conformance suite: the sources of its modules, at
/// the addresses that these use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <cenote/detail/pool_options.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

namespace cenote::test {

/// One at a time, since a memory holds one. Our toolchain file keeps the program's own data above it.
class CorePool {
 public:
  CorePool(const PoolOptions& options, os::Memory& unused);
  ~CorePool();
  CorePool(const CorePool&) = delete;
  CorePool& operator=(const CorePool&) = delete;

  std::size_t capacity() const { return capacity_; }
  std::size_t available() const;
  std::size_t in_use() const { return capacity_ - available(); }
  bool owns(const void* block) const;

  Result<std::byte*> try_allocate();
  std::byte* allocate();
  Result<void> try_deallocate(void* block);
  void deallocate(void* block);

 private:
  std::size_t capacity_;
  std::string name_;
};

}  // namespace cenote::test
