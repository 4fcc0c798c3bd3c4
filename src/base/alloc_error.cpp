#include <array>
#include <cenote/base/alloc_error.hpp>
#include <cstddef>
#include <string>

namespace cenote {
namespace {

struct Entry {
  const char* name;
  const char* message;
};

constexpr std::array<Entry, 12> kEntries{{
    {"unknown", "unknown error"},
    {"zero_size", "a request for 0 bytes"},
    {"too_large", "more than this pool can ever give"},
    {"bad_alignment", "the alignment is not a power of two, or above what the pool supports"},
    {"exhausted", "the pool is empty now; a later call may succeed"},
    {"limit_reached", "a byte limit set by the user forbids it"},
    {"out_of_memory", "the system refused memory"},
    {"foreign_block", "the pointer is not a block of this pool"},
    {"double_free", "the block is free already"},
    {"size_mismatch", "the block's size is not the one given"},
    {"bad_option", "an option makes no sense"},
    {"unsupported", "this platform or kernel cannot do it"},
}};

const Entry& entry_of(int value) noexcept {
  const auto index = static_cast<std::size_t>(value);
  return kEntries[index < kEntries.size() ? index : 0];
}

class AllocErrorCategory final : public std::error_category {
 public:
  constexpr AllocErrorCategory() noexcept = default;
  const char* name() const noexcept override { return "cenote"; }
  std::string message(int value) const override { return entry_of(value).message; }
};

constinit const AllocErrorCategory kCategory{};

}  // namespace

const char* to_string(AllocError error) noexcept { return entry_of(static_cast<int>(error)).name; }

std::error_code make_error_code(AllocError error) noexcept { return {static_cast<int>(error), kCategory}; }

}  // namespace cenote
