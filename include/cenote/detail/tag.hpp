/// A word for what a thread is doing, which the profile of its allocations will tell.
#pragma once

#include <string_view>

namespace cenote {

namespace profile {
struct Name;
}

/// While it lives, samples of what the calling thread allocates carry this tag: from heaps, and from malloc where the replacement is loaded.
///
///     void parse(const Text& text) {
///       const cenote::Tag tag{"parser"};   // until the end of the scope; an inner tag hides it
///
/// The name is copied once and never given back; 63 bytes of it count. The scope must end on the thread that began it.
/// Complexity  a look-up in a table of names, under a lock.
class [[nodiscard]] Tag {
 public:
  explicit Tag(std::string_view name) noexcept;
  ~Tag();
  Tag(const Tag&) = delete;
  Tag& operator=(const Tag&) = delete;

 private:
  const profile::Name* before_;
};

}  // namespace cenote
