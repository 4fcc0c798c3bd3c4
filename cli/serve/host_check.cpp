#include "host_check.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <string>

namespace cenote::cli {
namespace {

std::string without_port(std::string_view header) {
  if (header.starts_with('[')) {
    const auto end = header.find(']');
    return std::string(header.substr(1, end == std::string_view::npos ? end : end - 1));
  }
  return std::string(header.substr(0, header.find(':')));
}

bool is_same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool is_address(const std::string& name) {
  in6_addr address{};
  return inet_pton(AF_INET, name.c_str(), &address) == 1 || inet_pton(AF_INET6, name.c_str(), &address) == 1;
}

}  // namespace

bool is_host_ours(std::string_view header, std::string_view served_as) {
  const std::string name = without_port(header);
  return is_same_name(name, "localhost") || (!name.empty() && is_same_name(name, served_as)) ||
         is_address(name);
}

}  // namespace cenote::cli
