#include "pressure/callback_list.hpp"

#include "os/process.hpp"
#include "os/thread.hpp"

namespace cenote {
namespace {

const void* this_thread() noexcept {
  static thread_local constinit char t_mark = 0;
  return &t_mark;
}

}  // namespace

CallbackList::CallbackList() noexcept : process_{os::process_id()} {}

// In the child of a fork another thread may have held the lock; it is not there any more.
CallbackList::~CallbackList() {
  for (PressureRegistration* entry = first_; entry != nullptr; entry = entry->next_) entry->list_ = nullptr;
}

bool CallbackList::is_ours() const noexcept { return os::process_id() == process_; }

void CallbackList::add(PressureRegistration& entry) noexcept {
  if (!is_ours()) {
    entry.list_ = nullptr;  // not in it, so nobody would tell it when the list ends
    return;
  }
  const os::LockGuard guard{lock_};
  PressureRegistration** at = &first_;
  while (*at != nullptr && (*at)->priority_ <= entry.priority_) at = &(*at)->next_;
  entry.next_ = *at;
  *at = &entry;
}

void CallbackList::remove(PressureRegistration& entry) noexcept {
  if (!is_ours()) return;
  lock_.lock();
  while (running_ == &entry && runner_ != this_thread()) {
    const std::uint32_t turn = turn_.load(std::memory_order_relaxed);
    lock_.unlock();
    os::wait_while(turn_, turn);
    lock_.lock();
  }
  if (running_ == &entry) running_ = nullptr;
  PressureRegistration** at = &first_;
  while (*at != &entry) at = &(*at)->next_;
  *at = entry.next_;
  lock_.unlock();
}

void CallbackList::begin_round() noexcept {
  const os::LockGuard guard{lock_};
  ++round_;
}

PressureRegistration* CallbackList::first_due() const noexcept {
  PressureRegistration* entry = first_;
  while (entry != nullptr && entry->round_ == round_) entry = entry->next_;
  return entry;
}

std::optional<std::size_t> CallbackList::call_next(const Pressure& pressure) noexcept {
  lock_.lock();
  PressureRegistration* const due = first_due();
  if (due == nullptr) {
    lock_.unlock();
    return std::nullopt;
  }
  due->round_ = round_;
  running_ = due;
  runner_ = this_thread();
  const PressureCallback callback = due->callback_;
  void* const user = due->user_;
  lock_.unlock();

  const std::size_t bytes = callback(pressure, user);

  lock_.lock();
  running_ = nullptr;
  turn_.fetch_add(1, std::memory_order_relaxed);
  lock_.unlock();
  os::wake_one(turn_);
  return bytes;
}

PressureRegistration::~PressureRegistration() {
  if (list_ != nullptr) list_->remove(*this);
}

}  // namespace cenote
