#include "profile/pprof.hpp"

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace cenote::profile {
namespace {

// The string table begins with "", as it must, then has these, the names, and what is met on the way.
constexpr std::array<std::string_view, 17> kWords{"",
                                                  "alloc_objects",
                                                  "count",
                                                  "alloc_space",
                                                  "bytes",
                                                  "inuse_objects",
                                                  "inuse_space",
                                                  "peak_objects",
                                                  "peak_space",
                                                  "lifetime",
                                                  "milliseconds",
                                                  "space",
                                                  "pool",
                                                  "thread",
                                                  "tag",
                                                  "[unknown]",
                                                  "samples that there was no room for: "};

constexpr std::uint64_t word(std::string_view text) noexcept {
  std::size_t i = 0;
  while (kWords[i] != text) ++i;
  return i;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kValueTypes{
    {{"alloc_objects", "count"},
     {"alloc_space", "bytes"},
     {"inuse_objects", "count"},
     {"inuse_space", "bytes"},
     {"peak_objects", "count"},
     {"peak_space", "bytes"},
     {"lifetime", "milliseconds"}}};

using ValueType = Message<16>;

constexpr std::size_t kVarintMax = 10;

class Writer {
 public:
  Writer(const Picture& picture, Bytes& out) noexcept : picture_{picture}, out_{out} {}

  void write(const Moment& moment) noexcept {
    write_strings();
    write_types(moment);
    write_mappings();
    write_locations();
    for (const SiteFigures& site : picture_.sites()) write_sample(site);
    if (moment.lost != 0) write_loss(moment.lost);
  }

 private:
  std::uint64_t string(std::string_view text) noexcept {
    out_.text(6, text);
    return strings_++;
  }
  std::uint64_t name(const Name& name) const noexcept { return kWords.size() + name.number; }

  void write_strings() noexcept {
    for (const std::string_view text : kWords) string(text);
    for (const Name* const name : picture_.names()) string(name == nullptr ? "" : name->text);
  }

  static ValueType value_type(std::string_view type, std::string_view unit) noexcept {
    ValueType message;
    message.number(1, word(type));
    message.number(2, word(unit));
    return message;
  }

  void write_types(const Moment& moment) noexcept {
    for (const auto& [type, unit] : kValueTypes) out_.message(1, value_type(type, unit));
    out_.number(9, moment.unix_ns);
    out_.number(10, moment.duration_ns);
    out_.message(11, value_type("space", "bytes"));
    out_.number(12, moment.rate);
    out_.number(14, word("inuse_space"));
  }

  void write_mappings() noexcept {
    std::uint64_t id = 0;
    for (const os::Module& module : picture_.modules()) {
      Message<8 * kVarintMax> message;
      message.number(1, ++id);
      message.number(2, module.start);
      message.number(3, module.end);
      message.number(4, module.file_offset);
      message.number(5, string(module.path));
      message.number(6, module.build_id[0] == '\0' ? 0 : string(module.build_id));
      message.number(7, 1);  // functions have names
      out_.message(3, message);
    }
  }

  // Addresses are in order: those of one function are neighbours, and have its name at the same place.
  void write_locations() noexcept {
    const char* last_name = nullptr;
    std::uint64_t function = 0, id = 0;
    for (const os::Symbol& symbol : picture_.symbols()) {
      Message<4 * kVarintMax> line;
      if (symbol.name != nullptr) {
        if (symbol.name != last_name) write_function(++function, last_name = symbol.name);
        line.number(1, function);
      }
      Message<8 * kVarintMax> message;
      message.number(1, ++id);
      const std::size_t module = picture_.module_of(symbol.address);
      message.number(2, module == picture_.modules().size() ? 0 : module + 1);
      message.number(3, symbol.address);
      if (symbol.name != nullptr) message.message(4, line);
      out_.message(4, message);
    }
  }

  void write_function(std::uint64_t id, const char* text) noexcept {
    const std::uint64_t name = string(text);
    Message<4 * kVarintMax> message;
    message.number(1, id);
    message.number(2, name);  // as the linker has it: pprof makes it readable
    message.number(3, name);
    out_.message(5, message);
  }

  void write_sample(const SiteFigures& site) noexcept {
    const Frames frames = picture_.without_allocator(site.place->frames);
    Message<Recorder::kFramesMax * kVarintMax> locations;
    for (const std::uintptr_t frame : frames) locations.varint(picture_.symbol_of(frame) + 1);
    const Amount allocated = site.figures.allocated.amount(), live = site.figures.live.amount(),
                 peak = site.figures.peak.amount();
    Message<kValueTypes.size() * kVarintMax> values;
    for (const std::uint64_t value : {allocated.blocks, allocated.bytes, live.blocks, live.bytes, peak.blocks,
                                      peak.bytes, site.figures.lifetime_ms}) {
      values.varint(value);
    }
    Message<(Recorder::kFramesMax + 32) * kVarintMax> sample;
    sample.message(1, locations);
    sample.message(2, values);
    add_label(sample, "pool", site.place->pool);
    add_label(sample, "thread", site.place->thread);
    add_label(sample, "tag", site.place->tag);
    out_.message(2, sample);
  }

  template <std::size_t kRoom>
  void add_label(Message<kRoom>& sample, std::string_view key, const Name* value) const noexcept {
    if (value == nullptr || value->text[0] == '\0') return;
    Message<4 * kVarintMax> label;
    label.number(1, word(key));
    label.number(2, name(*value));
    sample.message(3, label);
  }

  void write_loss(std::uint64_t lost) noexcept {
    char text[80];
    const std::string_view words = kWords.back();
    char* const digits = text + words.copy(text, words.size());
    const char* const end = std::to_chars(digits, text + sizeof text, lost).ptr;
    out_.number(13, string({text, static_cast<std::size_t>(end - text)}));
  }

  const Picture& picture_;
  Output out_;
  std::uint64_t strings_ = 0;
};

}  // namespace

void write_pprof(const Picture& picture, const Moment& moment, Bytes& out) noexcept {
  Writer{picture, out}.write(moment);
}

}  // namespace cenote::profile
