// One array that grows from 1 to 600 MB by realloc, an eighth at a time, as a program does that reads a file
// of unknown length, then a vector of the same data that grows by push_back to 200 MB. Each new page is
// written once.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "support/report.hpp"

namespace cenote {
namespace {

constexpr std::size_t kMegabyte = 1'000'000;
constexpr std::size_t kPage = 4096;

std::uint64_t grow_by_realloc() {
  Checksum checksum;
  char* bytes = nullptr;
  std::size_t size = 0;
  for (std::size_t next = kMegabyte; size < 600 * kMegabyte; next += next / 8) {
    next = std::min(next, 600 * kMegabyte);
    void* grown = std::realloc(bytes, next);
    if (grown == nullptr) std::abort();
    bytes = static_cast<char*>(grown);
    for (std::size_t i = (size + kPage - 1) / kPage * kPage; i < next; i += kPage)
      bytes[i] = static_cast<char>(i / kPage);
    size = next;
    checksum.add(static_cast<std::uint64_t>(bytes[(size / 2) / kPage * kPage]));
  }
  std::free(bytes);
  return checksum.value();
}

std::uint64_t grow_by_push_back() {
  std::vector<std::uint64_t> values;
  for (std::uint64_t i = 0; i < 200 * kMegabyte / sizeof(std::uint64_t); ++i) values.push_back(i * i);
  return values[values.size() / 3];
}

}  // namespace
}  // namespace cenote

int main() { cenote::report_checksum(cenote::grow_by_realloc() ^ cenote::grow_by_push_back()); }
