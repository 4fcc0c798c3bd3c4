// A pool as the measure of how much may be under way at once: four workers share 64 blocks with a producer
// that is faster than they are. When the pool says `exhausted` the producer sleeps until a block has come
// back, so memory never grows and no job is dropped.
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>

#include <cenote/cenote.hpp>

namespace {

constexpr std::size_t kUnderWay = 64, kWorkers = 4;
constexpr std::uint64_t kJobs = 50'000;

struct Job {
  std::uint64_t number;
  Job* next;
};

/// A pool that makes its callers wait instead of refusing them.
class JobPool {
 public:
  /// Storage for a job; sleeps while all are under way.
  Job* allocate_or_wait() {
    for (;;) {
      // Read before the try: what comes back after it changes the count, and the wait ends at once.
      const std::uint32_t returned = returned_.load(std::memory_order_acquire);
      const cenote::Result<Job*> job = pool_.try_allocate();
      if (job) return *job;
      if (job.error() != cenote::AllocError::exhausted) std::abort();
      ++waits_;
      returned_.wait(returned, std::memory_order_acquire);
    }
  }
  void deallocate(Job* job) {
    pool_.deallocate(job);
    returned_.fetch_add(1, std::memory_order_release);
    returned_.notify_one();
  }

  std::uint64_t waits() const { return waits_; }
  cenote::PoolStats stats() const { return pool_.stats(); }

 private:
  cenote::FixedPool<Job> pool_{{.capacity = kUnderWay, .name = "jobs"}};
  std::atomic<std::uint32_t> returned_{0};  // any worker; wraps
  std::uint64_t waits_ = 0;                 // the producer
};

/// A queue through the jobs themselves. It needs no bound and no memory: the pool bounds it.
class JobQueue {
 public:
  void push(Job* job) {
    {
      const std::lock_guard guard{mutex_};
      job->next = nullptr;
      (youngest_ != nullptr ? youngest_->next : oldest_) = job;
      youngest_ = job;
    }
    changed_.notify_one();
  }
  /// The oldest job; null when the queue is closed and empty.
  Job* pop() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return oldest_ != nullptr || closed_; });
    Job* const job = oldest_;
    if (job == nullptr) return nullptr;
    oldest_ = job->next;
    if (oldest_ == nullptr) youngest_ = nullptr;
    return job;
  }
  void close() {
    {
      const std::lock_guard guard{mutex_};
      closed_ = true;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Job* oldest_ = nullptr;  // all three under mutex_
  Job* youngest_ = nullptr;
  bool closed_ = false;
};

struct alignas(cenote::cache_line) Tally {
  std::uint64_t jobs = 0;
  std::uint64_t sum = 0;
};

// Work of some microseconds: no machine has workers that keep up with the producer.
std::uint64_t answer(std::uint64_t number) {
  for (int i = 0; i < 2'000; ++i) number = number * 6364136223846793005 + 1442695040888963407;
  return number;
}

void work(JobPool& pool, JobQueue& queue, Tally& tally) {
  while (Job* const job = queue.pop()) {
    tally.sum += answer(job->number);
    ++tally.jobs;
    pool.deallocate(job);
  }
}

void produce(JobPool& pool, JobQueue& queue) {
  for (std::uint64_t number = 0; number < kJobs; ++number)
    queue.push(std::construct_at(pool.allocate_or_wait(), Job{number, nullptr}));
  queue.close();
}

}  // namespace

int main() {
  JobPool pool;
  JobQueue queue;
  std::array<Tally, kWorkers> tallies;
  std::array<std::thread, kWorkers> workers;
  const std::size_t bytes_before = pool.stats().bytes_committed;

  for (std::size_t i = 0; i < kWorkers; ++i)
    workers[i] = std::thread{[&, i] { work(pool, queue, tallies[i]); }};
  produce(pool, queue);
  for (std::thread& worker : workers) worker.join();

  std::uint64_t done = 0, sum = 0, expected = 0;
  for (const Tally& tally : tallies) {
    done += tally.jobs;
    sum += tally.sum;
  }
  for (std::uint64_t number = 0; number < kJobs; ++number) expected += answer(number);

  const cenote::PoolStats stats = pool.stats();
  const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf("%llu jobs by %zu workers (", number(done), kWorkers);
  for (const Tally& tally : tallies)
    std::printf("%s%llu", &tally == tallies.data() ? "" : " + ", number(tally.jobs));
  std::printf(")\npool of %zu blocks, %zu in use at the peak, %zu KiB before and %zu KiB after\n",
              stats.capacity, stats.peak_in_use, bytes_before / 1024, stats.bytes_committed / 1024);
  std::printf("%llu times there was no block and the producer slept\n", number(pool.waits()));

  bool right = done == kJobs && sum == expected && stats.allocations == kJobs && stats.in_use == 0;
  right = right && stats.capacity == kUnderWay && stats.peak_in_use <= kUnderWay;
  right =
      right && stats.bytes_committed == bytes_before && stats.failures == pool.waits() && pool.waits() > 0;
  std::puts(right ? "nothing was lost" : "WRONG: a job or a block was lost, or the pool grew");
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
