#include "named_library.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "../failure.hpp"

namespace cenote::cli {
namespace {

bool is_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("._+-").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

}  // namespace

std::string preloadable_path(const std::string& library) {
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(library, error);
  if (!is_file && library.find('/') != std::string::npos) {
    throw Failure(fmt::format("the library '{}' does not exist", library));
  }
  std::string path = is_file ? std::filesystem::absolute(library).string() : library;
  if (path.find_first_of(" :") != std::string::npos) {
    throw Failure(fmt::format(
        "the library '{}' has a space or colon in its path, which LD_PRELOAD cannot carry; make a link",
        path));
  }
  return path;
}

NamedLibrary parse_named_library(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals + 1 == text.size()) {
    throw Failure(
        fmt::format("--with '{}': write NAME=LIB.so, as in --with mimalloc=libmimalloc.so.2", text));
  }
  const std::string_view name = text.substr(0, equals);
  if (!is_name(name)) {
    throw Failure(fmt::format("--with '{}': a name is of letters, digits and any of . _ + -", text));
  }
  if (name == "system" || name == "cenote") {
    throw Failure(fmt::format("--with '{}': '{}' is always compared; choose another name", text, name));
  }
  return {std::string(name), preloadable_path(std::string(text.substr(equals + 1)))};
}

}  // namespace cenote::cli
