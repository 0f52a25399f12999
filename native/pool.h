// The thread pool: cuts one kernel's units into chunks and runs them on the caller and on parked workers.
// One per process, made at first need, never destroyed (destroying it at exit aborts the process).
#pragma once
#include <stdint.h>

#include <atomic>

#include "arguments.h"
#include "kernel-table.h"

namespace netwright {

// One kernel call, ready to run.
struct KernelCall {
  KernelFunction run;
  const void* arguments;
  int64_t units;
  double cost;  // rough nanoseconds on one core
};

// How many chunks a run may still begin; asked before each. `set` is for before a run, `stop` for any thread
// during it.
class ChunkBudget {
 public:
  void set(int64_t chunks) {
    left_.store(chunks);
    stopped_.store(false);
  }
  void stop() { stopped_.store(true); }
  int64_t left() const { return left_.load(std::memory_order_relaxed); }
  bool allowsMore() const { return left() > 0 && !stopped_.load(std::memory_order_relaxed); }
  // Takes one chunk, or answers false. Never takes more than there are, so that `left` tells how many were
  // run.
  bool spend() {
    int64_t left = left_.load(std::memory_order_relaxed);
    while (left > 0 && !stopped_.load(std::memory_order_relaxed)) {
      if (left_.compare_exchange_weak(left, left - 1, std::memory_order_relaxed)) return true;
    }
    return false;
  }

 private:
  std::atomic<int64_t> left_{0};
  std::atomic<bool> stopped_{false};
};
constexpr int64_t noLimit = int64_t{1} << 62;

struct CallResult {
  Status status;  // of the failing row that comes first
  bool stopped;   // the budget ran out before every chunk had run
};

// Runs `call` on at most `threads` threads, the caller among them, and returns when every started chunk has
// ended. A caller that finds the pool busy runs alone. Bits do not depend on `threads`. `budget`: null for no
// limit.
CallResult runCall(const KernelCall& call, int threads, ChunkBudget* budget);

// min(physical cores, CPU affinity, cgroup quota), at least 1.
int defaultThreads();
constexpr int maxThreads = 64;

// Lowers the calling thread's priority (nice +10 on Linux), so that the event loop's thread goes first.
void yieldToEventLoop();

}  // namespace netwright
