#pragma once

// What a workload tells bench/run_workloads: lines of `name value` on its standard output.

#include <unistd.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace cenote {

/// Folds values into one number; the order of the calls matters.
class Checksum {
 public:
  void add(std::uint64_t value) noexcept {
    sum_ = (sum_ ^ value) * 0x100000001B3u;  // FNV-1a's step, a word at a time
    sum_ ^= sum_ >> 29;
  }

  void add(std::string_view text) noexcept {
    for (const char c : text) add(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
  }

  std::uint64_t value() const noexcept { return sum_; }

 private:
  std::uint64_t sum_ = 0xCBF29CE484222325u;
};

/// The same under every allocator, or that allocator has broken the program.
inline void report_checksum(std::uint64_t value) { std::printf("checksum %016" PRIx64 "\n", value); }

/// A number that the table of special figures shows.
inline void report_figure(const char* name, std::uint64_t value) {
  std::printf("%s %" PRIu64 "\n", name, value);
}

/// Bytes of this process that are in memory now.
inline std::uint64_t resident_bytes() {
  unsigned long long pages_total = 0;
  unsigned long long pages_resident = 0;
  std::FILE* statm = std::fopen("/proc/self/statm", "r");
  if (statm == nullptr) return 0;
  if (std::fscanf(statm, "%llu %llu", &pages_total, &pages_resident) != 2) pages_resident = 0;
  std::fclose(statm);
  return pages_resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace cenote
