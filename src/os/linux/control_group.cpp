#include "os/linux/control_group.hpp"

#include <charconv>
#include <cstdint>

#include <cenote/detail/bits.hpp>

namespace cenote::os {

std::size_t read_limit(std::initializer_list<std::string_view> path) noexcept {
  const SmallFile file{path};
  const std::string_view text = file.text();
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  return error == std::errc{} ? saturated_size(bytes) : SIZE_MAX;
}

}  // namespace cenote::os
