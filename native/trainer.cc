// The training thread.

#include "trainer.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

#include "pool.h"

namespace netwright {
namespace {

class Trainer {
 public:
  bool submit(Job job) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!started_) {
      try {
        std::thread([this] { loop(); }).detach();
      } catch (const std::system_error&) {
        return false;
      }
      started_ = true;
    }
    queue_.push_back(std::move(job));
    wake_.notify_one();
    return true;
  }

  // Waiting for queued jobs as well would mean waiting for those of other owners before them.
  void cancel(const void* owner) {
    std::unique_lock<std::mutex> lock(mutex_);
    queue_.erase(
        std::remove_if(queue_.begin(), queue_.end(), [owner](const Job& job) { return job.owner == owner; }),
        queue_.end());
    ended_.wait(lock, [&] { return running_ != owner; });
  }

 private:
  void loop() {
    yieldToEventLoop();
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return !queue_.empty(); });
      const Job job = std::move(queue_.front());
      queue_.pop_front();
      running_ = job.owner;
      lock.unlock();
      job.run();
      lock.lock();
      running_ = nullptr;
      ended_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, ended_;
  std::deque<Job> queue_;
  const void* running_ = nullptr;
  bool started_ = false;
};

Trainer& trainer() {
  static Trainer* const instance = new Trainer;
  return *instance;
}

}  // namespace

bool submitJob(Job job) { return trainer().submit(std::move(job)); }
void cancelJobs(const void* owner) { trainer().cancel(owner); }

}  // namespace netwright
