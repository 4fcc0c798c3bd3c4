#include "inspect/process_json.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>

#include "inspect/local_tables.hpp"
#include "inspect/snapshot_json.hpp"
#include "os/process.hpp"

namespace cenote::inspect {
namespace {

using stats::Account, stats::Kind, stats::Snapshot;

constexpr std::size_t kRoomAtFirst = 64;
constexpr std::size_t kRoomMax = std::size_t{1} << 20;

/// Rows in memory of the system's own; none when it refuses. Move-only.
template <class Row>
class Rows {
 public:
  Rows() = default;
  explicit Rows(std::size_t count) noexcept
      : region_{os::g_system_memory.map(align_up(count * sizeof(Row), os::page_bytes()), os::page_bytes())},
        count_{region_ ? count : 0} {
    std::uninitialized_value_construct_n(data(), count_);
  }
  Rows(Rows&& other) noexcept
      : region_{std::exchange(other.region_, {})}, count_{std::exchange(other.count_, 0)} {}
  Rows& operator=(Rows&& other) noexcept {
    std::swap(region_, other.region_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~Rows() {
    if (region_) os::g_system_memory.release(region_);
  }

  std::span<Row> all() const noexcept { return {data(), count_}; }
  void keep(std::size_t count) noexcept { count_ = count; }

 private:
  Row* data() const noexcept { return reinterpret_cast<Row*>(region_.start); }

  os::Region region_{};
  std::size_t count_ = 0;
};

Rows<HolderAccount> holders() noexcept {
  for (std::size_t room = kRoomAtFirst; room <= kRoomMax; room *= 4) {
    Rows<HolderAccount> rows{room};
    if (rows.all().empty()) break;
    rows.keep(read_holders(rows.all()));
    if (!rows.all().empty()) return rows;
  }
  return {};
}

Rows<ListedAccount> listed() noexcept {
  std::size_t count = 0;
  for (;;) {
    Rows<ListedAccount> rows{count + kRoomAtFirst};
    if (rows.all().empty()) return {};
    count = read_listed(rows.all());
    if (count > rows.all().size()) continue;
    rows.keep(count);
    return rows;
  }
}

template <class Visit>
void visit_accounts(const Rows<HolderAccount>& holders, const Rows<ListedAccount>& listed, Visit visit) {
  for_each_account(
      holders.all(), listed.all(),
      [](void* context, Account& account) { (*static_cast<Visit*>(context))(account); }, &visit);
}

}  // namespace

std::size_t write_process_json(std::span<char> out) noexcept {
  BoundedText text{out};
  const Rows<HolderAccount> rows = holders();
  if (rows.all().empty()) return 0;
  const Rows<ListedAccount> names = listed();
  Snapshot now{.process_id = os::process_id(), .unix_milliseconds = os::unix_milliseconds()};
  now.process = {.kind = Kind::process, .name = "process"};
  visit_accounts(rows, names, [&](const Account& pool) { add_to_process(now.process, pool); });
  now.resident_bytes = os::resident_bytes();
  write_snapshot(text, now, [&](JsonWriter<BoundedText>& json) {
    visit_accounts(rows, names, [&](const Account& pool) { write_account(json, pool); });
  });
  return text.length();
}

}  // namespace cenote::inspect
