/// Reads another process's memory. The process takes no part in it: nothing in it runs, stops or waits.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "stats/peek.hpp"

namespace cenote::cli {

/// A system call for each copy.
///
/// Source  process_vm_readv(2).
class RemotePeek final : public stats::Peek {
 public:
  explicit RemotePeek(pid_t process) noexcept : process_(process) {}
  bool copy(const void* address, void* to, std::size_t bytes) const noexcept override;

 private:
  pid_t process_;
};

/// Remembers each page that small copies touch: who walks lists of blocks needs a system call for each page,
/// not for each block.
class CachedPeek final : public stats::Peek {
 public:
  explicit CachedPeek(const stats::Peek& source) noexcept : source_(source) {}
  CachedPeek(const CachedPeek&) = delete;
  CachedPeek& operator=(const CachedPeek&) = delete;

  bool copy(const void* address, void* to, std::size_t bytes) const noexcept override;

 private:
  static constexpr std::size_t kPageBytes = 4096;  // a divisor of every system's
  struct Page {
    bool readable = false;
    std::array<std::byte, kPageBytes> bytes;
  };
  const Page& page_at(std::uintptr_t start) const;
  bool copy_from_pages(std::uintptr_t from, std::byte* to, std::size_t bytes) const;

  const stats::Peek& source_;
  mutable std::unordered_map<std::uintptr_t, Page> pages_{};
};

}  // namespace cenote::cli
