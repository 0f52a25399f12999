// Damaged plans, without Node: whatever is accepted stays within its tensors, each of which ends at an
// unreadable page (or is its own allocation, under AddressSanitizer). Usage: damaged-plan-test [isa];
// NETWRIGHT_TEST_SEED repeats the plans.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "../plan.h"
#include "check.h"
#include "memory.h"
#include "plan-code.h"
#include "random.h"
#include "sanitizers.h"
#include "test-tables.h"

using namespace netwright;

namespace {

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
  constexpr int plans = 8000;
#else
  constexpr int plans = 40000;
#endif
  for (const KernelTable* table : tablesFor(argc, argv)) testDamagedPlans(table, plans);
  // Without destructors of static objects: helper threads are still waiting for work.
  _Exit(summary());
}
