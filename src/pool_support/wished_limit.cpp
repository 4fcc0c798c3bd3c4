#include "pool_support/wished_limit.hpp"

#include <cenote/detail/bits.hpp>

#include "base/print_error.hpp"
#include "base/text.hpp"

namespace cenote {
namespace {

constexpr std::string_view kPrefix = "limit.";

bool is_key_of(std::string_view key, std::string_view name) noexcept {
  return key.starts_with(kPrefix) && key.substr(kPrefix.size()) == name;
}

void warn(std::string_view key, std::string_view value) noexcept {
  print_error_format("cenote: CENOTE_OPTIONS: bad value \"%s\" for %s ignored; it takes bytes, like 64MiB\n",
                     text::Printable<>{value}.get(), text::Printable<>{key}.get());
}

}  // namespace

WishedLimit wished_limit(const char* options, std::string_view name) noexcept {
  WishedLimit wished;
  for (std::string_view rest = options != nullptr ? options : ""; !rest.empty();) {
    const std::size_t colon = rest.find(':');
    const std::string_view item = rest.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
    const std::size_t equals = item.find('=');
    const std::string_view key = item.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : item.substr(equals + 1);
    if (key == "limit_action" && value == "report") wished.action = LimitAction::report;
    if (!is_key_of(key, name)) continue;
    wished.bytes = saturated_size(bytes_of_text(value));
    if (wished.bytes == 0) warn(key, value);
  }
  return wished;
}

}  // namespace cenote
