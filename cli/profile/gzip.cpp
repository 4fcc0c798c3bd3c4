#include "gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include "../failure.hpp"

namespace cenote::cli {
namespace {

constexpr std::size_t kPartBytes = std::size_t{1} << 18, kWholeMax = std::size_t{4} << 30;
constexpr int kGzipOnly = 16 + MAX_WBITS;

/// zlib's state, as long as it is needed.
class Inflater {
 public:
  Inflater() {
    if (::inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { ::inflateEnd(&stream_); }
  z_stream* operator->() noexcept { return &stream_; }

  /// One part more at the end of `out`; what zlib says of it.
  int next(std::string& out) {
    const std::size_t before = out.size();
    out.resize(before + kPartBytes);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream_.avail_out = kPartBytes;
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    out.resize(out.size() - stream_.avail_out);
    return status;
  }
  void begin_member() noexcept { ::inflateReset(&stream_); }

 private:
  z_stream stream_{};
};

}  // namespace

bool is_gzip(std::string_view bytes) noexcept { return bytes.starts_with("\x1f\x8b"); }

std::string gunzip(std::string_view bytes) {
  constexpr std::size_t kInMax = std::numeric_limits<uInt>::max();
  Inflater inflater;
  std::string out;
  // zlib takes what it reads as not const, and leaves it alone.
  inflater->next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
  if (bytes.size() > kInMax) throw Failure("it is too large");
  inflater->avail_in = static_cast<uInt>(bytes.size());
  for (;;) {
    const int status = inflater.next(out);
    if (out.size() > kWholeMax) throw Failure("what is compressed in it is more than 4 GiB");
    if (status == Z_STREAM_END) {
      if (inflater->avail_in == 0) return out;
      inflater.begin_member();
    } else if (status == Z_BUF_ERROR ||
               (status == Z_OK && inflater->avail_in == 0 && inflater->avail_out > 0)) {
      throw Failure("it is cut short: the end of what gzip compressed is not there");
    } else if (status != Z_OK) {
      throw Failure(fmt::format("what gzip compressed is damaged ({})",
                                inflater->msg == nullptr ? "no checksum is right" : inflater->msg));
    }
  }
}

}  // namespace cenote::cli
