#include <memory>

#include <cenote/detail/epoch_record.hpp>
#include <cenote/detail/fork.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/epoch_domain.hpp>

#include "os/thread.hpp"

namespace cenote::epoch_records {

thread_local constinit Table t_table{};
thread_local constinit Table::Entry t_latest{Table::kNoSerial, nullptr};

namespace {

// All below under g_lock.
constinit os::Lock g_lock{os::LockRank::epochs};
constinit os::ForkHold g_fork_hold{g_lock};
constinit bool g_installed = false;
constinit os::InstanceIds g_ids{};
constinit EpochDomain* g_domains = nullptr;
constinit EpochRecord* g_idle = nullptr;
constinit os::PermanentMemory g_memory{};

EpochRecord* take_idle() noexcept {
  if (EpochRecord* const record = g_idle) {
    g_idle = record->next;
    return std::construct_at(record);
  }
  void* const memory = g_memory.allocate(sizeof(EpochRecord));
  return memory == nullptr ? nullptr : std::construct_at(static_cast<EpochRecord*>(memory));
}

void put_idle(EpochRecord& record) noexcept {
  record.serial = 0;
  record.domain = nullptr;
  record.next = g_idle;
  g_idle = &record;
}

// --- the end of a thread, and the child of a fork ----------------------------------------------------------

// An entry of a domain that has died names a record that serves somebody else now: its serial tells.
void end_thread() noexcept {
  Table& table = t_table;
  table.ended = true;
  t_latest = {Table::kNoSerial, nullptr};
  {
    const os::LockGuard guard{g_lock};
    for (std::uint32_t number = 0; number < table.size; ++number) {
      const Table::Entry& entry = table.entries[number];
      if (entry.serial != 0 && entry.part->serial == entry.serial) entry.part->domain->let_go(*entry.part);
    }
  }
  table.release_entries();
}

constinit os::ForkRepair g_repair{[]() noexcept {
  for (EpochDomain* domain = g_domains; domain != nullptr; domain = domain->next)
    domain->forget_others(t_table.find(domain->id()));
}};

[[gnu::constructor]] void take_part_in_forks() noexcept {
  g_fork_hold.enlist();
  os::repair_after_forks(g_repair);
}

void install_once() noexcept {
  if (g_installed) return;
  g_installed = true;
  os::ThreadExit::install(&end_thread);
}

EpochRecord* attach(EpochDomain& domain) noexcept {
  const os::InstanceId id = domain.id();
  Table& table = t_table;
  if (!table.make_room(id.number)) return nullptr;
  EpochRecord* record = nullptr;
  {
    const os::LockGuard guard{g_lock};
    record = domain.adopt_ended();
    if (record == nullptr) {
      record = take_idle();
      if (record == nullptr) return nullptr;
      record->serial = id.serial;
      record->domain = &domain;
      domain.adopt(*record);
    }
  }
  table.entries[id.number] = {id.serial, record};
  os::ThreadExit::arm();  // may allocate
  return record;
}

}  // namespace

os::InstanceId enter(EpochDomain& domain) noexcept {
  const os::LockGuard guard{g_lock};
  install_once();
  domain.next = g_domains;
  g_domains = &domain;
  return {g_ids.next_serial(), g_ids.take_number()};
}

void leave(EpochDomain& domain) noexcept {
  const os::LockGuard guard{g_lock};
  while (EpochRecord* const record = domain.drop_record()) put_idle(*record);
  g_ids.give_number(domain.id().number);
  EpochDomain** at = &g_domains;
  while (*at != &domain) at = &(*at)->next;
  *at = domain.next;
}

EpochRecord* find_or_attach(EpochDomain& domain) noexcept {
  EpochRecord* record = t_table.find(domain.id());
  if (record == nullptr) record = attach(domain);
  if (record != nullptr) t_latest = {domain.id().serial, record};
  return record;
}

}  // namespace cenote::epoch_records
