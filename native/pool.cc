// The thread pool.

#include "pool.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "cache-line.h"
#include "float-mode.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

#if defined(__linux__)
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace netwright {
namespace {

// Below this estimate a call stays on its caller: waking a parked worker takes 5 to 40 us, a spinning one 2.
constexpr double parallelFromNanoseconds = 60e3;
constexpr double parallelFromIfAwake = 5e3;
// How long a worker waits for the next call before it parks. The two large products of a 784-50-10 step lie
// 15 to 30 us apart. Measured on two cores of a virtual machine, both products on two threads against 148 us
// on one: 153 us without spinning, 93 with; beside a busy neighbour, whom a worker's low priority lets go
// first, 156.
constexpr auto spinTime = std::chrono::microseconds(40);
// A chunk's estimate is at most this on one thread, which bounds how long an abort waits ...
constexpr double longestChunkNanoseconds = 1e6;
// ... and this on several, each of which begins with the same number of chunks; what is unstarted may be
// stolen. Fewer is better: a chunk of a product packs B for itself.
constexpr double sharedChunkNanoseconds = 5e5;
constexpr int64_t mostChunks = 256;
// When other processes keep the cores busy, workers come too late and their wake-ups only cost: after so many
// calls in a row that none came to, no call is offered for so long. Two threads of a 784-50-10 step beside a
// spinning process, against one: 0.79 times as fast without this rule, 0.96 with it; alone on the machine 1.3
// to 1.4 either way. A time and not a number of calls: 500 calls are 10 ms of small products, but 60 ms of
// convolutions, which a process that comes from a pause would lose.
constexpr int missesBeforeRest = 10;
constexpr auto restingTime = std::chrono::milliseconds(10);

// The calling thread's kernel workspace, made at first use and freed with the thread.
float* threadScratch() {
  thread_local const std::unique_ptr<CacheLine[]> scratch = allocateLines(scratchFloats * sizeof(float));
  return reinterpret_cast<float*>(scratch.get());
}

bool spend(ChunkBudget* budget) { return budget == nullptr || budget->spend(); }

// One call being worked on by several threads.
struct Work {
  const KernelCall* call;
  ChunkBudget* budget;
  int64_t chunks;
  int threads;
  std::atomic<uint8_t> claimed[mostChunks];
  std::atomic<bool> helped;  // a worker has run a chunk
  std::mutex failureMutex;
  CallResult result;

  Range chunk(int64_t i) const { return {call->units * i / chunks, call->units * (i + 1) / chunks}; }

  void runChunk(int64_t i, float* scratch) {
    if (!spend(budget)) {
      const std::lock_guard<std::mutex> lock(failureMutex);
      result.stopped = true;
      return;
    }
    const Status status = call->run(call->arguments, chunk(i), scratch);
    if (status.code == 0) return;
    const std::lock_guard<std::mutex> lock(failureMutex);
    if (result.status.code == 0 || status.row < result.status.row) result.status = status;
  }

  // Thread t begins with chunks t, t + threads, … so that the same data meet the same core at every call,
  // then takes whatever nobody has started.
  void runAs(int thread) {
    float* scratch = threadScratch();
    for (int pass = 0; pass < 2; pass++) {
      for (int64_t i = pass == 0 ? thread : 0; i < chunks; i += pass == 0 ? threads : 1) {
        if (claimed[i].exchange(1, std::memory_order_relaxed) != 0) continue;
        if (thread > 0) helped.store(true, std::memory_order_relaxed);
        runChunk(i, scratch);
      }
    }
  }
};

// Gives the core's resources to its other thread, and lets a virtual machine notice the wait.
void relax() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

// Waits for `done` without sleeping, for spinTime at most.
template <class Condition>
void spinUntil(const Condition& done) {
  const auto end = std::chrono::steady_clock::now() + spinTime;
  do {
    for (int i = 0; i < 32; i++) {
      if (done()) return;
      relax();
    }
  } while (std::chrono::steady_clock::now() < end);
}

class Pool {
 public:
  // Whether a worker is spinning for work: a hint, out of date as soon as it is given.
  bool awake() const { return spinning_ > 0; }

  // Runs `work` with helpers, or returns false when somebody else is using the pool.
  bool tryRun(Work& work) {
    if (busy_.exchange(true, std::memory_order_acquire)) return false;
    if (resting_ && std::chrono::steady_clock::now() < restEnd_) {
      busy_.store(false, std::memory_order_release);
      return false;
    }
    resting_ = false;
    bool wake;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      while (workers_ < work.threads - 1 && startWorker()) continue;
      work_ = &work;
      generation_++;
      wake = parked_ > 0;
    }
    if (wake) wake_.notify_all();
    work.runAs(0);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      work_ = nullptr;  // a worker that wakes late finds nothing to do
    }
    spinUntil([this] { return active_ == 0; });
    {
      std::unique_lock<std::mutex> lock(mutex_);
      done_.wait(lock, [this] { return active_ == 0; });
    }
    missed_ = work.helped ? 0 : missed_ + 1;
    if (missed_ >= missesBeforeRest) {
      missed_ = 0;
      resting_ = true;
      restEnd_ = std::chrono::steady_clock::now() + restingTime;
    }
    busy_.store(false, std::memory_order_release);
    return true;
  }

 private:
  // False where the system gives no more threads: the work is then done by those that there are.
  bool startWorker() {
    try {
      std::thread([this, thread = workers_ + 1] { workerLoop(thread); }).detach();
    } catch (const std::exception&) {
      return false;
    }
    workers_++;
    return true;
  }

  void workerLoop(int thread) {
    yieldToEventLoop();
    const FlushDenormals flush;
    uint64_t seen = 0;
    for (;;) {
      spinning_++;
      spinUntil([&] { return generation_ != seen; });
      spinning_--;
      std::unique_lock<std::mutex> lock(mutex_);
      parked_++;
      wake_.wait(lock, [&] { return generation_ != seen; });
      parked_--;
      seen = generation_;
      // Too late for this call, but awake for the next.
      if (work_ == nullptr || thread >= work_->threads) continue;
      Work* work = work_;
      active_++;
      lock.unlock();
      work->runAs(thread);
      lock.lock();
      if (--active_ == 0) done_.notify_one();
    }
  }

  // Not a mutex: its try_lock would need a newer C library than Debian 10's.
  std::atomic<bool> busy_{false};
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  Work* work_ = nullptr;
  std::atomic<uint64_t> generation_{0};
  int missed_ = 0;        // calls in a row that no worker came to; of the owner, as the two below
  bool resting_ = false;  // until restEnd_ calls are not offered to workers
  std::chrono::steady_clock::time_point restEnd_;
  int workers_ = 0;
  int parked_ = 0;
  std::atomic<int> active_{0};
  std::atomic<int> spinning_{0};
};

