#include <array>
#include <cstddef>

#include <cenote/detail/alloc_error.hpp>

namespace cenote {
namespace {

constexpr std::array kNames{"unknown",     "zero_size",     "too_large",     "bad_alignment",
                            "exhausted",   "limit_reached", "out_of_memory", "foreign_block",
                            "double_free", "size_mismatch", "bad_option",    "unsupported"};

}  // namespace

const char* to_string(AllocError error) noexcept {
  const auto index = static_cast<std::size_t>(error);
  return kNames[index < kNames.size() ? index : 0];
}

}  // namespace cenote
