// Plans: reading one, resolving its arguments, replaying it.

#include "plan.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

#include "chain.h"
#include "float-mode.h"

namespace netwright {
namespace {

// Reads a plan's code number by number and remembers whether anything did not fit.
class Reader {
 public:
  Reader(const double* code, int64_t length) : at_(code), end_(code + length) {}
  bool atEnd() const { return at_ == end_; }
  bool good() const { return good_; }
  double number() {
    if (at_ == end_) {
      good_ = false;
      return 0;
    }
    return *at_++;
  }
  // A whole number in [least, limit).
  int whole(int least, int limit) {
    const double value = number();
    if (value >= least && value < limit && value == std::floor(value)) return static_cast<int>(value);
    good_ = false;
    return least;
  }
  Linear linear() {
    const double constant = number();
    return {constant, number()};
  }

 private:
  const double* at_;
  const double* end_;
  bool good_ = true;
};

// Bytes that a thread may be asked to hold of a chain's tensors.
constexpr double chainMemoryLimit = 1e11;

bool isWhole(double value) { return value >= 0 && value <= 9007199254740991.0 && value == std::floor(value); }

// Whether `call` can run in one chain with the last of `calls`. Whether it gives the numbers that the calls
// give alone is up to whoever made the plan; memory is checked part by part.
bool mayChain(const std::vector<PlanCall>& calls, const PlanCall& call) {
  return !calls.empty() && calls.back().kernel != hostCall && call.kernel != hostCall && !call.commit;
}

}  // namespace

std::string Plan::parse(const double* code, int64_t length) {
  Reader reader(code, length);
  const char* const alone = "a call with memory of a chain that is in none";
  bool committing = false;
  bool lone = false;  // whether the last call is such a one, unless the next is chained to it
  while (!reader.atEnd()) {
    PlanCall call;
    bool inChainMemory = false;
    call.kernel = reader.whole(hostCall, kernelCount);
    const int phase = reader.whole(0, 4);
    call.commit = phase == 1 || phase == 3;
    call.updateColumn = phase == 3 ? reader.whole(1, columnCount) : 0;
    call.chained = phase == 2;
    call.firstArgument = static_cast<int>(arguments.size());
    call.everyStep = false;
    const std::string place = "call " + std::to_string(calls.size());
    if (!reader.good()) return place + ": no such kernel or phase";
    if (committing && !call.commit) return place + ": a compute call after a commit call";
    if (call.commit && call.kernel == hostCall) return place + ": a host call in the commit phase";
    if (call.chained && !mayChain(calls, call)) return place + ": cannot be chained to the call before";
    committing = call.commit;
    const int count = call.kernel == hostCall ? 0 : declarations[call.kernel].parameterCount;
    for (int i = 0; i < count; i++) {
      const bool isTensor = declarations[call.kernel].parameter(i).kind < Kind::size;
      PlanArgument argument{};
      argument.source = static_cast<PlanArgument::Source>(reader.whole(0, 4));
      switch (argument.source) {
        case PlanArgument::absent:
          break;
        case PlanArgument::tensor:
          argument.slot = reader.whole(0, slotCount + 1);
          inChainMemory = inChainMemory || argument.slot == slotCount;
          argument.offset = reader.linear();
          argument.value = reader.linear();
          if (argument.slot >= slotCount - inputCount && argument.slot < slotCount) call.everyStep = true;
          break;
        case PlanArgument::number:
          argument.value = reader.linear();
          break;
        case PlanArgument::step:
          argument.value = {static_cast<double>(reader.whole(0, columnCount)), 0};
          call.everyStep = true;
          break;
      }
      const bool fits =
          isTensor ? argument.source <= PlanArgument::tensor : argument.source >= PlanArgument::number;
      if (!reader.good() || !fits) return place + ": bad argument " + std::to_string(i);
      arguments.push_back(argument);
    }
    if (lone && call.chained) lone = false;
    if (lone) return alone;
    lone = inChainMemory && !call.chained;
    calls.push_back(call);
  }
  return lone ? alone : "";
}

std::string Plan::locate(int64_t index, const std::vector<Slot>& slots, const double* row,
                         const StepPart& part, RawArguments* raw) const {
  const PlanCall& call = calls[static_cast<size_t>(index)];
  const Declaration& declaration = declarations[call.kernel];
  const bool byGroups = part.groups > 0 && declaration.splitBy == SplitBy::groups;
  const double rows = row[0];
  const double begin = static_cast<double>(part.begin), count = static_cast<double>(part.end - part.begin);
  for (int i = 0; i < declaration.parameterCount; i++) {
    const Parameter& parameter = declaration.parameter(i);
    const PlanArgument& argument = arguments[static_cast<size_t>(call.firstArgument + i)];
    raw->numbers[i] = 0;
    switch (argument.source) {
      case PlanArgument::absent:
        raw->tensors[i] = {nullptr, -1};
        break;
      case PlanArgument::tensor: {
        const auto bytes = static_cast<double>(elementBytes(parameter.kind));
        double length = argument.value.at(count);
        if (argument.slot == slotCount) {
          const double place = std::ceil(argument.offset.perRow * count / 64) * 64 + argument.offset.constant;
          if (!(isWhole(place) && isWhole(length) && place + length * bytes < chainMemoryLimit))
            return std::string(declaration.name.get()) + ": " + parameter.name.get() +
                   " does not fit a chain's memory";
          raw->tensors[i] = {reinterpret_cast<char*>(chainMemoryStart) + static_cast<int64_t>(place),
                             static_cast<int64_t>(length)};
          break;
        }
        const Slot& slot = slots[static_cast<size_t>(argument.slot)];
        double offset = argument.offset.at(rows) + argument.value.perRow * begin * bytes;
        if (argument.value.constant == wholeSlot)
          length = std::floor((static_cast<double>(slot.bytes) - offset) / bytes);
        if (byGroups && parameter.role == Role::out) {
          length = std::floor(length / static_cast<double>(part.groups));
          offset += length * bytes * static_cast<double>(part.group);
        }
        const bool inside = isWhole(offset) && isWhole(length) &&
                            offset + length * bytes <= static_cast<double>(slot.bytes) &&
                            (reinterpret_cast<uintptr_t>(slot.data) + static_cast<uintptr_t>(offset)) %
                                    static_cast<uintptr_t>(bytes) ==
                                0;
        if (!inside) {
          return std::string(declaration.name.get()) + ": " + parameter.name.get() +
                 " does not lie in its memory (call " + std::to_string(index) + " of the plan, slot " +
                 std::to_string(argument.slot) + ", " + std::to_string(slot.bytes) + " bytes)";
        }
        raw->tensors[i] = {slot.data + static_cast<int64_t>(offset), static_cast<int64_t>(length)};
        break;
      }
      case PlanArgument::number:
        raw->numbers[i] = argument.value.at(count);
        if (byGroups && std::strcmp(parameter.name.get(), "groups") == 0) raw->numbers[i] = 1;
        break;
      case PlanArgument::step:
        raw->numbers[i] = row[static_cast<int>(argument.value.constant)];
        break;
    }
  }
  return "";
}

std::string Plan::check(int64_t index, const RawArguments& raw, ResolvedCall* resolved) const {
  const int kernel = calls[static_cast<size_t>(index)].kernel;
  const Declaration& declaration = declarations[kernel];
  const ArgumentProblem problem = checkArguments(declaration, raw, resolved->words);
  if (problem.kind != ArgumentProblem::none) return describeProblem(declaration, problem, raw);
  resolved->units = countUnits(declaration, table->units[kernel], resolved->words, raw.numbers);
  resolved->cost = declaration.cost(raw.numbers);
  return "";
}

int64_t Plan::indexElementsPerRow(int64_t index) const {
  const PlanCall& call = calls[static_cast<size_t>(index)];
  const Declaration& declaration = declarations[call.kernel];
  for (int i = 0; i < declaration.parameterCount; i++) {
    const PlanArgument& argument = arguments[static_cast<size_t>(call.firstArgument + i)];
    if (declaration.parameter(i).role == Role::index && argument.source == PlanArgument::tensor)
      return static_cast<int64_t>(argument.value.perRow);
  }
  return 0;
}

Executor::Executor(const Plan& plan, int threads, std::mutex* lock)
    : plan_(plan),
      threads_(threads),
      lock_(lock),
      slots_(static_cast<size_t>(plan.slotCount)),
      resolved_(plan.calls.size()),
      chainFrom_(plan.calls.size(), nullptr),
      measurements_(plan.calls.size()) {
  const auto count = static_cast<int64_t>(plan.calls.size());
  for (int64_t first = 0; first < count;) {
    int64_t end = first + 1;
    while (end < count && plan.calls[static_cast<size_t>(end)].chained) end++;
    if (end > first + 1) chains_.emplace_back(plan, first, end, &chainMemory_);
    first = end;
  }
  for (Chain& chain : chains_) chainFrom_[static_cast<size_t>(chain.first())] = &chain;
}

Executor::~Executor() = default;

void Executor::bind(const std::vector<Slot>& slots) {
  std::copy(slots.begin(), slots.end(), slots_.begin());
  resolvedRows_ = -1;
}

std::string Executor::resolve(size_t index, const double* row) {
  RawArguments raw;
  const std::string problem =
      plan_.locate(static_cast<int64_t>(index), slots_, row, {0, static_cast<int64_t>(row[0]), 0, 0}, &raw);
  if (!problem.empty()) return problem;
  return plan_.check(static_cast<int64_t>(index), raw, &resolved_[index]);
}

// Every call of the step is checked before the first one runs, so that no step fails halfway for its
// arguments.
std::string Executor::resolveStep(const double* row) {
  if (!isWhole(row[0])) return "the step table's rows are not a whole number";
  const bool all = row[0] != resolvedRows_;
  resolvedRows_ = -1;
  for (size_t i = 0; i < plan_.calls.size(); i++) {
    if (plan_.calls[i].kernel == hostCall || !(all || plan_.calls[i].everyStep)) continue;
    const std::string problem = resolve(i, row);
    if (!problem.empty()) return problem;
  }
  for (Chain& chain : chains_) {
    const std::string problem = chain.resolve(slots_, resolved_, row, threads_, all);
    if (!problem.empty()) return problem;
  }
  resolvedRows_ = row[0];
  return "";
}

void Executor::profile(bool on) {
  profiling_ = on;
  if (on) measurements_.assign(plan_.calls.size(), Measurement());
}

CallResult Executor::runNext(size_t index, double rows, ChunkBudget* budget, int64_t* failedCall) {
  Chain* const chain = chainFrom_[index];
  const auto start = profiling_ ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
  CallResult result;
  if (chain != nullptr) {
    result = chain->run(threads_, budget, profiling_, failedCall);
  } else {
    const ResolvedCall& call = resolved_[index];
    const KernelFunction kernel = plan_.table->run[plan_.calls[index].kernel];
    result = runCall({kernel, call.words, call.units, call.cost}, threads_, budget);
  }
  if (!profiling_ || result.stopped || result.status.code != 0) return result;
  const double time =
      std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
  const auto end = chain != nullptr ? static_cast<size_t>(chain->end()) : index + 1;
  for (size_t i = index; i < end; i++) {
    const double share = chain != nullptr ? chain->shareOf(static_cast<int64_t>(i)) : 1;
    measurements_[i].calls++;
    measurements_[i].nanoseconds += static_cast<int64_t>(time * share);
    measurements_[i].rows += rows;
  }
  return result;
}

Progress Executor::run(const double* steps, int64_t count, int64_t step, int64_t call, ChunkBudget* budget) {
  const FlushDenormals flush;
  Progress progress{Outcome::done, step, call, 0, ok, ""};
  const int64_t before = budget->left();
  const auto finish = [&](Outcome outcome) {
    progress.outcome = outcome;
    progress.chunks = before - budget->left();
    return progress;
  };
  for (; progress.step < count; progress.step++, progress.call = 0) {
    const double* row = steps + progress.step * plan_.columnCount;
    progress.message = resolveStep(row);
    if (!progress.message.empty()) return finish(Outcome::refused);
    std::unique_lock<std::mutex> commit(*lock_, std::defer_lock);
    while (progress.call < static_cast<int64_t>(plan_.calls.size())) {
      const auto at = static_cast<size_t>(progress.call);
      const PlanCall& current = plan_.calls[at];
      if (current.chained) {
        progress.message = "call " + std::to_string(at) + " of the plan is inside a chain";
        return finish(Outcome::refused);
      }
      if (current.kernel == hostCall) return finish(Outcome::host);
      if (current.updateColumn != 0 && row[current.updateColumn] == 0) {
        progress.call++;
        continue;
      }
      if (current.commit && !commit.owns_lock()) {
        if (!budget->allowsMore()) return finish(Outcome::stopped);
        commit.lock();
      }
      int64_t failedCall = progress.call;
      const CallResult result = runNext(at, row[0], current.commit ? nullptr : budget, &failedCall);
      if (result.stopped) return finish(Outcome::stopped);
      if (result.status.code != 0) {
        progress.call = failedCall;
        progress.status = result.status;
        return finish(Outcome::failed);
      }
      progress.call = chainFrom_[at] != nullptr ? chainFrom_[at]->end() : progress.call + 1;
    }
  }
  return finish(Outcome::done);
}

}  // namespace netwright
