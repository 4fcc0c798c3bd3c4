/// Messages in the wire format of protocol buffers, written one behind another into memory that grows.
/// protozero would do, but can only write where it may allocate and throw.
///
/// Source  protobuf.dev, "Encoding": a field is its number and type in a varint, then a varint, or a length
///         and so many bytes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "profile/mapped.hpp"

namespace cenote::profile {

/// Bytes that were written; `failed` when there was no memory for more.
class Bytes {
 public:
  void append(std::span<const std::byte> more) noexcept {
    if (room_.size() - size_ < more.size() && !grow(size_ + more.size())) return;
    std::memcpy(room_.data() + size_, more.data(), more.size());
    size_ += more.size();
  }
  std::span<const std::byte> get() const noexcept { return room_.first(size_); }
  bool failed() const noexcept { return failed_; }

 private:
  bool grow(std::size_t needed) noexcept {
    Mapped<std::byte> larger{std::max({needed, 2 * room_.size(), std::size_t{1} << 20})};
    failed_ = failed_ || !larger;
    if (failed_) return false;
    std::copy_n(room_.data(), size_, larger.data());
    room_ = std::move(larger);
    return true;
  }

  Mapped<std::byte> room_{};
  std::size_t size_ = 0;
  bool failed_ = false;
};

/// A message that is put together before its length can be written. What has no room is left out: callers
/// know how much they need.
template <std::size_t kRoom>
class Message {
 public:
  std::span<const std::byte> get() const noexcept { return std::span{room_}.first(size_); }

  void varint(std::uint64_t value) noexcept {
    for (; value >= 0x80; value >>= 7) byte(static_cast<unsigned char>(value | 0x80));
    byte(static_cast<unsigned char>(value));
  }
  /// A number; 0 is what is read where nothing was written.
  void number(unsigned field, std::uint64_t value) noexcept {
    if (value == 0) return;
    varint(std::uint64_t{field} << 3);
    varint(value);
  }
  void bytes(unsigned field, std::span<const std::byte> value) noexcept {
    varint(std::uint64_t{field} << 3 | 2);
    varint(value.size());
    for (const std::byte one : value) byte(static_cast<unsigned char>(one));
  }
  template <std::size_t kInner>
  void message(unsigned field, const Message<kInner>& inner) noexcept {
    bytes(field, inner.get());
  }

 private:
  void byte(unsigned char value) noexcept {
    if (size_ < kRoom) room_[size_++] = static_cast<std::byte>(value);
  }

  std::array<std::byte, kRoom> room_;
  std::size_t size_ = 0;
};

/// Fields of the outermost message.
class Output {
 public:
  explicit Output(Bytes& out) noexcept : out_{out} {}

  void number(unsigned field, std::uint64_t value) noexcept {
    Message<20> message;
    message.number(field, value);
    out_.append(message.get());
  }
  void bytes(unsigned field, std::span<const std::byte> value) noexcept {
    Message<20> head;
    head.varint(std::uint64_t{field} << 3 | 2);
    head.varint(value.size());
    out_.append(head.get());
    out_.append(value);
  }
  void text(unsigned field, std::string_view value) noexcept {
    bytes(field, std::as_bytes(std::span{value.data(), value.size()}));
  }
  template <std::size_t kRoom>
  void message(unsigned field, const Message<kRoom>& inner) noexcept {
    bytes(field, inner.get());
  }

 private:
  Bytes& out_;
};

}  // namespace cenote::profile
