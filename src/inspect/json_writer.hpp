/// Writes JSON: just what renderings of a snapshot need, since nothing below the edges may depend on a library.
///
/// Source  RFC 8259.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cenote::inspect {

class JsonWriter {
 public:
  void open_object() { begin(), text_ += '{', is_first_ = true; }
  void close_object() { text_ += '}', is_first_ = false; }
  void open_array() { begin(), text_ += '[', is_first_ = true; }
  void close_array() { text_ += ']', is_first_ = false; }

  /// Of the value that comes next.
  JsonWriter& key(std::string_view name) {
    begin();
    quote(name);
    text_ += ':';
    after_key_ = true;
    return *this;
  }
  void value(std::uint64_t number) { begin(), text_ += std::to_string(number); }
  void value(std::string_view string) { begin(), quote(string); }
  void value(bool truth) { begin(), text_ += truth ? "true" : "false"; }

  std::string take() { return std::move(text_); }

 private:
  void begin() {
    if (!is_first_ && !after_key_) text_ += ',';
    is_first_ = after_key_ = false;
  }
  void quote(std::string_view string);

  std::string text_;
  bool is_first_ = true;
  bool after_key_ = false;
};

}  // namespace cenote::inspect
