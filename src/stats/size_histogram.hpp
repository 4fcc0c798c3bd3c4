/// What sizes a program asks for: one counter per size bucket, in memory that another process can map.
///
/// Buckets are 8 bytes wide below 64 bytes and four to a doubling above, so a bucket's width is at most a
/// quarter of its floor:
///
///     bucket   0      1       7        8        9       11      12        16 ...
///     floor    0      8  ..  56       64       80  ..  112     128       256 ...
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace cenote::stats {

/// Live counters of one process; the file `sizes.<pid>` is exactly these bytes, native byte order.
struct SizeHistogram {
  static constexpr std::uint64_t kMagic = 0x3130'7a73'746e'6563;  // "centsz01" read as little endian
  static constexpr std::size_t kBuckets = 240;                    // up to 2^64 - 1 bytes

  std::uint64_t magic = 0;                                   // kMagic once the file is ready
  std::array<std::atomic<std::uint64_t>, kBuckets> calls{};  // any thread: add, relaxed

  /// The bucket that counts requests of `bytes`. O(1).
  static constexpr std::size_t bucket_of(std::uint64_t bytes) noexcept {
    if (bytes < 64) return static_cast<std::size_t>(bytes / 8);
    const int octave = static_cast<int>(std::bit_width(bytes)) - 1;
    return 8 + static_cast<std::size_t>(octave - 6) * 4 +
           static_cast<std::size_t>((bytes >> (octave - 2)) & 3);
  }

  /// The smallest request counted in `bucket`, in bytes.
  static constexpr std::uint64_t floor_of(std::size_t bucket) noexcept {
    if (bucket < 8) return bucket * 8;
    const std::size_t octave = 6 + (bucket - 8) / 4;
    return (std::uint64_t{4} + (bucket - 8) % 4) << (octave - 2);
  }

  void count(std::uint64_t bytes) noexcept {
    calls[bucket_of(bytes)].fetch_add(1, std::memory_order_relaxed);
  }
};

static_assert(
    [] {
      for (std::size_t bucket = 0; bucket < SizeHistogram::kBuckets; ++bucket) {
        if (SizeHistogram::bucket_of(SizeHistogram::floor_of(bucket)) != bucket) return false;
      }
      return SizeHistogram::bucket_of(~std::uint64_t{0}) == SizeHistogram::kBuckets - 1;
    }(),
    "each bucket holds its own floor, and the last holds the largest size");
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "counters are shared between processes");

}  // namespace cenote::stats
