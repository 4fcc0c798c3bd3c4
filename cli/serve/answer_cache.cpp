#include "answer_cache.hpp"

namespace cenote::cli {

std::shared_ptr<const Answer> AnswerCache::get(const std::string& key, const std::function<Answer()>& make) {
  const std::shared_ptr<Entry> entry = entry_of(key);
  const std::lock_guard guard{entry->mutex};
  if (entry->answer == nullptr || now_() - entry->made >= kFreshFor) {
    entry->answer = std::make_shared<const Answer>(make());
    entry->made = now_();
  }
  return entry->answer;
}

std::shared_ptr<AnswerCache::Entry> AnswerCache::entry_of(const std::string& key) {
  const std::lock_guard guard{mutex_};
  forget_old();
  std::shared_ptr<Entry>& entry = entries_[key];
  if (entry == nullptr) entry = std::make_shared<Entry>();
  return entry;
}

// An entry that nobody else holds is not being made: its members can be read without its mutex.
void AnswerCache::forget_old() {
  std::erase_if(entries_, [&](const auto& item) {
    const Entry& entry = *item.second;
    return item.second.use_count() == 1 && now_() - entry.made >= kFreshFor;
  });
}

}  // namespace cenote::cli
