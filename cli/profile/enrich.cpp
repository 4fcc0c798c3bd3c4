#include "enrich.hpp"

#include <algorithm>
#include <map>
#include <protozero/pbf_writer.hpp>
#include <set>
#include <tuple>
#include <unordered_map>

#include "../failure.hpp"
#include "pprof_fields.hpp"
#include "pprof_tables.hpp"
#include "symbolizer.hpp"

namespace cenote::cli {
namespace {

using protozero::data_view;
using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::pbf_writer;

class Enricher {
 public:
  Enricher(std::string_view profile, Symbolizer& symbolizer)
      : profile_(profile), tables_(profile), symbolizer_(symbolizer), next_string_(tables_.string_count()) {
    for (const auto& [id, function] : tables_.functions()) next_function_ = std::max(next_function_, id + 1);
    for (const auto& [id, location] : tables_.locations()) find_lines(id, location);
  }

  std::string write() {
    pbf_reader message(profile_.data(), profile_.size());
    while (message.next()) {
      switch (message.tag_and_type()) {
        case pprof::text(pprof::profile::kLocation):
          write_location(message.get_view());
          break;
        case pprof::text(pprof::profile::kMapping):
          write_mapping(message.get_view());
          break;
        default:
          copy_field(message, writer_);
      }
    }
    write_functions();
    for (const std::string& text : new_strings_) writer_.add_string(pprof::profile::kString, text);
    return std::move(out_);
  }

 private:
  using Function = std::tuple<std::string, std::string>;  // name, file

  bool has_file(const pprof::Location& location) const {
    return std::ranges::any_of(location.lines, [&](const pprof::Line& line) {
      const auto found = tables_.functions().find(line.function);
      return line.line != 0 || (found != tables_.functions().end() && found->second.file != 0);
    });
  }

  void find_lines(std::uint64_t id, const pprof::Location& location) {
    const auto mapping = tables_.mappings().find(location.mapping);
    if (mapping == tables_.mappings().end() || has_file(location)) return;
    const pprof::Mapping& at = mapping->second;
    std::vector<SourceLine> lines =
        symbolizer_.lines({at.start, at.end, at.offset, std::string(tables_.string(at.file)),
                           std::string(tables_.string(at.build_id))},
                          location.address);
    if (lines.empty()) return;
    keep_names(location, lines);
    enriched_mappings_.insert(location.mapping);
    if (lines.size() > 1) inlined_mappings_.insert(location.mapping);
    lines_.emplace(id, std::move(lines));
  }

  // Debug information may lack a name that the symbol table has: that of the function that others are inlined
  // into.
  void keep_names(const pprof::Location& location, std::vector<SourceLine>& lines) const {
    for (SourceLine& line : lines) {
      if (!line.function.empty() || location.lines.empty()) continue;
      const auto found = tables_.functions().find(location.lines.back().function);
      if (found != tables_.functions().end()) line.function = tables_.string(found->second.name);
    }
  }

  void write_location(data_view view) {
    const std::uint64_t id = pprof::read_location(pbf_reader(view)).first;
    const auto found = lines_.find(id);
    if (found == lines_.end()) return writer_.add_message(pprof::profile::kLocation, view);
    pbf_writer location(writer_, pprof::profile::kLocation);
    pbf_reader before(view);
    while (before.next()) {
      if (before.tag() == pprof::location::kLine) {
        before.skip();
      } else {
        copy_field(before, location);
      }
    }
    for (const SourceLine& source : found->second) {
      const std::uint64_t function = function_id(source);
      pbf_writer line(location, pprof::location::kLine);
      line.add_uint64(pprof::line::kFunction, function);
      line.add_int64(pprof::line::kLine, source.line);
    }
  }

  // pprof asks these before it looks for files and lines itself.
  void write_mapping(data_view view) {
    const std::uint64_t id = pprof::read_mapping(pbf_reader(view)).first;
    std::string mapping(view.data(), view.size());
    if (enriched_mappings_.contains(id)) {
      pbf_writer more(mapping);
      more.add_bool(pprof::mapping::kHasFiles, true);
      more.add_bool(pprof::mapping::kHasLines, true);
      more.add_bool(pprof::mapping::kHasInlined, inlined_mappings_.contains(id));
    }
    writer_.add_message(pprof::profile::kMapping, mapping);
  }

  std::uint64_t function_id(const SourceLine& source) {
    const auto [at, is_new] = functions_.try_emplace({source.function, source.file}, next_function_);
    if (is_new) ++next_function_;
    return at->second;
  }

  void write_functions() {
    for (const auto& [what, id] : functions_) {
      const auto& [name, file] = what;
      const std::uint64_t name_string = string(name), file_string = string(file);
      pbf_writer function(writer_, pprof::profile::kFunction);
      function.add_uint64(pprof::function::kId, id);
      function.add_uint64(pprof::function::kName, name_string);
      function.add_uint64(pprof::function::kSystemName, name_string);
      function.add_uint64(pprof::function::kFile, file_string);
    }
  }

  std::uint64_t string(const std::string& text) {
    if (text.empty()) return 0;
    const auto [at, is_new] = strings_.try_emplace(text, next_string_);
    if (is_new) {
      ++next_string_;
      new_strings_.push_back(text);
    }
    return at->second;
  }

  static void copy_field(pbf_reader& from, pbf_writer& to) {
    const pprof::Tag tag = from.tag();  // forgotten once the field is read
    switch (from.wire_type()) {
      case pbf_wire_type::varint:
        to.add_uint64(tag, from.get_uint64());
        break;
      case pbf_wire_type::fixed64:
        to.add_fixed64(tag, from.get_fixed64());
        break;
      case pbf_wire_type::fixed32:
        to.add_fixed32(tag, from.get_fixed32());
        break;
      default:
        to.add_bytes(tag, from.get_view());
    }
  }

  std::string_view profile_;
  pprof::Tables tables_;
  Symbolizer& symbolizer_;
  std::string out_;
  pbf_writer writer_{out_};
  std::unordered_map<std::uint64_t, std::vector<SourceLine>> lines_;  // by location
  std::set<std::uint64_t> enriched_mappings_, inlined_mappings_;
  std::map<Function, std::uint64_t> functions_;
  std::unordered_map<std::string, std::uint64_t> strings_;
  std::vector<std::string> new_strings_;
  std::uint64_t next_function_ = 1, next_string_;
};

}  // namespace

std::string enriched(std::string profile, Symbolizer& symbolizer) {
  try {
    return Enricher(profile, symbolizer).write();
  } catch (const protozero::exception&) {
    return profile;
  } catch (const Failure&) {
    return profile;
  }
}

std::string with_comment(std::string profile, std::string_view comment) {
  const std::uint64_t number = pprof::Tables(profile).string_count();
  pbf_writer more(profile);
  more.add_string(pprof::profile::kString, comment.data(), comment.size());
  more.add_uint64(pprof::profile::kComment, number);
  return profile;
}

}  // namespace cenote::cli
