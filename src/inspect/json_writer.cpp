#include "inspect/json_writer.hpp"

#include "base/text.hpp"

namespace cenote::inspect {

void JsonWriter::quote(std::string_view string) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  text_ += '"';
  text::as_utf8(string, [&](std::string_view character) {
    const auto code = static_cast<unsigned char>(character.front());
    if (code == '"' || code == '\\') text_ += '\\';
    if (code < 0x20 || code == 0x7F) {
      text_ += {'\\', 'u', '0', '0', kDigits[code >> 4], kDigits[code & 15]};
    } else {
      text_ += character;
    }
  });
  text_ += '"';
}

}  // namespace cenote::inspect
