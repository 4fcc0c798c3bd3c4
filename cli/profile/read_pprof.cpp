#include "read_pprof.hpp"

#include <cxxabi.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <unordered_map>

#include <fmt/format.h>

#include "../failure.hpp"
#include "../process/file_descriptor.hpp"
#include "gzip.hpp"
#include "pprof_fields.hpp"
#include "pprof_tables.hpp"

namespace cenote::cli {
namespace {

using protozero::pbf_reader;

std::string content_of(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto fail = [&] { throw Failure(fmt::format("cannot read '{}': {}", path, std::strerror(errno))); };
  if (!file.is_open()) fail();
  std::string out;
  constexpr std::size_t kPartBytes = std::size_t{1} << 18;
  for (;;) {
    const std::size_t before = out.size();
    out.resize(before + kPartBytes);
    const ssize_t read = ::read(file.get(), out.data() + before, kPartBytes);
    out.resize(before + static_cast<std::size_t>(std::max<ssize_t>(read, 0)));
    if (read < 0 && errno != EINTR) fail();
    if (read == 0) return out;
  }
}

/// Heap profiles of other allocators that are text. Each is told by how it begins, and refused with what can
/// be done with it.
void refuse_text_profile(std::string_view bytes, const std::string& path) {
  if (bytes.starts_with("heap_v2/"))
    throw Failure(
        fmt::format("'{0}' is a profile in jemalloc's own text format, which is not read; `jeprof --text "
                    "PROGRAM {0}` shows it",
                    path));
  if (bytes.starts_with("heap profile: "))
    throw Failure(
        fmt::format("'{0}' is a profile in gperftools' text format, which is not read; `go tool pprof "
                    "-proto {0} > {0}.pb.gz` makes one of pprof's, which is",
                    path));
}

std::string demangled(std::string_view name) {
  if (!name.starts_with("_Z")) return std::string(name);
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(std::string(name).c_str(), nullptr, nullptr, &status), &std::free);
  return text == nullptr ? std::string(name) : text.get();
}

/// Puts a profile together from its tables and its samples.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes), tables_(bytes) {}

  HeapSamples read() {
    pbf_reader message(bytes_.data(), bytes_.size());
    while (message.next()) take(message);
    if (out_.types.empty()) throw Failure("no kind of value is in it");
    for (const HeapSample& sample : out_.samples) {
      if (sample.values.size() == out_.types.size()) continue;
      throw Failure(fmt::format("a sample has {} values, and there are {} kinds", sample.values.size(),
                                out_.types.size()));
    }
    choose_default();
    return std::move(out_);
  }

 private:
  std::string text(std::uint64_t index) const { return std::string(tables_.string(index)); }

  void take(pbf_reader& message) {
    using namespace pprof::profile;
    switch (message.tag_and_type()) {
      case pprof::message(kSampleType):
        out_.types.push_back(value_type(message.get_message()));
        break;
      case pprof::message(kSample):
        out_.samples.push_back(sample(message.get_message()));
        break;
      case pprof::number(kTime):
        out_.unix_ns = message.get_int64();
        break;
      case pprof::number(kDuration):
        out_.duration_ns = message.get_int64();
        break;
      case pprof::message(kPeriodType):
        out_.period_unit = value_type(message.get_message()).unit;
        break;
      case pprof::number(kPeriod):
        out_.period = message.get_int64();
        break;
      case pprof::number(kComment):
      case pprof::packed(kComment):
        comments(message);
        break;
      case pprof::number(kDefaultType):
        default_ = text(message.get_uint64());
        break;
      default:
        message.skip();
    }
  }

  // Packed or one by one: repeated numbers may be either.
  template <class Each>
  static void each_number(pbf_reader& message, Each each) {
    if (message.wire_type() == protozero::pbf_wire_type::length_delimited) {
      for (const std::uint64_t number : message.get_packed_uint64()) each(number);
    } else {
      each(message.get_uint64());
    }
  }

  void comments(pbf_reader& message) {
    each_number(message, [&](std::uint64_t index) { out_.comments.push_back(text(index)); });
  }

  ValueType value_type(pbf_reader message) const {
    ValueType out;
    while (message.next()) {
      switch (message.tag_and_type()) {
        case pprof::number(pprof::value_type::kType):
          out.type = text(message.get_uint64());
          break;
        case pprof::number(pprof::value_type::kUnit):
          out.unit = text(message.get_uint64());
          break;
        default:
          message.skip();
      }
    }
    return out;
  }

  HeapSample sample(pbf_reader message) {
    HeapSample out;
    while (message.next()) {
      switch (message.tag_and_type()) {
        case pprof::number(pprof::sample::kLocation):
        case pprof::packed(pprof::sample::kLocation):
          each_number(message, [&](std::uint64_t id) {
            const auto& frames = frames_of(id);
            out.stack.insert(out.stack.end(), frames.begin(), frames.end());
          });
          break;
        case pprof::number(pprof::sample::kValue):
        case pprof::packed(pprof::sample::kValue):
          each_number(message,
                      [&](std::uint64_t value) { out.values.push_back(static_cast<std::int64_t>(value)); });
          break;
        case pprof::message(pprof::sample::kLabel):
          out.labels.push_back(label(message.get_message()));
          break;
        default:
          message.skip();
      }
    }
    std::ranges::reverse(out.stack);
    return out;
  }

