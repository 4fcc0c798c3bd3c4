// A text tool: lines are split into words, counted, indexed, edited, sorted and joined again; a buffer that
// grows by realloc takes the result. Strings of all lengths, in vectors and hash tables that grow.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "support/random.hpp"
#include "support/report.hpp"

namespace cenote {
namespace {

constexpr int kPasses = 3;
constexpr int kLines = 45'000;
constexpr std::uint64_t kVocabulary = 60'000;

/// A growing array of bytes as C programs write it.
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { std::free(bytes_); }

  void append(std::string_view text) {
    if (size_ + text.size() > capacity_) {
      capacity_ = (size_ + text.size()) * 3 / 2 + 64;
      void* grown = std::realloc(bytes_, capacity_);
      if (grown == nullptr) std::abort();
      bytes_ = static_cast<char*>(grown);
    }
    std::memcpy(bytes_ + size_, text.data(), text.size());
    size_ += text.size();
  }

  std::string_view view() const { return {bytes_, size_}; }

 private:
  char* bytes_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
};

/// Word `rank` of the vocabulary; frequent words are short.
std::string word_of(std::uint64_t rank) {
  Random letters(rank);
  std::string word;
  const std::uint64_t length = 2 + (rank > 50) * 3 + (rank > 2'000) * 5 + letters.below(1 + rank / 3'000);
  for (std::uint64_t i = 0; i < length; ++i) word += static_cast<char>('a' + letters.below(26));
  return word;
}

std::string write_line(Random& random) {
  std::string line;
  const std::uint64_t words = random.between(4, 22);
  for (std::uint64_t i = 0; i < words; ++i) {
    const std::uint64_t rank = random.below(kVocabulary) * random.below(kVocabulary) / kVocabulary;
    line += word_of(rank * random.below(100) / 100) + ' ';
  }
  return line;
}

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> words;
  for (std::size_t end = line.find(' '); end != std::string_view::npos; end = line.find(' ')) {
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end + 1);
  }
  return words;
}

struct Entry {
  std::uint32_t count = 0;
  std::vector<std::uint32_t> lines;
  std::string display;
};
using Index = std::unordered_map<std::string, Entry>;

Index index_of(const std::vector<std::vector<std::string>>& lines) {
  Index index;
  for (std::uint32_t i = 0; i < lines.size(); ++i) {
    for (const std::string& word : lines[i]) {
      Entry& entry = index[word];
      if (++entry.count == 1) entry.display = "\"" + word + "\" (noun or verb)";
      entry.lines.push_back(i);
    }
  }
  return index;
}

/// Turns rare words round and writes frequent ones longer, as an edit would.
void edit(std::vector<std::vector<std::string>>& lines, const Index& index) {
  for (auto& line : lines) {
    for (std::string& word : line) {
      const std::uint32_t count = index.find(word)->second.count;
      word = count < 3 ? std::string(word.rbegin(), word.rend()) : word + "-" + std::to_string(count);
    }
    std::sort(line.begin(), line.end());
  }
}

void process(std::uint64_t seed, Checksum& checksum) {
  Random random(seed);
  std::vector<std::vector<std::string>> lines;
  for (int i = 0; i < kLines; ++i) lines.push_back(split(write_line(random)));
  const Index index = index_of(lines);
  edit(lines, index);

  std::vector<std::string> headings;
  for (const auto& [word, entry] : index)
    headings.push_back(entry.display + std::to_string(entry.lines.size()));
  std::sort(headings.begin(), headings.end());

  Buffer joined;
  for (const auto& line : lines) {
    for (const std::string& word : line) joined.append(word);
    joined.append("\n");
  }
  for (const std::string& heading : headings) joined.append(heading);
  checksum.add(std::hash<std::string_view>{}(joined.view()));
}

}  // namespace
}  // namespace cenote

int main() {
  cenote::Checksum checksum;
  for (std::uint64_t pass = 0; pass < cenote::kPasses; ++pass) cenote::process(pass, checksum);
  cenote::report_checksum(checksum.value());
}
