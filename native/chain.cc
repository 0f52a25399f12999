// Chains of calls.

#include "chain.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <utility>

namespace netwright {
namespace {

using Clock = std::chrono::steady_clock;

// What a part's tensors take together: half of a small second-level cache, since kernels keep workspace there
// too.
constexpr double partBytes = 512 * 1024;

bool byGroups(const PlanCall& call) { return declarations[call.kernel].splitBy == SplitBy::groups; }

}  // namespace

// Bytes of all tensors of one sample.
double Chain::bytesOfSample(double rows) const {
  std::set<std::pair<int, double>> seen;
  double bytes = 0;
  for (int64_t i = first_; i < end_; i++) {
    const PlanCall& call = plan_.calls[static_cast<size_t>(i)];
    const Declaration& declaration = declarations[call.kernel];
    for (int j = 0; j < declaration.parameterCount; j++) {
      const PlanArgument& argument = plan_.arguments[static_cast<size_t>(call.firstArgument + j)];
      if (argument.source != PlanArgument::tensor || argument.value.perRow <= 0) continue;
      if (!seen.insert({argument.slot, argument.offset.at(rows)}).second) continue;
      bytes += argument.value.perRow * static_cast<double>(elementBytes(declaration.parameter(j).kind));
    }
  }
  return bytes;
}

// Equal parts of as many samples as the cache holds; where a call works by groups of samples, these groups.
std::string Chain::cut(const std::vector<ResolvedCall>& whole, double rows, int threads) {
  const int64_t samples = static_cast<int64_t>(rows);
  int64_t groups = 0;
  for (int64_t i = first_; i < end_; i++) {
    if (!byGroups(plan_.calls[static_cast<size_t>(i)])) continue;
    const int64_t units = whole[static_cast<size_t>(i)].units;
    if (groups != 0 && groups != units) return "calls of one chain have different groups";
    groups = units;
  }
  int64_t count = groups;
  if (groups == 0) {
    const double inCache = std::max(1.0, std::floor(partBytes / std::max(1.0, bytesOfSample(rows))));
    const int64_t wanted = static_cast<int64_t>(std::ceil(rows / inCache));
    count = std::min(samples, (wanted + threads - 1) / threads * threads);
  }
  parts_.resize(static_cast<size_t>(count));
  for (int64_t part = 0; part < count; part++) {
    const StepPart range = {part * samples / count, (part + 1) * samples / count, part, count};
    parts_[static_cast<size_t>(part)] = {range, ok, 0};
  }
  return "";
}

std::string Chain::resolvePiece(int64_t index, const std::vector<Slot>& slots, const double* row,
                                const StepPart& part, Piece* piece) {
  RawArguments raw;
  std::string problem = plan_.locate(index, slots, row, part, &raw);
  if (problem.empty()) problem = plan_.check(index, raw, &piece->call);
  if (!problem.empty()) return problem;
  piece->rowsBefore = plan_.indexElementsPerRow(index) * part.begin;
  const PlanCall& call = plan_.calls[static_cast<size_t>(index)];
  const Declaration& declaration = declarations[call.kernel];
  for (int i = 0; i < declaration.parameterCount; i++) {
    const PlanArgument& argument = plan_.arguments[static_cast<size_t>(call.firstArgument + i)];
    if (argument.source != PlanArgument::tensor || argument.slot != plan_.slotCount) continue;
    const auto place =
        static_cast<int64_t>(reinterpret_cast<uintptr_t>(raw.tensors[i].data) - chainMemoryStart);
    piece->call.words[i].integer = place;
    piece->inMemory |= uint64_t{1} << i;
    const int64_t end = place + raw.tensors[i].length * elementBytes(declaration.parameter(i).kind);
    memoryBytes_ = std::max(memoryBytes_, end);
  }
  return "";
}

std::string Chain::resolve(const std::vector<Slot>& slots, const std::vector<ResolvedCall>& whole,
                           const double* row, int threads, bool all) {
  const auto calls = static_cast<size_t>(end_ - first_);
  if (all) {
    const std::string problem = cut(whole, row[0], threads);
    if (!problem.empty()) return problem;
    pieces_.assign(parts_.size() * calls, Piece{});
    cost_ = 0;
    for (int64_t i = first_; i < end_; i++) cost_ += whole[static_cast<size_t>(i)].cost;
    memoryBytes_ = 0;
  }
  for (size_t i = 0; i < calls; i++) {
    const int64_t call = first_ + static_cast<int64_t>(i);
    if (!all && !plan_.calls[static_cast<size_t>(call)].everyStep) continue;
    for (size_t p = 0; p < parts_.size(); p++) {
      const std::string problem = resolvePiece(call, slots, row, parts_[p].samples, &pieces_[p * calls + i]);
      if (!problem.empty()) return problem;
    }
  }
  // Room for a vector behind the last tensor.
  if (memoryBytes_ > 0) memory_->reserve(threads, memoryBytes_ + 64);
  return "";
}

Status Chain::runParts(const void* self, Range parts, float* scratch) {
  Chain& chain = *static_cast<Chain*>(const_cast<void*>(self));
  const int64_t calls = chain.end_ - chain.first_;
  const size_t block = chain.memory_->take();
  char* const memory = chain.memory_->block(block);
  Status first = ok;
  for (int64_t p = parts.begin; p < parts.end && first.code == 0; p++) {
    Part& part = chain.parts_[static_cast<size_t>(p)];
    for (int64_t i = 0; i < calls; i++) {
      Piece& piece = chain.pieces_[static_cast<size_t>(p * calls + i)];
      const PlanCall& call = chain.plan_.calls[static_cast<size_t>(chain.first_ + i)];
      if (piece.call.units == 0) continue;
      Word words[maxParameters];
      std::copy(std::begin(piece.call.words), std::end(piece.call.words), words);
      for (int j = 0; piece.inMemory >> j != 0; j++)
        if (piece.inMemory >> j & 1) words[j].pointer = memory + piece.call.words[j].integer;
      const auto start = chain.measured_ ? Clock::now() : Clock::time_point();
      const Status status = chain.plan_.table->run[call.kernel](words, {0, piece.call.units}, scratch);
      if (chain.measured_)
        piece.nanoseconds = std::chrono::duration<double, std::nano>(Clock::now() - start).count();
      if (status.code == 0) continue;
      first = part.status = {status.row + piece.rowsBefore, status.value, status.code};
      part.failedCall = chain.first_ + i;
      break;
    }
  }
  chain.memory_->give(block);
  return first;
}

double Chain::shareOf(int64_t call) const {
  double own = 0, all = 0;
  for (size_t i = 0; i < pieces_.size(); i++) {
    all += pieces_[i].nanoseconds;
    if (first_ + static_cast<int64_t>(i) % (end_ - first_) == call) own += pieces_[i].nanoseconds;
  }
  return all > 0 ? own / all : 0;
}

CallResult Chain::run(int threads, ChunkBudget* budget, bool measured, int64_t* failedCall) {
  measured_ = measured;
  for (Part& part : parts_) part.status = ok;
  CallResult result =
      runCall({&Chain::runParts, this, static_cast<int64_t>(parts_.size()), cost_}, threads, budget);
  // Of several failing parts the first one counts, whichever thread was faster.
  for (const Part& part : parts_) {
    if (part.status.code == 0) continue;
    result.status = part.status;
    *failedCall = part.failedCall;
    break;
  }
  return result;
}

}  // namespace netwright
