// Apart from the names: the malloc replacement has use for them, but not for std::error_category, which lives
// in a library that it does not load.
#include <array>
#include <cstddef>

#include <cenote/result.hpp>

namespace cenote {
namespace {

constexpr std::array kMessages{"unknown error",
                               "a request for 0 bytes",
                               "more than this pool can ever give",
                               "the alignment is not a power of two, or above what the pool supports",
                               "the pool is empty now; a later call may succeed",
                               "a byte limit set by the user forbids it",
                               "the system refused memory",
                               "the pointer is not a block of this pool",
                               "the block is free already",
                               "the block's size is not the one given",
                               "an option makes no sense",
                               "this platform or kernel cannot do it"};

class AllocErrorCategory final : public std::error_category {
 public:
  constexpr AllocErrorCategory() noexcept = default;
  const char* name() const noexcept override { return "cenote"; }
  std::string message(int value) const override {
    const auto index = static_cast<std::size_t>(value);
    return kMessages[index < kMessages.size() ? index : 0];
  }
};

constinit const AllocErrorCategory kCategory{};

}  // namespace

std::error_code make_error_code(AllocError error) noexcept { return {static_cast<int>(error), kCategory}; }

}  // namespace cenote