  Label label(pbf_reader message) const {
    Label out;
    std::int64_t number = 0;
    std::string unit;
    while (message.next()) {
      switch (message.tag_and_type()) {
        case pprof::number(pprof::label::kKey):
          out.key = text(message.get_uint64());
          break;
        case pprof::number(pprof::label::kText):
          out.value = text(message.get_uint64());
          break;
        case pprof::number(pprof::label::kNumber):
          number = message.get_int64();
          break;
        case pprof::number(pprof::label::kUnit):
          unit = text(message.get_uint64());
          break;
        default:
          message.skip();
      }
    }
    if (out.value.empty()) out.value = fmt::format("{}{}{}", number, unit.empty() ? "" : " ", unit);
    return out;
  }

  /// The frames of a location, innermost first.
  const std::vector<std::uint32_t>& frames_of(std::uint64_t id) {
    const auto [at, is_new] = frames_.try_emplace(id);
    if (!is_new) return at->second;
    const auto found = tables_.locations().find(id);
    if (found == tables_.locations().end())
      throw Failure(fmt::format("a sample names location {}, which is not there", id));
    const pprof::Location& location = found->second;
    const std::string module = module_of(location);
    for (std::size_t i = 0; i < location.lines.size(); ++i) {
      Frame frame = frame_of(location.lines[i]);
      if (frame.function.empty()) frame.function = nameless(location, module);
      frame.module = module;
      frame.is_inlined = i + 1 < location.lines.size();
      at->second.push_back(keep(std::move(frame)));
    }
    if (location.lines.empty())
      at->second.push_back(keep({.function = nameless(location, module), .file = {}, .module = module}));
    return at->second;
  }

  // As pprof does: addresses of their own would tear apart what belongs together.
  static std::string nameless(const pprof::Location& location, const std::string& module) {
    if (module.empty()) return fmt::format("{:#x}", location.address);
    return fmt::format("[{}]", module.substr(module.rfind('/') + 1));
  }

  std::string module_of(const pprof::Location& location) const {
    if (location.mapping == 0) return {};
    const auto found = tables_.mappings().find(location.mapping);
    if (found == tables_.mappings().end())
      throw Failure(fmt::format("a location names mapping {}, which is not there", location.mapping));
    return text(found->second.file);
  }

  Frame frame_of(const pprof::Line& line) const {
    if (line.function == 0) return {};
    const auto found = tables_.functions().find(line.function);
    if (found == tables_.functions().end())
      throw Failure(fmt::format("a location names function {}, which is not there", line.function));
    return {.function = demangled(tables_.string(found->second.name)),
            .file = text(found->second.file),
            .line = line.line,
            .module = {}};
  }

  std::uint32_t keep(Frame frame) {
    const std::string key = fmt::format("{}\n{}\n{}\n{}\n{}", frame.function, frame.file, frame.line,
                                        frame.module, frame.is_inlined);
    const auto [at, is_new] = numbers_.try_emplace(key, static_cast<std::uint32_t>(out_.frames.size()));
    if (is_new) out_.frames.push_back(std::move(frame));
    return at->second;
  }

  // As pprof does: the last where none is named.
  void choose_default() {
    const auto found = std::ranges::find(out_.types, default_, &ValueType::type);
    out_.default_type = found == out_.types.end() ? out_.types.size() - 1
                                                  : static_cast<std::size_t>(found - out_.types.begin());
  }

  std::string_view bytes_;
  pprof::Tables tables_;
  HeapSamples out_;
  std::string default_;
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> frames_;  // by location
  std::unordered_map<std::string, std::uint32_t> numbers_;                // of frames, by all that they have
};

}  // namespace

std::string pprof_bytes(const std::string& path) {
  std::string bytes = content_of(path);
  if (bytes.empty())
    throw Failure(fmt::format(
        "'{}' is empty: a program that was killed, or that still runs, has written no profile", path));
  refuse_text_profile(bytes, path);
  try {
    return is_gzip(bytes) ? gunzip(bytes) : std::move(bytes);
  } catch (const Failure& failure) {
    throw Failure(fmt::format("cannot read '{}': {}", path, failure.what()));
  }
}

HeapSamples read_pprof(std::string_view bytes, std::string_view name) {
  try {
    return Reader(bytes).read();
  } catch (const protozero::end_of_buffer_exception&) {
    throw Failure(fmt::format("'{}' is no profile of pprof's, or is cut short", name));
  } catch (const protozero::exception&) {
    throw Failure(
        fmt::format("'{}' is no profile of pprof's; `cenote run --profile FILE -- CMD` writes one", name));
  } catch (const Failure& failure) {
    throw Failure(fmt::format("'{}' is no profile of pprof's, or is damaged: {}", name, failure.what()));
  }
}

}  // namespace cenote::cli
