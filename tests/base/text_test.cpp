#include "base/text.hpp"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace cenote::text {
namespace {

std::string utf8(std::string_view bytes) {
  std::string out;
  as_utf8(bytes, [&](std::string_view part) { out += part; });
  return out;
}

std::string printable(std::string_view bytes) {
  std::string out;
  as_printable(bytes, [&](std::string_view part) { out += part; });
  return out;
}

/// The grammar of RFC 3629, section 4, as it stands there.
bool is_utf8(std::string_view text) {
  const auto at = [&](std::size_t i, unsigned first, unsigned last) {
    const unsigned byte = i < text.size() ? static_cast<unsigned char>(text[i]) : 256;
    return byte >= first && byte <= last;
  };
  const auto tail = [&](std::size_t i) { return at(i, 0x80, 0xBF); };
  while (!text.empty()) {
    std::size_t bytes = 0;
    if (at(0, 0, 0x7F)) bytes = 1;
    if (at(0, 0xC2, 0xDF) && tail(1)) bytes = 2;
    if (((at(0, 0xE0, 0xE0) && at(1, 0xA0, 0xBF)) || (at(0, 0xE1, 0xEC) && tail(1)) ||
         (at(0, 0xED, 0xED) && at(1, 0x80, 0x9F)) || (at(0, 0xEE, 0xEF) && tail(1))) &&
        tail(2))
      bytes = 3;
    if (((at(0, 0xF0, 0xF0) && at(1, 0x90, 0xBF)) || (at(0, 0xF1, 0xF3) && tail(1)) ||
         (at(0, 0xF4, 0xF4) && at(1, 0x80, 0x8F))) &&
        tail(2) && tail(3))
      bytes = 4;
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

TEST(Text, CutNeverEndsWithinACharacter) {
  EXPECT_EQ(cut("abc", 3), "abc");
  EXPECT_EQ(cut("abcd", 3), "abc");
  EXPECT_EQ(cut("aü", 2), "a");
  EXPECT_EQ(cut("aüb", 3), "aü");
  EXPECT_EQ(cut("€€", 5), "€");
  EXPECT_EQ(cut("\U0001F600x", 3), "");
  EXPECT_EQ(cut("a\U0001F600x", 4), "a");
  EXPECT_EQ(cut("\U0001F600x", 4), "\U0001F600");
  EXPECT_EQ(cut("abc", 0), "");
}

TEST(Text, CutKeepsBytesThatBelongToNoCharacter) {
  EXPECT_EQ(cut("a\xff\xff", 2), "a\xff");
  EXPECT_EQ(cut("a\x80\x80\x80\x80\x80", 4), "a\x80\x80\x80");
  EXPECT_EQ(cut("a\xc3xy", 2), "a\xc3");
}

TEST(Text, CopyFitsTheRoom) {
  char room[4];
  copy("aüü", room);
  EXPECT_STREQ(room, "aü");
  copy("", room);
  EXPECT_STREQ(room, "");
}

TEST(Text, BytesOfNoCharacterBecomeTheReplacementCharacter) {
  EXPECT_EQ(utf8("plain, ü, €, \U0001F600"), "plain, ü, €, \U0001F600");
  EXPECT_EQ(utf8("\xff"), "\uFFFD");
  EXPECT_EQ(utf8("a\xc3"), "a\uFFFD");
  EXPECT_EQ(utf8("\xe2\x82"
                 "b"),
            "\uFFFD\uFFFDb");
  EXPECT_EQ(utf8("\xc0\xaf"), "\uFFFD\uFFFD") << "overlong";
  EXPECT_EQ(utf8("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD") << "a surrogate";
  EXPECT_EQ(utf8("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD") << "above U+10FFFF";
}

TEST(Text, PrintableEscapesControlCharacters) {
  EXPECT_EQ(printable("a\nb\tc\rd\x1b[31m\x7f"), "a\\nb\\tc\\rd\\x1b[31m\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\u009b31m")
      << "C1";
  EXPECT_EQ(printable("\u202Eabc\u2066"), "\\u202eabc\\u2066") << "direction of text";
  EXPECT_EQ(printable("\x9b\xff"), "\\x9b\\xff") << "bytes of no character";
  EXPECT_EQ(printable("ünïcode \"q\" \\"), "ünïcode \"q\" \\");
}

TEST(Text, APrintableNameOfAPoolIsNeverCut) {
  const std::string worst(63, '\xff');
  EXPECT_EQ(Printable<>{worst}.get(), printable(worst));
  EXPECT_STREQ(Printable<8>{"ab\x1b"
                            "cde"}
                   .get(),
               "ab\\x1bc")
      << "longer text is cut between characters";
}

TEST(Text, WhateverGoesInUtf8ComesOut) {
  std::mt19937 random{20240117};
  constexpr std::string_view kPieces[] = {"ü", "€",  "\U0001F600", "\xc3", "\xe2\x82", "\xed\xa0\x80",
                                          "a", "\n", "\xff"};
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (std::size_t i = random() % 12; i-- != 0;) {
      if (random() % 2 == 0)
        bytes += static_cast<char>(random());
      else
        bytes += kPieces[random() % std::size(kPieces)];
    }
    ASSERT_TRUE(is_utf8(utf8(bytes)));
    const std::string shown = printable(bytes);
    ASSERT_TRUE(is_utf8(shown));
    for_each_character(shown, [](const Character& character, std::string_view) {
      ASSERT_FALSE(is_control(character.code));
    });
    if (is_utf8(bytes)) {
      ASSERT_EQ(utf8(bytes), bytes);
      ASSERT_TRUE(is_utf8(cut(bytes, random() % 16)));
    }
  }
}

}  // namespace
}  // namespace cenote::text
