#include "pprof_tables.hpp"

#include <fmt/format.h>

#include "../failure.hpp"
#include "pprof_fields.hpp"

namespace cenote::cli::pprof {
namespace {

using protozero::pbf_reader;

Line read_line(pbf_reader fields) {
  Line out;
  while (fields.next()) {
    switch (fields.tag_and_type()) {
      case number(line::kFunction):
        out.function = fields.get_uint64();
        break;
      case number(line::kLine):
        out.line = fields.get_int64();
        break;
      default:
        fields.skip();
    }
  }
  return out;
}

std::pair<std::uint64_t, Function> read_function(pbf_reader fields) {
  std::uint64_t id = 0;
  Function out;
  while (fields.next()) {
    switch (fields.tag_and_type()) {
      case number(function::kId):
        id = fields.get_uint64();
        break;
      case number(function::kName):
        out.name = fields.get_uint64();
        break;
      case number(function::kFile):
        out.file = fields.get_uint64();
        break;
      default:
        fields.skip();
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

std::pair<std::uint64_t, Location> read_location(pbf_reader fields) {
  std::uint64_t id = 0;
  Location out;
  while (fields.next()) {
    switch (fields.tag_and_type()) {
      case number(location::kId):
        id = fields.get_uint64();
        break;
      case number(location::kMapping):
        out.mapping = fields.get_uint64();
        break;
      case number(location::kAddress):
        out.address = fields.get_uint64();
        break;
      case message(location::kLine):
        out.lines.push_back(read_line(fields.get_message()));
        break;
      default:
        fields.skip();
    }
  }
  return {id, std::move(out)};
}

std::pair<std::uint64_t, Mapping> read_mapping(pbf_reader fields) {
  std::uint64_t id = 0;
  Mapping out;
  while (fields.next()) {
    switch (fields.tag_and_type()) {
      case number(mapping::kId):
        id = fields.get_uint64();
        break;
      case number(mapping::kStart):
        out.start = fields.get_uint64();
        break;
      case number(mapping::kEnd):
        out.end = fields.get_uint64();
        break;
      case number(mapping::kOffset):
        out.offset = fields.get_uint64();
        break;
      case number(mapping::kFile):
        out.file = fields.get_uint64();
        break;
      case number(mapping::kBuildId):
        out.build_id = fields.get_uint64();
        break;
      default:
        fields.skip();
    }
  }
  return {id, out};
}

Tables::Tables(std::string_view bytes) {
  pbf_reader fields(bytes.data(), bytes.size());
  while (fields.next()) {
    switch (fields.tag_and_type()) {
      case message(profile::kMapping):
        keep(mappings_, read_mapping(fields.get_message()), "mapping");
        break;
      case message(profile::kLocation):
        keep(locations_, read_location(fields.get_message()), "location");
        break;
      case message(profile::kFunction):
        keep(functions_, read_function(fields.get_message()), "function");
        break;
      case text(profile::kString): {
        const auto view = fields.get_view();
        strings_.emplace_back(view.data(), view.size());
        break;
      }
      default:
        fields.skip();
    }
  }
}

std::string_view Tables::string(std::uint64_t index) const {
  if (index < strings_.size()) return strings_[index];
  if (index == 0) return {};
  throw Failure(fmt::format("it names string {}, and has {}", index, strings_.size()));
}

}  // namespace cenote::cli::pprof
