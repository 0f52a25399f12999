// Plans of a training step, the thread pool and the training thread without Node: equal bits for any number
// of threads and any pattern of stops, no allocation in a step. Built as shipped and under each sanitizer:
// scripts/test-native.mjs. Usage: plan-test [isa].

#include "../plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "../pool.h"
#include "../trainer.h"
#include "check.h"
#include "plan-code.h"
#include "random.h"
#include "sanitizers.h"
#include "test-tables.h"

// Every allocation of the process is counted. Sanitizers bring their own malloc, so there only `new` would be
// seen.
static std::atomic<int64_t> allocations{0};
#if !defined(SANITIZED) && defined(__GLIBC__)
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void* malloc(size_t bytes) noexcept {
  allocations++;
  return __libc_malloc(bytes);
}
void* calloc(size_t count, size_t bytes) noexcept {
  allocations++;
  return __libc_calloc(count, bytes);
}
void* realloc(void* old, size_t bytes) noexcept {
  allocations++;
  return __libc_realloc(old, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) noexcept {
  allocations++;
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** result, size_t alignment, size_t bytes) noexcept {
  allocations++;
  *result = __libc_memalign(alignment, bytes);
  return *result == nullptr ? 12 : 0;  // ENOMEM
}
}
constexpr bool countsAllocations = true;
#else
constexpr bool countsAllocations = false;
#endif

using namespace netwright;

namespace {

// A two-layer classifier on random samples: large enough that its products and the random numbers go to
// several threads (60 µs by their own estimate), small enough for 10,000 steps.
constexpr int inputs = 480, hidden = 128, classes = 10, batch = 64, columns = 3;
enum SlotIndex {
  xSlot,
  hSlot,
  logitsSlot,
  lossesSlot,
  softmaxSlot,
  onesSlot,
  labelsSlot,
  weightsSlot,
  gradientsSlot
};
constexpr int slotCount = gradientsSlot + 1;
// Weights, each on a cache line: W1, b1, W2, b2.
constexpr int w1 = 0, b1 = inputs * hidden, w2 = b1 + hidden, b2 = w2 + hidden * classes,
              weightCount = b2 + 16;

std::vector<double> classifier() {
  Code code;
  const auto part = [&code](int slot, int offset, int length) {
    code.numbers.insert(code.numbers.end(),
                        {1, static_cast<double>(slot), 4.0 * offset, 0, static_cast<double>(length), 0});
  };
  const auto flags = [&code](int transposeA, int transposeB, int relu) {
    code.number(transposeA).number(transposeB).number(relu).number(1).number(0);
  };
  code.call(randomUniformKernel).tensor(xSlot, 0, inputs).rows(inputs).number(1).number(2).step(1);
  code.call(gemmKernel).tensor(hSlot, 0, hidden).tensor(xSlot, 0, inputs);
  part(weightsSlot, w1, inputs * hidden);
  part(weightsSlot, b1, hidden);
  code.rows().number(hidden).number(inputs);
  flags(0, 0, 1);
  code.call(gemmKernel).tensor(logitsSlot, 0, classes).tensor(hSlot, 0, hidden);
  part(weightsSlot, w2, hidden * classes);
  part(weightsSlot, b2, classes);
  code.rows().number(classes).number(hidden);
  flags(0, 0, 0);
  code.call(softmaxCrossEntropyForwardKernel).tensor(lossesSlot, 0, 1).tensor(softmaxSlot, 0, classes);
  code.tensor(logitsSlot, 0, classes).tensor(labelsSlot, 0, 1).absent().rows().number(classes).number(0);
  code.call(checkFiniteKernel).tensor(lossesSlot, 0, 1).rows();
  code.call(fillKernel).tensor(onesSlot, 0, 1).rows().rows().number(1);
  code.call(softmaxCrossEntropyBackwardKernel).tensor(softmaxSlot, 0, classes).tensor(onesSlot, 0, 1);
  code.tensor(softmaxSlot, 0, classes).tensor(labelsSlot, 0, 1).absent().rows().number(classes).number(0);
  code.call(gemmKernel);
  part(gradientsSlot, w2, hidden * classes);
  code.tensor(hSlot, 0, hidden)
      .tensor(softmaxSlot, 0, classes)
      .absent()
      .number(hidden)
      .number(classes)
      .rows();
  flags(1, 0, 0);
  code.call(sumRowsKernel);
  part(gradientsSlot, b2, classes);
  code.tensor(softmaxSlot, 0, classes).rows().number(classes).number(0);
  code.call(gemmKernel).tensor(hSlot, 0, hidden).tensor(softmaxSlot, 0, classes);
  part(weightsSlot, w2, hidden * classes);
  code.absent().rows().number(hidden).number(classes);
  flags(0, 1, 0);
  code.call(gemmKernel);
  part(gradientsSlot, w1, inputs * hidden);
  code.tensor(xSlot, 0, inputs).tensor(hSlot, 0, hidden).absent().number(inputs).number(hidden).rows();
  flags(1, 0, 0);
  code.call(sumRowsKernel);
  part(gradientsSlot, b1, hidden);
  code.tensor(hSlot, 0, hidden).rows().number(hidden).number(0);
  code.call(sgdStepKernel, true).tensor(weightsSlot, wholeSlot).tensor(gradientsSlot, wholeSlot);
  code.number(weightCount).step(2).number(0);
  return code.numbers;
}

// One trainee: memory, plan and executor.
struct Trainee {
  std::vector<std::vector<char>> memory;
  std::vector<double> code = classifier();
  Plan plan;
  std::mutex lock;
  ChunkBudget budget;
  std::unique_ptr<Executor> executor;

