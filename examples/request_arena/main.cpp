// A server's loop: each request is parsed and answered in an arena, which one reset empties. After the first
// requests no memory is requested from the system. A request that is too large gets a typed error, and the
// next request uses the arena as before.
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory_resource>
#include <numeric>
#include <span>
#include <string>
#include <string_view>

#include <cenote/cenote.hpp>

namespace {

constexpr std::size_t kRequests = 50'000;
constexpr std::size_t kBytesMax = 256 * 1024;  // what one request may use

/// A connection that counts how many are open: its destructor runs when the request is forgotten.
class Connection {
 public:
  Connection() { ++open_; }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { --open_; }

  static int open() { return open_; }

 private:
  static inline int open_ = 0;
};

using Fields = std::pmr::map<std::pmr::string, std::pmr::string, std::less<>>;

/// "name=value&name=value", in the arena's memory.
Fields parse(std::string_view query, std::pmr::memory_resource* memory) {
  Fields fields{memory};
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    fields.emplace(pair.substr(0, equals), pair.substr(std::min(pair.size(), equals + 1)));
  }
  return fields;
}

/// The sum of 1 to the request's number, computed the long way: scratch as large as the number.
std::size_t answer(std::string_view query, cenote::Arena& arena) {
  cenote::PmrResource memory{arena};
  arena.make<Connection>();
  const Fields fields = parse(query, &memory);
  const auto found = fields.find("count");
  std::size_t count = 0;
  if (found != fields.end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), count);
  if (count == 0) return 0;
  const std::span<std::size_t> numbers = arena.make_array<std::size_t>(count);
  std::iota(numbers.begin(), numbers.end(), std::size_t{1});
  return std::accumulate(numbers.begin(), numbers.end(), std::size_t{0});
}

std::string request(std::size_t number, std::size_t count) {
  return "user=a-name-of-some-length-" + std::to_string(number) + "&count=" + std::to_string(count) +
         "&comment=" + std::string(number % 300, 'c');
}

struct Tally {
  std::size_t right = 0, wrong = 0, refused = 0, left_open = 0;
};

void serve(std::size_t number, cenote::Arena& arena, Tally& tally) {
  const bool is_large = number % 1000 == 999;
  const std::size_t count = is_large ? kBytesMax : number % 5000;
  try {
    ++(answer(request(number, count), arena) == count * (count + 1) / 2 ? tally.right : tally.wrong);
  } catch (const cenote::AllocFailure& failure) {
    ++(is_large && failure.error() == cenote::AllocError::limit_reached ? tally.refused : tally.wrong);
  }
  arena.reset();  // closes the connection
  tally.left_open += Connection::open() == 0 ? 0 : 1;
}

}  // namespace

int main() {
  cenote::Arena arena{{.limit_bytes = kBytesMax, .name = "request"}};
  Tally tally;
  for (std::size_t i = 0; i < kRequests / 10; ++i) serve(i, arena, tally);
  const std::size_t committed = arena.stats().bytes_committed;
  for (std::size_t i = kRequests / 10; i < kRequests; ++i) serve(i, arena, tally);

  const cenote::ArenaStats stats = arena.stats();
  std::printf("%zu requests answered, %zu refused, %zu wrong; the largest used %zu KiB\n", tally.right,
              tally.refused, tally.wrong, stats.peak_used >> 10);
  std::printf("%zu chunks, %zu KiB: %zu KiB more than after a tenth of the requests\n", stats.chunks,
              stats.bytes_committed >> 10, (stats.bytes_committed - committed) >> 10);
  const bool right = tally.wrong == 0 && tally.left_open == 0 && tally.refused == kRequests / 1000 &&
                     tally.right + tally.refused == kRequests && stats.bytes_committed == committed &&
                     stats.peak_used <= kBytesMax;
  std::puts(right ? "nothing was leaked, and nothing more was asked for" : "WRONG");
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
