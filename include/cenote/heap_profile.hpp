/// Where memory comes from: a heap profile of every Heap and PoolManager of this module, sampled, with call
/// stacks. The malloc replacement makes one of malloc's blocks by CENOTE_OPTIONS=profile=FILE.
/// docs/profiling.md shows both.
///
///     cenote::profile::start();
///     ...
///     cenote::profile::write("heap.pb");      // go tool pprof heap.pb
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <cenote/detail/cxx20.hpp>

namespace cenote::profile {

inline constexpr std::uint64_t kDefaultRate = 512 * 1024;

struct Options {
  /// a sample for so many bytes allocated, in the mean; 1: every block
  std::uint64_t rate_bytes = kDefaultRate;
  std::uint64_t seed = 0;  ///< of the choice of blocks; 0: a different one each time
};

/// Blocks, and bytes as they were asked for. Estimates, but at rate 1.
struct Amount {
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;
};

struct Totals {
  Amount allocated{};         ///< since the start
  Amount live{};              ///< of these not freed yet
  Amount peak{};              ///< live when most bytes were, to 5 %
  std::uint64_t samples = 0;  ///< blocks looked at since the start
  std::uint64_t lost = 0;     ///< of these not recorded: there was no room
};

/// What start() and write() could not do, and why; null: nothing.
using Problem = const char*;

/// Samples what is allocated from now on. Once in a process: after stop(), goes on with the samples there
/// are, at another rate if asked.
/// Errors  where the platform has no call stacks that we can read (all but Linux with glibc 2.35 or later);
///         out of memory; rate 0.
/// Threads any.
[[nodiscard]] Problem start(const Options& options = {}) noexcept;

/// Samples no more; frees of sampled blocks are still seen.
void stop() noexcept;

/// Sums over all that was sampled. Threads: any.
Totals totals() noexcept;

/// Writes all of it to `path`, in pprof's format, not compressed; the file appears when it is whole. "%p" in
/// the path stands for the process id. Allocates nothing but mapped memory for the call.
/// Errors  nothing was started; out of memory; the file cannot be written.
/// Threads any, one at a time goes.
[[nodiscard]] Problem write(const char* path) noexcept;

/// Prints what is not freed now, grouped by where it was allocated, the 20 largest places, on stderr; says
/// whether these are estimates.
void report_live() noexcept;

}  // namespace cenote::profile

namespace cenote {

namespace profile {
struct Name;
}

/// While it lives, samples of what the calling thread allocates carry this tag: from heaps, and from malloc
/// where the replacement is loaded.
///
///     void parse(const Text& text) {
///       const cenote::Tag tag{"parser"};   // until the end of the scope; an inner tag hides it
///
/// The name is copied once and never given back; 63 bytes of it count. The scope must end on the thread that
/// began it.
/// Complexity  a look-up in a table of names, under a lock.
class [[nodiscard]] Tag {
 public:
  explicit Tag(std::string_view name) noexcept;
  ~Tag();
  Tag(const Tag&) = delete;
  Tag& operator=(const Tag&) = delete;

 private:
  const profile::Name* before_;
};

}  // namespace cenote
