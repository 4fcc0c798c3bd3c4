#include "cli/sizes/size_counts.hpp"

#include <fstream>
#include <numeric>

#include <gtest/gtest.h>

#include "cli/process/temporary.hpp"
#include "cli/sizes/size_ranges.hpp"

namespace cenote::cli {
namespace {

/// Writes what a process would that asked for `sizes`.
void write_process(const std::string& path, const std::vector<std::uint64_t>& sizes,
                   std::uint64_t magic = stats::SizeHistogram::kMagic) {
  stats::SizeHistogram histogram;
  histogram.magic = magic;
  for (const std::uint64_t size : sizes) histogram.count(size);
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(&histogram), sizeof histogram);
}

std::size_t bucket(std::uint64_t size) { return stats::SizeHistogram::bucket_of(size); }

TEST(SizeCounts, AddUpTheProcessesOfAFolder) {
  const TemporaryFolder folder;
  write_process(folder.path() + "/sizes.1", {8, 8, 4096});
  write_process(folder.path() + "/sizes.2", {8, 100});
  const SizeCounts counts = merge_size_files(folder.path());
  EXPECT_EQ(counts.processes, 2U);
  EXPECT_EQ(counts.total(), 5U);
  EXPECT_EQ(counts.calls[bucket(8)], 3U);
  EXPECT_EQ(counts.calls[bucket(4096)], 1U);
}

TEST(SizeCounts, LeaveOutFilesOfAnotherFormat) {
  const TemporaryFolder folder;
  write_process(folder.path() + "/sizes.1", {8}, 0);  // not ready: its process died in between
  write_process(folder.path() + "/other.1", {8});
  std::ofstream(folder.path() + "/sizes.2") << "short";
  EXPECT_EQ(merge_size_files(folder.path()).processes, 0U);
  EXPECT_EQ(merge_size_files(folder.path() + "/none").total(), 0U);
}

TEST(SizeCounts, QuantilesAreTheFirstBucketThatReachesThem) {
  SizeCounts counts;
  counts.calls[3] = 50;
  counts.calls[9] = 49;
  counts.calls[200] = 1;
  EXPECT_EQ(counts.quantile_bucket(0.5), 3U);
  EXPECT_EQ(counts.quantile_bucket(0.51), 9U);
  EXPECT_EQ(counts.quantile_bucket(0.99), 9U);
  EXPECT_EQ(counts.quantile_bucket(1), 200U);
  EXPECT_EQ(SizeCounts{}.quantile_bucket(0.5), 0U);
}

TEST(SizeRanges, AreDoublingsThatHoldEveryCall) {
  SizeCounts counts;
  std::iota(counts.calls.begin(), counts.calls.end(), 1U);
  const auto ranges = size_ranges(counts);
  std::uint64_t calls = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    calls += ranges[i].calls;
    EXPECT_EQ(ranges[i].begin, i == 0 ? 0 : ranges[i - 1].end);
    EXPECT_EQ(ranges[i].end, i == 0 ? 16 : ranges[i].begin * 2);
  }
  EXPECT_EQ(calls, counts.total());
}

TEST(SizeRanges, StartAndEndWhereSomethingWasAskedFor) {
  SizeCounts counts;
  counts.calls[bucket(40)] = 1;
  counts.calls[bucket(100)] = 2;
  const auto ranges = size_ranges(counts);
  ASSERT_EQ(ranges.size(), 2U);
  EXPECT_EQ(ranges.front().begin, 32);
  EXPECT_EQ(ranges.back().end, 128);
  EXPECT_TRUE(size_ranges({}).empty());
}

}  // namespace
}  // namespace cenote::cli
