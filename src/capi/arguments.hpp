/// What the functions of the C API do with their arguments: option structs of other versions, and null
/// pointers.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>
#include <type_traits>

#include <cenote/cenote.h>
#include <cenote/handlers.hpp>
#include <cenote/result.hpp>

#include "base/damage.hpp"

namespace cenote::capi {

constexpr cenote_error to_c(AllocError error) noexcept { return static_cast<cenote_error>(error); }

/// Writes the value of `result` to `out`, or returns its error and leaves `out` as it is.
template <class T>
cenote_error store(const Result<T>& result, T* out) noexcept {
  if (!result) [[unlikely]]
    return to_c(result.error());
  *out = *result;
  return CENOTE_OK;
}

inline std::string_view name_of(const char* name) noexcept { return name == nullptr ? "" : name; }

/// Reports an argument that makes no sense, where the function has no error to return. `what` names function
/// and argument: "cenote_heap_trim: heap is null".
inline void report_bad_argument(const char* what) noexcept {
  report_damage({AllocError::bad_option, nullptr, ""}, what);
}

/// Whether `value` is one of an enumeration's `count` enumerators. C may store any number in it, which C++
/// may not load.
template <class Enum>
bool is_enumerator(const Enum& value, unsigned count) noexcept {
  unsigned number = 0;
  static_assert(sizeof number == sizeof value);
  std::memcpy(&number, &value, sizeof number);
  return number < count;
}
inline bool is_page_kind(const cenote_page_kind& value) noexcept { return is_enumerator(value, 4); }

/// The `from` of any version as one of this: members that it lacks have the value that `known` comes with.
/// `ends` are the ends of the known members, in rising order; the first is that of struct_size. False where
/// `from` is null, smaller than any, larger than any will be, or has unknown members that are not 0.
template <class Options, std::size_t kMembers>
[[nodiscard]] bool read_options(const Options* from, Options& known,
                                const std::size_t (&ends)[kMembers]) noexcept {
  static_assert(std::is_trivially_copyable_v<Options> && std::has_unique_object_representations_v<Options>,
                "a later member could lie in padding, which is not initialised");
  constexpr std::size_t kSizeMax = 4096;  // a struct without its initialiser may state any size
  if (from == nullptr || from->struct_size < sizeof(std::size_t) || from->struct_size > kSizeMax)
    return false;
  const std::size_t size = from->struct_size;
  std::size_t copied = 0;
  for (const std::size_t end : ends) {
    if (end <= size) copied = end;
  }
  std::memcpy(&known, from, copied);
  const auto* const bytes = reinterpret_cast<const unsigned char*>(from);
  for (std::size_t i = sizeof(Options); i < size; ++i) {
    if (bytes[i] != 0) return false;
  }
  return true;
}

}  // namespace cenote::capi
