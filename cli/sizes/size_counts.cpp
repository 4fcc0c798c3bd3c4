#include "size_counts.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <optional>
#include <system_error>

namespace cenote::cli {
namespace {

/// The bytes of stats::SizeHistogram without its atomics.
struct SizeFile {
  std::uint64_t magic = 0;
  std::array<std::uint64_t, SizeCounts::kBuckets> calls{};
};
static_assert(sizeof(SizeFile) == sizeof(stats::SizeHistogram));

std::optional<SizeFile> read_size_file(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::file_size(path, error) != sizeof(SizeFile) || error) return std::nullopt;
  SizeFile file;
  std::ifstream stream(path, std::ios::binary);
  stream.read(reinterpret_cast<char*>(&file), sizeof file);
  if (!stream || file.magic != stats::SizeHistogram::kMagic) return std::nullopt;
  return file;
}

void add(SizeCounts& counts, const SizeFile& file) {
  for (std::size_t bucket = 0; bucket < SizeCounts::kBuckets; ++bucket)
    counts.calls[bucket] += file.calls[bucket];
  ++counts.processes;
}

}  // namespace

std::uint64_t SizeCounts::total() const noexcept { return std::reduce(calls.begin(), calls.end()); }

std::size_t SizeCounts::quantile_bucket(double share) const noexcept {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(static_cast<double>(total()) * share));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += calls[bucket];
    if (seen >= wanted && seen > 0) return bucket;
  }
  return 0;
}

double bucket_begin(std::size_t bucket) noexcept {
  return static_cast<double>(stats::SizeHistogram::floor_of(bucket));
}

double bucket_end(std::size_t bucket) noexcept {
  return bucket + 1 < SizeCounts::kBuckets ? bucket_begin(bucket + 1) : std::ldexp(1.0, 64);
}

SizeCounts merge_size_files(const std::string& folder) {
  SizeCounts counts;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (!entry.path().filename().string().starts_with("sizes.")) continue;
    if (const auto file = read_size_file(entry.path())) add(counts, *file);
  }
  return counts;
}

}  // namespace cenote::cli
