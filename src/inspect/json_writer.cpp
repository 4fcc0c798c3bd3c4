#include "inspect/json_writer.hpp"

namespace cenote::inspect {

// Names are bytes: what is not ASCII goes through as it is when it is UTF-8, which the writer of the name answers for.
void JsonWriter::quote(std::string_view string) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  text_ += '"';
  for (const char c : string) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text_ += {'\\', c};
    } else if (code < 0x20 || code == 0x7F) {
      text_ += {'\\', 'u', '0', '0', kDigits[code >> 4], kDigits[code & 15]};
    } else {
      text_ += c;
    }
  }
  text_ += '"';
}

}  // namespace cenote::inspect