  Trainee(const KernelTable* table, int threads) {
    plan.table = table;
    plan.slotCount = slotCount;
    plan.columnCount = columns;
    const std::string problem = plan.parse(code.data(), static_cast<int64_t>(code.size()));
    check(problem.empty(), "the classifier's code: " + problem);
    const int perSample[] = {inputs, hidden, classes, 1, classes, 1, 1};
    for (const int size : perSample) memory.emplace_back(static_cast<size_t>(4 * size * batch));
    memory.emplace_back(4 * weightCount);
    memory.emplace_back(4 * weightCount);
    Random random(7);
    for (int i = 0; i < w2 + hidden * classes; i++) weights()[i] = random.uniform(-1, 1) * 0.1f;
    for (int i = 0; i < batch; i++) labels()[i] = random.below(classes);
    std::vector<Slot> slots;
    for (auto& block : memory) slots.push_back({block.data(), static_cast<int64_t>(block.size())});
    executor = std::make_unique<Executor>(plan, threads, &lock);
    executor->bind(slots);
  }

  float* weights() { return reinterpret_cast<float*>(memory[weightsSlot].data()); }
  int32_t* labels() { return reinterpret_cast<int32_t*>(memory[labelsSlot].data()); }
  bool sameWeights(const Trainee& other) const { return memory[weightsSlot] == other.memory[weightsSlot]; }

