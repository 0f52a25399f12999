// Plans, the thread pool and the training thread without Node: equal bits for any number of threads and any
// pattern of stops, no allocation in a step, and damaged plans, whose every tensor ends at an unreadable page
// (or is its own allocation, under AddressSanitizer). Built as shipped and under each sanitizer:
// scripts/test-native.mjs. Usage: plan-test [isa]. NETWRIGHT_TEST_SEED repeats the damaged plans.

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

#include "../dispatch.h"
#include "../pool.h"
#include "../trainer.h"
#include "check.h"
#include "memory.h"
#include "random.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

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

// Writes a plan's numbers: src/kernels/native/encode.ts has the format.
class Code {
 public:
  std::vector<double> numbers;

  Code& call(int kernel, bool commit = false) {
    return add({static_cast<double>(kernel), commit ? 1.0 : 0.0});
  }
  Code& absent() { return add({0}); }
  // `length` elements of `slot`, from its start; `perRow` more for each row of the step.
  Code& tensor(int slot, double length, double perRow = 0) {
    return add({1, static_cast<double>(slot), 0, 0, length, perRow});
  }
  Code& number(double constant, double perRow = 0) { return add({2, constant, perRow}); }
  Code& rows(double perRow = 1) { return number(0, perRow); }
  Code& step(int column) { return add({3, static_cast<double>(column)}); }

 private:
  Code& add(std::initializer_list<double> more) {
    numbers.insert(numbers.end(), more);
    return *this;
  }
};

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

// y = max(0, 2x) in two calls of one chain, what is between them in the chain's own memory.
void testChains(const KernelTable* table) {
  constexpr int width = 20000, rows = 64;
  const auto chain = [](std::initializer_list<int> slots, int secondPhase) {
    const int* slot = slots.begin();
    std::vector<double> code = {scaleKernel, 0};
    const auto tensor = [&](int s) { code.insert(code.end(), {1, s * 1.0, 0, 0, 0, width}); };
    tensor(slot[0]);
    tensor(slot[1]);
    code.insert(code.end(), {2, 0, width, 2, 2, 0});
    code.insert(code.end(), {reluForwardKernel, secondPhase * 1.0});
    tensor(slot[2]);
    tensor(slot[3]);
    code.insert(code.end(), {2, 0, width});
    return code;
  };
  const auto parse = [&](Plan& plan, const std::vector<double>& code) {
    plan.table = table;
    plan.slotCount = 2;
    plan.columnCount = 1;
    return plan.parse(code.data(), static_cast<int64_t>(code.size()));
  };
  Plan plan, lone, commits;
  check(parse(plan, chain({2, 0, 1, 2}, 2)).empty(), "a chain's code");
  check(!parse(lone, chain({2, 0, 1, 2}, 0)).empty(), "memory of a chain outside of one is refused");
  check(!parse(commits, chain({2, 0, 1, 2}, 1)).empty(), "memory of a chain in a commit is refused");
  std::vector<float> x(width * rows), y(width * rows);
  Random random(3);
  for (float& value : x) value = random.uniform(-1, 1);
  std::mutex lock;
  ChunkBudget budget;
  for (int threads = 1; threads <= 3; threads++) {
    Executor executor(plan, threads, &lock);
    executor.bind({{reinterpret_cast<char*>(x.data()), static_cast<int64_t>(x.size() * sizeof(float))},
                   {reinterpret_cast<char*>(y.data()), static_cast<int64_t>(y.size() * sizeof(float))}});
    for (const double count : {64.0, 1.0, 33.0, 0.0, 64.0}) {
      std::fill(y.begin(), y.end(), -1.0f);
      budget.set(noLimit);
      bool right = executor.run(&count, 1, 0, 0, &budget).outcome == Outcome::done;
      for (size_t i = 0; i < y.size(); i++)
        right = right && y[i] == (i < static_cast<size_t>(count) * width ? std::max(0.0f, 2 * x[i]) : -1.0f);
      check(right, "a chain of " + std::to_string(static_cast<int>(count)) + " rows, " +
                       std::to_string(threads) + " threads");
    }
    const double one = 1;
    budget.set(noLimit);
    check(executor.run(&one, 1, 0, 1, &budget).outcome == Outcome::refused, "no run begins inside a chain");
  }
}

