// Chains, calls that run together on a part of the batch, and calls of the phase `update`, which only some
// steps run; without Node. Usage: chain-test [isa].

#include <stdlib.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "../plan.h"
#include "check.h"
#include "random.h"
#include "test-tables.h"

using namespace netwright;

namespace {

// What is wrong with a plan's code; empty where it is in order.
std::string parseFor(const KernelTable* table, Plan& plan, int slots, int columns,
                     const std::vector<double>& code) {
  plan.table = table;
  plan.slotCount = slots;
  plan.columnCount = columns;
  return plan.parse(code.data(), static_cast<int64_t>(code.size()));
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
    return parseFor(table, plan, 2, 1, code);
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
    return parseFor(table, plan, 3, 2, numbers);
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

}  // namespace

int main(int argc, char** argv) {
  for (const KernelTable* table : tablesFor(argc, argv)) {
    testChains(table);
    testUpdates(table);
  }
  // Without destructors of static objects: helper threads are still waiting for work.
  _Exit(summary());
}