Pool& pool() {
  static Pool* const instance = new Pool;
  return *instance;
}

// The quota of cgroup v2; v1 is not looked at.
int cgroupCores() {
#if defined(__linux__)
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (file >> quota >> period && quota != "max" && period > 0) {
    return std::max(1, static_cast<int>(std::atof(quota.c_str()) / period + 0.5));
  }
#endif
  return maxThreads;
}

// Physical cores among those that this process may use: two hardware threads of one core share its FMA units.
int physicalCores() {
#if defined(__linux__)
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    std::set<std::string> cores;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
      if (!CPU_ISSET(cpu, &allowed)) continue;
      std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                         "/topology/thread_siblings_list");
      std::string siblings;
      cores.insert(std::getline(file, siblings) ? siblings : std::to_string(cpu));
    }
    if (!cores.empty()) return static_cast<int>(cores.size());
  }
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

CallResult runCall(const KernelCall& call, int threads, ChunkBudget* budget) {
  if (call.units <= 0) return {ok, false};
  const bool parallel = threads > 1 && call.units > 1 &&
                        call.cost >= (pool().awake() ? parallelFromIfAwake : parallelFromNanoseconds);
  const int64_t shares = parallel ? threads : 1;
  const double longest = parallel ? sharedChunkNanoseconds : longestChunkNanoseconds;
  const double each = call.cost / static_cast<double>(shares) / longest;
  const int64_t chunks =
      std::min({call.units, shares * (static_cast<int64_t>(std::min(each, 1e6)) + 1), mostChunks});

  // Made here, where running out of memory is still an ordinary exception: no helper has seen `work` yet.
  float* const scratch = threadScratch();
  if (chunks == 1) {
    if (!spend(budget)) return {ok, true};
    return {call.run(call.arguments, {0, call.units}, scratch), false};
  }

  Work work{};
  work.call = &call;
  work.budget = budget;
  work.chunks = chunks;
  work.threads = parallel ? threads : 1;
  if (!parallel || !pool().tryRun(work)) {
    work.threads = 1;
    work.runAs(0);
  }
  return work.result;
}

int defaultThreads() {
  static const int threads = std::min({physicalCores(), cgroupCores(), maxThreads});
  return threads;
}

void yieldToEventLoop() {
#if defined(__linux__)
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 10);
#endif
}

}  // namespace netwright