// Two commits of which the second belongs to some steps only: sums += x, and, where the column says so,
// total += sums and sums = 0. As gradients that are accumulated.
void testUpdates(const KernelTable* table) {
  constexpr int n = 9000;
  enum { xPlace, sumsPlace, totalPlace };
  // x is scaled first, so that there is something to stop.
  const auto code = [](double phase, double column) {
    std::vector<double> numbers;
    const auto tensor = [&](int slot) { numbers.insert(numbers.end(), {1, slot * 1.0, 0, 0, n, 0}); };
    const auto add = [&](double inPhase, int y, int x) {
      numbers.insert(numbers.end(), {addScaledKernel, inPhase});
      if (inPhase == 3) numbers.push_back(column);
      tensor(y);
      tensor(x);
      numbers.insert(numbers.end(), {2, n, 0, 2, 1, 0});
    };
    numbers.insert(numbers.end(), {scaleKernel, 0});
    tensor(xPlace);
    tensor(xPlace);
    numbers.insert(numbers.end(), {2, n, 0, 2, 2, 0});
    add(1, sumsPlace, xPlace);
    add(phase, totalPlace, sumsPlace);
    numbers.insert(numbers.end(), {fillKernel, phase});
    if (phase == 3) numbers.push_back(column);
    tensor(sumsPlace);
    numbers.insert(numbers.end(), {2, n, 0, 2, 1, 0, 2, 0, 0});
    return numbers;
  };
  const auto parse = [&](Plan& plan, const std::vector<double>& numbers) {
    plan.table = table;
    plan.slotCount = 3;
    plan.columnCount = 2;
    return plan.parse(numbers.data(), static_cast<int64_t>(numbers.size()));
  };
  Plan plan, noColumn, rowsColumn, computeAfter, host;
  check(parse(plan, code(3, 1)).empty(), "a plan with an update");
  check(!parse(noColumn, code(3, 2)).empty(), "an update by a column that is not there is refused");
  check(!parse(rowsColumn, code(3, 0)).empty(), "an update by the number of rows is refused");
  std::vector<double> more = code(3, 1);
  const std::vector<double> again = code(3, 1);
  more.insert(more.end(), again.begin(), again.end());
  check(!parse(computeAfter, more).empty(), "a compute call after an update is refused");
  check(!parse(host, {hostCall, 3, 1}).empty(), "a host call in an update is refused");
  for (int threads = 1; threads <= 3; threads++) {
    const std::string name = std::to_string(threads) + " threads: ";
    std::vector<float> memory[3] = {std::vector<float>(n, 1), std::vector<float>(n), std::vector<float>(n)};
    std::vector<Slot> slots;
    for (auto& block : memory)
      slots.push_back({reinterpret_cast<char*>(block.data()), static_cast<int64_t>(n * sizeof(float))});
    std::mutex lock;
    Executor executor(plan, threads, &lock);
    executor.bind(slots);
    executor.profile(true);
    ChunkBudget budget;
    // x is 2, 4, 8, 16, 32: updates after 2 and 3 of them, 14 in all, and then two that wait.
    const double steps[] = {7, 0, 7, 1, 7, 1, 7, 0, 7, 0};
    const float sums[] = {2, 0, 0, 16, 48}, totals[] = {0, 6, 14, 14, 14};
    for (int64_t step = 0; step < 5; step++) {
      budget.set(0);
      check(executor.run(steps, step + 1, step, 0, &budget).outcome == Outcome::stopped, name + "no budget");
      budget.set(noLimit);
      const Progress progress = executor.run(steps, step + 1, step, 0, &budget);
      bool right = progress.outcome == Outcome::done && progress.step == step + 1;
      for (int i = 0; i < n; i++)
        right = right && memory[sumsPlace][static_cast<size_t>(i)] == sums[step] &&
                memory[totalPlace][static_cast<size_t>(i)] == totals[step];
      check(right, name + "step " + std::to_string(step) + " updates where its column says so");
    }
    check(executor.measurements()[1].calls == 5 && executor.measurements()[2].calls == 2,
          name + "an update that is not made is not measured");
    check(lock.try_lock(), name + "the lock is free after a step without an update");
    lock.unlock();
  }
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

// A call of a random kernel that is in order: small sizes, each tensor exactly as long as it must be. Then
// some of its numbers are damaged. Whatever is accepted must stay within its tensors.
struct DamagedPlans {
  const KernelTable* table;
  Random random;
  Memory memory;
  int64_t refused = 0, ran = 0;

  double size(int64_t most) { return random.below(random.below(3) == 0 ? 4 : most); }

  double nasty() {
    static const double values[] = {NAN,
                                    INFINITY,
                                    -INFINITY,
                                    -1,
                                    -0.0,
                                    0.5,
                                    1,
                                    2,
                                    3,
                                    4,
                                    7,
                                    63,
                                    64,
                                    65,
                                    4097,
                                    2147483647,
                                    2147483648.0,
                                    4294967295.0,
                                    4294967296.0,
                                    1e12,
                                    9007199254740991.0,
                                    9007199254740992.0,
                                    1.7e19,
                                    1e300,
                                    -2,
                                    -4,
                                    -2147483648.0,
                                    5e-324};
    return values[random.below(static_cast<int>(sizeof values / sizeof *values))];
  }

  void one() {
    memory.reset();
    Plan plan;
    plan.table = table;
    plan.columnCount = 3;
    const int kernel = random.below(kernelCount);
    const Declaration& declaration = declarations[kernel];
    double numbers[maxParameters] = {};
    // Kernels of many sizes want small ones, or their tensors are too large.
    for (int attempt = 0; attempt < 50; attempt++) {
      for (int i = 0; i < declaration.parameterCount; i++) {
        const Kind kind = declaration.parameter(i).kind;
        if (kind == Kind::size) numbers[i] = size(attempt < 10 ? 40 : 5);
        if (kind == Kind::scalar) numbers[i] = random.uniform(-1, 1);
      }
      bool good = true;
      for (int i = 0; i < declaration.ruleCount; i++) good = good && declaration.rule(i).holds(numbers) != 0;
      for (int i = 0; i < declaration.parameterCount; i++)
        if (declaration.parameter(i).kind < Kind::size)
          good = good && declaration.parameter(i).extent(numbers) < 1e5;
      if (good) break;
    }
    const double rows = 1 + random.below(8);
    Code code;
    if (random.below(8) == 0) {
      code.numbers = {static_cast<double>(kernel), 3, 1.0 + random.below(2)};
    } else {
      code.call(kernel, random.below(8) == 0);
    }
    std::vector<Slot> slots;
    for (int i = 0; i < declaration.parameterCount; i++) {
      const Parameter& parameter = declaration.parameter(i);
      const bool tensor = parameter.kind < Kind::size;
      if (tensor && parameter.optional && random.below(2) == 0) {
        code.absent();
      } else if (tensor) {
        const int64_t bytes = elementBytes(parameter.kind);
        const double extent = parameter.extent(numbers);
        const double length = extent >= 0 && extent < 1e5 ? extent : 0;
        const int64_t offset = bytes * random.below(3);
        const auto slotBytes = static_cast<int64_t>(length) * bytes + offset;
        char* data = memory.room<char>(slotBytes);
        for (int64_t j = 0; j < slotBytes; j++)
          data[j] = static_cast<char>(random.below(4) == 0 ? random.below(256) : 0);
        const bool whole = random.below(8) == 0;
        code.numbers.insert(code.numbers.end(),
                            {1, static_cast<double>(slots.size()), static_cast<double>(offset), 0,
                             whole ? wholeSlot : length, 0});
        slots.push_back({data, slotBytes});
      } else if (random.below(4) == 0 && fmod(numbers[i], rows) == 0) {
        code.rows(numbers[i] / rows);
      } else {
        code.number(numbers[i]);
      }
    }
    plan.slotCount = static_cast<int>(slots.size());
    double step[3] = {rows, 1, 2};
    const int damages = random.below(4);
    for (int i = 0; i < damages; i++) {
      const int place = random.below(static_cast<int>(code.numbers.size()) + 2);
      switch (random.below(8)) {
        case 0:
          code.numbers.resize(static_cast<size_t>(random.below(static_cast<int>(code.numbers.size()) + 1)));
          if (code.numbers.empty()) return;
          break;
        case 1:
          step[random.below(3)] = nasty();
          break;
        case 2:
        case 3:
          if (place < static_cast<int>(code.numbers.size()))
            code.numbers[static_cast<size_t>(place)] += random.below(3) - 1;
          break;
        default:
          if (place < static_cast<int>(code.numbers.size()))
            code.numbers[static_cast<size_t>(place)] = nasty();
      }
    }
    if (!plan.parse(code.numbers.data(), static_cast<int64_t>(code.numbers.size())).empty()) {
      refused++;
      return;
    }
    std::mutex lock;
    Executor executor(plan, 1 + random.below(2), &lock);
    executor.bind(slots);
    ChunkBudget budget;
    budget.set(noLimit);
    const Progress progress = executor.run(step, 1, 0, 0, &budget);
    progress.outcome == Outcome::refused ? refused++ : ran++;
    if (!memory.intact()) check(false, std::string(declaration.name.get()) + " wrote beside a tensor");
  }
};

void testDamagedPlans(const KernelTable* table, int count) {
  const char* given = getenv("NETWRIGHT_TEST_SEED");
  const uint64_t seed =
      given != nullptr ? strtoull(given, nullptr, 10)
                       : static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count() /
                                               1000 % 1000000);
  printf("damaged plans, %s: NETWRIGHT_TEST_SEED=%llu\n", table->isa, static_cast<unsigned long long>(seed));
  fflush(stdout);
  DamagedPlans plans{table, Random(seed), {}};
  for (int i = 0; i < count; i++) plans.one();
  check(plans.ran > count / 10 && plans.refused > count / 10, "damaged plans: some run, some are refused");
}

}  // namespace

int main(int argc, char** argv) {
#if defined(SANITIZED)
  constexpr int64_t steps = 500;
  constexpr int plans = 8000;
  constexpr int64_t stoppedSteps = 100;
#else
  constexpr int64_t steps = 10000;
  constexpr int plans = 40000;
  constexpr int64_t stoppedSteps = 300;
#endif
  const std::vector<const KernelTable*>& tables = supportedTables();
  const KernelTable* best = argc > 1 ? findTable(argv[1]) : tables.front();
  if (best == nullptr) {
    fprintf(stderr, "plan-test: this CPU cannot run %s\n", argv[1]);
    return 2;
  }
  testTrainer();
  testFailure(best);
  testSteps(best, steps);
  testProfile(best);
  testChains(best);
  testUpdates(best);
  testStops(best, stoppedSteps);
  for (const KernelTable* table : tables) {
    if (argc < 2 || table == best) testDamagedPlans(table, plans);
  }
  // Without destructors of static objects: helper threads are still waiting for work.
  _Exit(summary());
}
