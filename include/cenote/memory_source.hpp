/// The one door to the system's memory. Everything above takes an `os::Memory&`, so that a test can pass one
/// that counts, fails at the n-th call, or lies. Called on slow paths only: a virtual call costs nothing
/// beside a system call.
///
///     reserve --> commit <--> decommit        addresses; readable and writable; addresses again
///                   |  ^
///                 purge  (still accessible, contents become zero)
#pragma once

#include <cstddef>
#include <span>

#include <cenote/detail/cxx20.hpp>

namespace cenote {

/// 1 GiB; 16 MiB where addresses have 32 bits, since to align a block takes as many of them.
inline constexpr std::size_t kServedAlignmentMax = std::size_t{1} << (sizeof(std::size_t) == 8 ? 30 : 24);

/// What a pool of blocks hands out: `size()` bytes, uninitialised.
using Block = std::span<std::byte>;

/// What try_allocate_at_least() gives: `size` bytes at `pointer`, all of them the caller's.
struct SizedAllocation {
  void* pointer;
  std::size_t size;
};

enum class PageKind {
  normal,            ///< the system's pages, 4 KiB on x86-64
  transparent_huge,  ///< normal pages that the kernel is asked to merge
  huge_2mib,         ///< reserved huge pages
  huge_1gib
};

/// No wish for a node.
inline constexpr int any_numa_node = -1;

/// What a pool asks for, or was granted.
struct Pages {
  PageKind kind = PageKind::normal;
  int node = any_numa_node;
  friend constexpr bool operator==(Pages, Pages) noexcept = default;
};

}  // namespace cenote

namespace cenote::os {

/// A run of whole pages. Empty (null, 0) stands for failure.
struct Region {
  std::byte* start = nullptr;
  std::size_t bytes = 0;

  explicit operator bool() const noexcept { return start != nullptr; }
  std::byte* end() const noexcept { return start + bytes; }
};

/// How an attempt to reserve given addresses ended.
enum class Claim {
  made,
  occupied,  // other mappings have some of these addresses
  refused    // the system has no addresses left, or cannot reserve given ones
};

/// Units       bytes; regions and sizes are multiples of page_bytes().
/// Threads     any, on disjoint regions.
class Memory {
 public:
  /// Addresses only, aligned to `alignment` (a power of two); empty when the system refuses.
  virtual Region reserve(std::size_t bytes, std::size_t alignment) noexcept = 0;
  /// Makes reserved addresses readable and writable, reading as zero when fresh. False when the system
  /// refuses.
  virtual bool commit(Region region) noexcept = 0;
  /// The same in reserved huge pages of that kind, in place; a region of whole ones. False where there are
  /// not enough, or the system cannot: then nothing changed.
  virtual bool commit_huge(Region, PageKind) noexcept { return false; }
  /// Gives the pages back; the addresses stay accessible and read as zero. False when the system refuses:
  /// then nothing changed.
  virtual bool purge(Region region) noexcept = 0;
  /// Gives pages and access back; commit again before touching.
  virtual void decommit(Region region) noexcept = 0;
  /// Gives the addresses back: of a whole region, as reserve, map or remap gave it.
  virtual void release(Region region) noexcept = 0;
  /// Releases the addresses of a part of a reserved region; other mappings may take them. The rest stays, and
  /// is released in parts too. False when the system cannot: then nothing changed.
  virtual bool release_part(Region) noexcept { return false; }
  /// Reserves exactly these addresses, which release_part released.
  virtual Claim claim(Region) noexcept { return Claim::refused; }

  /// Committed memory in one step: reserve and commit.
  virtual Region map(std::size_t bytes, std::size_t alignment) noexcept = 0;
  /// Resizes a mapped region, moving it when it must, without copying bytes; empty when it cannot: then
  /// nothing changed.
  virtual Region remap(Region region, std::size_t bytes) noexcept = 0;
  /// Brings all pages of a committed region in at once, cheaper than one fault each. False when the system
  /// does not: touch them then, if it matters.
  virtual bool populate(Region region) noexcept = 0;
  /// Asks for transparent huge pages. A hint.
  virtual void advise_huge(Region region) noexcept = 0;
  /// Asks that pages which are there already be merged into huge ones, now (MADV_COLLAPSE, Linux 6.1). A
  /// hint.
  virtual void collapse(Region) noexcept {}

  /// The same memory in pages of that kind; null where there is no such. What it reserves is backed whole and
  /// at once, or not at all: commit is free, and never too late. (Of normal memory, normal and
  /// transparent_huge: this; whoever wants the latter advises.) Lives as long as this.
  virtual Memory* with_pages(PageKind kind) noexcept {
    return kind == PageKind::normal || kind == PageKind::transparent_huge ? this : nullptr;
  }

 protected:
  constexpr Memory() noexcept = default;
  ~Memory() = default;
};

/// The system's own memory: each platform defines it in src/os/<platform>/memory.cpp.
class SystemMemory final : public Memory {
 public:
  Region reserve(std::size_t bytes, std::size_t alignment) noexcept override;
  bool commit(Region region) noexcept override;
  bool commit_huge(Region region, PageKind kind) noexcept override;
  bool purge(Region region) noexcept override;
  void decommit(Region region) noexcept override;
  void release(Region region) noexcept override;
  bool release_part(Region region) noexcept override;
  Claim claim(Region region) noexcept override;
  Region map(std::size_t bytes, std::size_t alignment) noexcept override;
  Region remap(Region region, std::size_t bytes) noexcept override;
  bool populate(Region region) noexcept override;
  void advise_huge(Region region) noexcept override;
  void collapse(Region region) noexcept override;
  Memory* with_pages(PageKind kind) noexcept override;
};

/// Usable before main; never torn down.
extern SystemMemory g_system_memory;

}  // namespace cenote::os
