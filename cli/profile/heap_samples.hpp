/// A heap profile that was read: what was sampled, by call stack. Everything that shows profiles is a
/// rendering of it.
///
///     frames   main  parse  [inlined] push_back  ...      each once
///     samples  {0, 1, 2}  values 3, 4096, ...  pool=malloc
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cenote::cli {

/// What a number of each sample means: "inuse_space", "bytes".
struct ValueType {
  std::string type;
  std::string unit;
};

/// A call, at one place in the source where that is known.
struct Frame {
  std::string function;  // as people read it, never empty: where it has no name, its [module], or the address
  std::string file;      // empty: not known
  std::int64_t line = 0;
  std::string module;       // program or library; empty: not known
  bool is_inlined = false;  // into the frame before it in its stack

  bool operator==(const Frame&) const = default;
};

struct Label {
  std::string key;
  std::string value;
};

struct HeapSample {
  std::vector<std::uint32_t> stack;  // indexes of frames, main first
  std::vector<std::int64_t> values;  // one for each type
  std::vector<Label> labels;
};

struct HeapSamples {
  std::vector<ValueType> types;
  std::size_t default_type = 0;
  std::vector<Frame> frames;
  std::vector<HeapSample> samples;
  std::vector<std::string> comments;
  std::int64_t unix_ns = 0;      // when it was taken; 0: not known
  std::int64_t duration_ns = 0;  // likewise
  std::int64_t period = 0;       // one sample for so many, in the mean
  std::string period_unit;
};

}  // namespace cenote::cli
