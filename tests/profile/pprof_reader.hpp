/// Reads pprof's format back, as far as tests look at it; written from proto/profile.proto, not from our
/// writer.
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pprof {

/// The fields of one message: numbers, and the bytes of everything else.
class Fields {
 public:
  explicit Fields(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::uint64_t key = varint(bytes);
      if ((key & 7) == 0) {
        numbers_[key >> 3].push_back(varint(bytes));
      } else if ((key & 7) == 2) {
        const std::uint64_t length = varint(bytes);
        if (length > bytes.size()) throw std::runtime_error{"a field beyond the end"};
        texts_[key >> 3].push_back(bytes.substr(0, length));
        bytes.remove_prefix(length);
      } else {
        throw std::runtime_error{"a type of field that the format does not use"};
      }
    }
  }

  std::uint64_t number(std::uint64_t field) const {
    const auto found = numbers_.find(field);
    return found == numbers_.end() ? 0 : found->second.back();
  }
  std::vector<std::string_view> texts(std::uint64_t field) const {
    const auto found = texts_.find(field);
    return found == texts_.end() ? std::vector<std::string_view>{} : found->second;
  }
  std::vector<std::uint64_t> packed(std::uint64_t field) const {
    std::vector<std::uint64_t> numbers;
    for (std::string_view bytes : texts(field)) {
      while (!bytes.empty()) numbers.push_back(varint(bytes));
    }
    return numbers;
  }

 private:
  static std::uint64_t varint(std::string_view& bytes) {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      if (bytes.empty() || shift > 63) throw std::runtime_error{"a broken varint"};
      const auto byte = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
  }

  std::map<std::uint64_t, std::vector<std::uint64_t>> numbers_;
  std::map<std::uint64_t, std::vector<std::string_view>> texts_;
};

struct Sample {
  std::vector<std::string> functions;  // innermost first; "" where there is no name
  std::map<std::string, std::uint64_t> values;
  std::map<std::string, std::string> labels;
};

struct Profile {
  std::vector<Sample> samples;
  std::vector<std::string> mappings, build_ids;
  std::uint64_t period = 0;
  std::string default_type;

  /// The sum of a value over the samples that `matches(sample)`.
  template <class Matches>
  std::uint64_t sum(const std::string& value, Matches matches) const {
    std::uint64_t sum = 0;
    for (const Sample& sample : samples) {
      if (matches(sample)) sum += sample.values.at(value);
    }
    return sum;
  }
};

inline Profile read(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error{"no file " + path};
  const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
  const Fields whole{bytes};
  const std::vector<std::string_view> strings = whole.texts(6);
  if (strings.empty() || !strings[0].empty()) throw std::runtime_error{"the first string is not empty"};
  const auto text = [&](std::uint64_t index) { return std::string{strings.at(index)}; };

  std::map<std::uint64_t, std::string> functions, locations;
  for (const std::string_view message : whole.texts(5)) {
    const Fields function{message};
    functions[function.number(1)] = text(function.number(2));
  }
  Profile profile;
  profile.period = whole.number(12);
  profile.default_type = text(whole.number(14));
  for (const std::string_view message : whole.texts(3)) {
    const Fields mapping{message};
    profile.mappings.push_back(text(mapping.number(5)));
    profile.build_ids.push_back(text(mapping.number(6)));
  }
  for (const std::string_view message : whole.texts(4)) {
    const Fields location{message};
    if (location.number(2) > profile.mappings.size()) throw std::runtime_error{"a mapping that is not there"};
    std::string name;
    for (const std::string_view line : location.texts(4)) name = functions.at(Fields{line}.number(1));
    locations[location.number(1)] = name;
  }
  std::vector<std::string> types;
  for (const std::string_view message : whole.texts(1)) types.push_back(text(Fields{message}.number(1)));
  for (const std::string_view message : whole.texts(2)) {
    const Fields fields{message};
    Sample sample;
    for (const std::uint64_t id : fields.packed(1)) sample.functions.push_back(locations.at(id));
    const std::vector<std::uint64_t> values = fields.packed(2);
    if (values.size() != types.size()) throw std::runtime_error{"values without types"};
    for (std::size_t i = 0; i < types.size(); ++i) sample.values[types[i]] = values[i];
    for (const std::string_view label : fields.texts(3)) {
      sample.labels[text(Fields{label}.number(1))] = text(Fields{label}.number(2));
    }
    profile.samples.push_back(std::move(sample));
  }
  return profile;
}

}  // namespace pprof
