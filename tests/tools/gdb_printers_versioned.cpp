// Types whose names carry a version and a build variant, as those of cenote may: the printers must accept
// them.

namespace cenote {
inline namespace v9_9_checked {

enum class AllocError : unsigned char { exhausted = 4 };

template <class T>
struct Result {
  T value_;
  AllocError error_;
};

struct Bump {
  unsigned long at;
  unsigned long end;
};
struct FixedArena {
  Bump bump_;
  char* start_;
  unsigned long peak_used_;
};

}  // namespace v9_9_checked
}  // namespace cenote

extern cenote::Result<int> versioned_value, versioned_error;
extern cenote::FixedArena versioned_arena;

cenote::Result<int> versioned_value{42, {}};
cenote::Result<int> versioned_error{0, cenote::AllocError::exhausted};
cenote::FixedArena versioned_arena{{0x1010, 0x2000}, reinterpret_cast<char*>(0x1000), 0};
