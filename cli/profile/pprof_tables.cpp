#include "pprof_tables.hpp"

#include <fmt/format.h>

#include "../failure.hpp"
#include "pprof_fields.hpp"

namespace cenote::cli::pprof {
namespace {

using protozero::pbf_reader;

Line read_line(pbf_reader message) {
  Line out;
  while (message.next()) {
    switch (message.tag()) {
      case line::kFunction:
        out.function = message.get_uint64();
        break;
      case line::kLine:
        out.line = message.get_int64();
        break;
      default:
        message.skip();
    }
  }
  return out;
}

std::pair<std::uint64_t, Function> read_function(pbf_reader message) {
  std::uint64_t id = 0;
  Function out;
  while (message.next()) {
    switch (message.tag()) {
      case function::kId:
        id = message.get_uint64();
        break;
      case function::kName:
        out.name = message.get_uint64();
        break;
      case function::kFile:
        out.file = message.get_uint64();
        break;
      default:
        message.skip();
    }
  }
  return {id, out};
}

template <class Entry>
void keep(std::unordered_map<std::uint64_t, Entry>& table, std::pair<std::uint64_t, Entry> entry,
          const char* what) {
  const std::uint64_t id = entry.first;
  if (id == 0 || !table.insert(std::move(entry)).second)
    throw Failure(fmt::format("{} {} is in it {}", what, id, id == 0 ? "which no id may be" : "twice"));
}

}  // namespace

std::pair<std::uint64_t, Location> read_location(pbf_reader message) {
  std::uint64_t id = 0;
  Location out;
  while (message.next()) {
    switch (message.tag()) {
      case location::kId:
        id = message.get_uint64();
        break;
      case location::kMapping:
        out.mapping = message.get_uint64();
        break;
      case location::kAddress:
        out.address = message.get_uint64();
        break;
      case location::kLine:
        out.lines.push_back(read_line(message.get_message()));
        break;
      default:
        message.skip();
    }
  }
  return {id, std::move(out)};
}

std::pair<std::uint64_t, Mapping> read_mapping(pbf_reader message) {
  std::uint64_t id = 0;
  Mapping out;
  while (message.next()) {
    switch (message.tag()) {
      case mapping::kId:
        id = message.get_uint64();
        break;
      case mapping::kStart:
        out.start = message.get_uint64();
        break;
      case mapping::kEnd:
        out.end = message.get_uint64();
        break;
      case mapping::kOffset:
        out.offset = message.get_uint64();
        break;
      case mapping::kFile:
        out.file = message.get_uint64();
        break;
      case mapping::kBuildId:
        out.build_id = message.get_uint64();
        break;
      default:
        message.skip();
    }
  }
  return {id, out};
}

Tables::Tables(std::string_view bytes) {
  pbf_reader message(bytes.data(), bytes.size());
  while (message.next()) {
    switch (message.tag()) {
      case profile::kMapping:
        keep(mappings_, read_mapping(message.get_message()), "mapping");
        break;
      case profile::kLocation:
        keep(locations_, read_location(message.get_message()), "location");
        break;
      case profile::kFunction:
        keep(functions_, read_function(message.get_message()), "function");
        break;
      case profile::kString: {
        const auto view = message.get_view();
        strings_.emplace_back(view.data(), view.size());
        break;
      }
      default:
        message.skip();
    }
  }
}

std::string_view Tables::string(std::uint64_t index) const {
  if (index < strings_.size()) return strings_[index];
  if (index == 0) return {};
  throw Failure(fmt::format("it names string {}, and has {}", index, strings_.size()));
}

}  // namespace cenote::cli::pprof