  Progress run(const std::vector<double>& table, int64_t count, int64_t first = 0, int64_t chunks = noLimit) {
    budget.set(chunks);
    return executor->run(table.data(), count, first, 0, &budget);
  }
};

// Rows that change now and then, the step's number, the learning rate.
std::vector<double> stepTable(int64_t steps) {
  std::vector<double> table;
  for (int64_t i = 0; i < steps; i++) {
    table.insert(table.end(), {i % 97 == 96 ? 33.0 : batch * 1.0, static_cast<double>(i), 0.02});
  }
  return table;
}

void testProfile(const KernelTable* table) {
  const std::vector<double> rows = stepTable(200);
  Trainee plain(table, 2), profiled(table, 2);
  plain.run(rows, 200);
  profiled.executor->profile(true);
  profiled.run(rows, 150);
  profiled.executor->profile(true);
  profiled.run(rows, 200, 150);
  profiled.executor->profile(false);
  check(profiled.sameWeights(plain), "a profile changes no bit");
  const auto measured = [&](size_t call) { return profiled.executor->measurements()[call]; };
  const std::vector<PlanCall>& calls = profiled.plan.calls;
  bool all = true;
  for (size_t i = 0; i < calls.size(); i++)
    all =
        all && measured(i).calls == 50 && measured(i).nanoseconds > 0 && measured(i).rows == 49 * batch + 33;
  check(all, "a profile has each call of the 50 steps since it began");
  profiled.run(rows, 200, 150);
  check(measured(0).calls == 50, "nothing is measured once a profile has ended");
  profiled.executor->profile(true);
  profiled.run(rows, 1, 0, 0);
  check(measured(0).calls == 0, "a call that was stopped is not in a profile");
}

void testSteps(const KernelTable* table, int64_t steps) {
  const std::vector<double> rows = stepTable(steps);
  Trainee alone(table, 1);
  int64_t chunks = 0;
  for (int threads = 1; threads <= 3; threads++) {
    Trainee trainee(table, threads);
    Trainee& target = threads == 1 ? alone : trainee;
    // Each thread's workspace is made when it first has work, which for a helper may be after some steps.
    Trainee warm(table, threads);
    for (int i = 0; i < 300; i++) {
      warm.run(rows, std::min<int64_t>(steps, 10));
      if (threads > 1) std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    target.run(rows, 1);
    const int64_t before = allocations;
    const Progress progress = target.run(rows, steps, 1);
    const int64_t after = allocations;
    const std::string name = std::string(table->isa) + ", " + std::to_string(threads) + " threads: ";
    check(progress.outcome == Outcome::done && progress.step == steps,
          name + "all steps are done " + progress.message);
    if (countsAllocations) {
      check(after == before, name + std::to_string(after - before) + " allocations in " +
                                 std::to_string(steps - 1) + " steps");
    }
    check(progress.chunks > steps, name + "counts its chunks");
    if (threads == 1) {
      chunks = progress.chunks;
    } else {
      check(target.sameWeights(alone), name + "same bits as with one");
      check(progress.chunks > chunks, name + "more chunks than with one");
    }
  }
  bool finite = true;
  for (int i = 0; i < weightCount; i++) finite = finite && isfinite(alone.weights()[i]);
  check(finite, "weights are finite");
}

// Microseconds between two stops, at most: several steps, or none would ever be whole.
#if defined(SANITIZED)
constexpr int longestPause = 30000;
#else
constexpr int longestPause = 3000;
#endif

void testStops(const KernelTable* table, int64_t steps) {
  const std::vector<double> rows = stepTable(steps);
  Trainee whole(table, 1);
  whole.run(rows, steps);
  for (int threads = 1; threads <= 3; threads++) {
    const std::string name = std::string(table->isa) + ", " + std::to_string(threads) + " threads: ";
    Trainee pieces(table, threads);
    Random random(static_cast<uint64_t>(threads));
    int64_t step = 0;
    bool within = true;
    while (step < steps) {
      const int64_t chunks = random.below(200);
      const Progress progress = pieces.run(rows, steps, step, chunks);
      within = within && progress.chunks >= 0 && progress.chunks <= chunks && progress.step >= step;
      if (progress.outcome != Outcome::stopped) break;
      step = progress.step;
    }
    check(within, name + "no run exceeds its budget");
    check(pieces.sameWeights(whole), name + "same bits for any pattern of budgets");

    // Stopped from another thread, while a third one reads the weights under the lock.
    Trainee stopped(table, threads);
    std::atomic<bool> done{false};
    std::thread stopper([&] {
      Random delays(99);
      while (!done) {
        std::this_thread::sleep_for(std::chrono::microseconds(50 + delays.below(longestPause)));
        stopped.budget.stop();
      }
    });
    std::atomic<int64_t> sums{0};
    std::thread reader([&] {
      while (!done) {
        const std::lock_guard<std::mutex> guard(stopped.lock);
        float sum = 0;
        for (int i = 0; i < weightCount; i += 16) sum += stopped.weights()[i];
        sums += sum != 0;
      }
    });
    int64_t chunks = 0, stops = 0;
    for (step = 0; step < steps;) {
      const Progress progress = stopped.run(rows, steps, step);
      step = progress.step;
      chunks += progress.chunks;
      stops += progress.outcome == Outcome::stopped;
    }
    done = true;
    stopper.join();
    reader.join();
    check(stopped.sameWeights(whole), name + "same bits for any pattern of stops");
    check(chunks < steps * 1000, name + "a stopped run counts only the chunks that it ran");
    check(sums > 0 && stops > 0, name + "was read and stopped while it ran");
  }
}

void testFailure(const KernelTable* table) {
  const std::vector<double> rows = stepTable(5);
  for (int threads = 1; threads <= 3; threads++) {
    Trainee good(table, threads), bad(table, threads);
    good.run(rows, 3);
    bad.run(rows, 3);
    bad.labels()[40] = classes;
    bad.labels()[50] = -1;
    const Progress progress = bad.run(rows, 5, 3);
    check(progress.outcome == Outcome::failed && progress.step == 3 && progress.status.row == 40 &&
              progress.status.value == classes && bad.sameWeights(good),
          "a label out of range ends the step, names the first bad row, and leaves no trace");
  }
}

// The training thread: order, and what cancelling promises.
void testTrainer() {
  constexpr int owners = 3, jobs = 200;
  std::atomic<int> next[owners] = {};
  std::atomic<bool> inOrder{true}, cancelled{false}, ranAfterCancel{false};
  std::vector<std::thread> submitters;
  for (int owner = 0; owner < owners; owner++) {
    submitters.emplace_back([&, owner] {
      for (int i = 0; i < jobs; i++) {
        const bool queued = submitJob({&next[owner], [&, owner, i] {
                                         if (owner == 0 && cancelled) ranAfterCancel = true;
                                         if (next[owner].exchange(i + 1) != i) inOrder = false;
                                       }});
        if (!queued) inOrder = false;
      }
      if (owner == 0) {
        cancelJobs(&next[0]);
        cancelled = true;
      }
    });
  }
  for (std::thread& thread : submitters) thread.join();
  std::mutex mutex;
  std::condition_variable ended;
  bool last = false;
  submitJob({&mutex, [&] {
               const std::lock_guard<std::mutex> guard(mutex);
               last = true;
               ended.notify_one();
             }});
  {
    std::unique_lock<std::mutex> guard(mutex);
    ended.wait(guard, [&] { return last; });
  }
  cancelJobs(&mutex);
  check(inOrder, "jobs of one owner run in order");
  check(!ranAfterCancel, "no job of a cancelled owner runs");
  check(next[1] == jobs && next[2] == jobs, "jobs of other owners all run");
}

}  // namespace

int main(int argc, char** argv) {
#if defined(SANITIZED)
  constexpr int64_t steps = 500, stoppedSteps = 100;
#else
  constexpr int64_t steps = 10000, stoppedSteps = 300;
#endif
  const KernelTable* table = tablesFor(argc, argv).front();
  testTrainer();
  testFailure(table);
  testSteps(table, steps);
  testProfile(table);
  testStops(table, stoppedSteps);
  // Without destructors of static objects: helper threads are still waiting for work.
  _Exit(summary());
}
