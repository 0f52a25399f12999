// Every kernel of every ISA that this CPU has, without Node, on the cases of its spec
// (build/generated/kernel-cases.h). Each call runs whole, with every tensor ending at an unreadable page, and
// in random pieces in random order, with every tensor beginning behind one. Both must write all of their
// outputs, end alike and leave the same bits. With hostile contents (indices out of range, NaN, infinities) a
// kernel may fail as declared, and nothing else changes. Values are left to the parity tests in test/kernels.
// Usage: kernel-test [isa [kernel]]. NETWRIGHT_TEST_SEED repeats a run.

#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "../arguments.h"
#include "../float-mode.h"
#include "check.h"
#include "kernel-cases.h"
#include "memory.h"
#include "random.h"
#include "test-tables.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

using namespace netwright;

namespace {

// What outputs hold before a call: a NaN that no arithmetic makes, and that arithmetic on it passes on.
constexpr uint32_t unwritten = 0x7fe5a5a5;

bool isTensor(const Parameter& parameter) { return parameter.kind < Kind::size; }
bool isOutput(const Parameter& parameter) {
  return parameter.role == Role::out || parameter.role == Role::inout;
}

struct Call {
  const KernelTable* table;
  const KernelCase* numbers;
  uint32_t absent;  // bit i: the optional tensor at place i is left out
  bool hostile;
  uint64_t seed;  // of the contents

  const Declaration& declaration() const { return declarations[numbers->kernel]; }

  std::string describe() const {
    const Declaration& kernel = declaration();
    std::string all = text("%s %s", table->isa, kernel.name.get());
    for (int i = 0; i < kernel.parameterCount; ++i)
      if (!isTensor(kernel.parameter(i)))
        all += text(" %s=%.17g", kernel.parameter(i).name.get(), numbers->values[i]);
      else if (absent >> i & 1)
        all += text(" without %s", kernel.parameter(i).name.get());
    return all + (hostile ? ", hostile" : "") + text(", seed %llu", static_cast<unsigned long long>(seed));
  }
};

// The call that is running, for the report of a crash.
char running[1000];
void sayWhatRan() {
  if (write(1, "in ", 3) + write(1, running, strlen(running)) + write(1, "\n", 1) < 0) _exit(2);
}
void reportCrashes() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(sayWhatRan);
#else
  const auto crash = [](int) {
    const char what[] = "touched unreadable memory ";
    if (write(1, what, sizeof what - 1) > 0) sayWhatRan();
    _exit(1);
  };
  signal(SIGSEGV, crash);
  signal(SIGBUS, crash);
#endif
}

uint32_t bitsOf(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// One element of an input, as its bits.
uint32_t contents(const Parameter& parameter, bool hostile, Random& random) {
  static const float reals[] = {NAN, HUGE_VALF, -HUGE_VALF, 0.0f, -0.0f, 3e38f, -3e38f, 1e-40f};
  static const int32_t integers[] = {-1, INT32_MIN, INT32_MAX, 64, 1 << 20};
  const bool nasty = hostile && random.below(16) == 0;
  switch (parameter.kind) {
    case Kind::real:
      return bitsOf(nasty ? random.pick(reals) : random.uniform(-1, 1));
    case Kind::int32:
      // 0 is within every range, if anything is.
      return nasty ? static_cast<uint32_t>(random.pick(integers)) : hostile ? random.next() % 4 : 0;
    default:
      return random.next();
  }
}

void* makeTensor(const Parameter& parameter, int64_t length, bool hostile, Random& random, Memory& memory) {
  if (parameter.kind == Kind::uint8) {
    uint8_t* bytes = memory.room<uint8_t>(length);
    for (int64_t i = 0; i < length; ++i) bytes[i] = static_cast<uint8_t>(random.next());
    return bytes;
  }
  uint32_t* words = memory.room<uint32_t>(length);
  for (int64_t i = 0; i < length; ++i)
    words[i] = parameter.role == Role::out ? unwritten : contents(parameter, hostile, random);
  return words;
}

// [0, units) in one piece, or cut at random and shuffled.
std::vector<Range> cut(int64_t units, bool inPieces, Random& random) {
  if (!inPieces) return {{0, units}};
  std::vector<Range> pieces;
  for (int64_t unit = 0; unit < units;) {
    const int64_t end = std::min(units, unit + 1 + random.below(random.below(2) ? 2 : units));
    pieces.push_back({unit, end});
    unit = end;
  }
  for (size_t i = pieces.size(); i > 1; --i)
    std::swap(pieces[i - 1], pieces[static_cast<size_t>(random.below(static_cast<int64_t>(i)))]);
  return pieces;
}

// What a call left behind.
struct Ending {
  std::string problem;  // "": none
  Status status;
  std::vector<std::vector<uint32_t>> outputs;
};

Ending run(const Call& call, Memory& memory, bool inPieces) {
  static const double nastyScalars[] = {NAN, HUGE_VAL, -HUGE_VAL, 0, 1, -1, 0.5, 1e300, 4e9};
  const Declaration& kernel = call.declaration();
  Random random(call.seed);
  Ending ending{"", ok, {}};
  RawArguments raw = {};
  memory.reset();
  for (int i = 0; i < kernel.parameterCount; ++i) {
    raw.numbers[i] = call.numbers->values[i];
    if (kernel.parameter(i).kind == Kind::scalar && call.hostile && random.below(4) == 0)
      raw.numbers[i] = random.pick(nastyScalars);
  }
  for (int i = 0; i < kernel.parameterCount; ++i) {
    const Parameter& parameter = kernel.parameter(i);
    if (!isTensor(parameter)) continue;
    raw.tensors[i] = {nullptr, -1};
    if (call.absent >> i & 1) continue;
    const int64_t length = static_cast<int64_t>(parameter.extent(raw.numbers));
    raw.tensors[i] = {makeTensor(parameter, length, call.hostile, random, memory), length};
  }
  Word words[maxParameters];
  const ArgumentProblem refused = checkArguments(kernel, raw, words);
  if (refused.kind != ArgumentProblem::none) {
    ending.problem = "refused: " + describeProblem(kernel, refused, raw);
    return ending;
  }

  const int place = call.numbers->kernel;
  const int64_t units = countUnits(kernel, call.table->units[place], words, raw.numbers);
  for (const Range& piece : cut(units, inPieces, random)) {
    const Status status = call.table->run[place](words, piece, testScratch(scratchFloats));
    // As the pool does: of several failures, the one in the lowest row.
    if (status.code != 0 && (ending.status.code == 0 || status.row < ending.status.row))
      ending.status = status;
  }

  const int32_t code = ending.status.code;
  if (!memory.intact()) ending.problem = "wrote beside a tensor";
  if (code < 0 || code > kernel.failureCount) ending.problem += text(" code %d is not declared", code);
  if (code != 0 && !call.hostile)
    ending.problem += text(" failed with code %d at %lld", code, static_cast<long long>(ending.status.row));
  for (int i = 0; i < kernel.parameterCount; ++i) {
    const Parameter& parameter = kernel.parameter(i);
    if (!isTensor(parameter) || !isOutput(parameter) || raw.tensors[i].length < 0) continue;
    const uint32_t* data = static_cast<const uint32_t*>(raw.tensors[i].data);
    ending.outputs.emplace_back(data, data + raw.tensors[i].length);
    const std::vector<uint32_t>& bits = ending.outputs.back();
    const auto at = std::find(bits.begin(), bits.end(), unwritten);
    if (code == 0 && at != bits.end())
      ending.problem +=
          text(" %s[%d] is not written", parameter.name.get(), static_cast<int>(at - bits.begin()));
  }
  return ending;
}

// One NaN is as good as another: which of two operands' NaN comes out is not fixed.
bool isNan(uint32_t bits) { return (bits & 0x7fffffff) > 0x7f800000; }
bool sameBits(uint32_t a, uint32_t b) { return a == b || (isNan(a) && isNan(b)); }

std::string difference(const Ending& whole, const Ending& pieces) {
  const Status &a = whole.status, &b = pieces.status;
  if (a.code != b.code || a.row != b.row || !(a.value == b.value || (isnan(a.value) && isnan(b.value))))
    return text("ends with code %d at %lld (%g), in pieces with %d at %lld (%g)", a.code,
                static_cast<long long>(a.row), a.value, b.code, static_cast<long long>(b.row), b.value);
  for (size_t i = 0; a.code == 0 && i < whole.outputs.size(); ++i)
    if (!std::equal(whole.outputs[i].begin(), whole.outputs[i].end(), pieces.outputs[i].begin(), sameBits))
      return text("output %d has other bits in pieces", static_cast<int>(i));
  return "";
}

void testCall(const Call& call) {
  static Memory behind(Page::behind), before(Page::before);
  const std::string what = call.describe();
  strncpy(running, what.c_str(), sizeof running - 1);
  const Ending whole = run(call, behind, false);
  Ending pieces;
  if (whole.problem.empty()) pieces = run(call, before, true);
  const std::string problem = !whole.problem.empty()    ? whole.problem
                              : !pieces.problem.empty() ? "in pieces: " + pieces.problem
                                                        : difference(whole, pieces);
  check(problem.empty(), what + ": " + problem);
}

// A case with every choice of optional tensors, then hostile with a random one.
void testCase(const KernelTable* table, const KernelCase& numbers, Random& random) {
  const Declaration& kernel = declarations[numbers.kernel];
  uint32_t optional = 0;
  for (int i = 0; i < kernel.parameterCount; ++i)
    if (isTensor(kernel.parameter(i)) && kernel.parameter(i).optional) optional |= 1u << i;
  uint32_t absent = 0;
  do {
    testCall({table, &numbers, absent, false, random.next()});
    absent = (absent - optional) & optional;  // the next subset
  } while (absent != 0);
  testCall({table, &numbers, random.next() & optional, true, random.next()});
}

}  // namespace

int main(int count, char** arguments) {
  const std::string onlyKernel = count > 2 ? arguments[2] : "";
  const FlushDenormals flush;
  float* scratch = testScratch(scratchFloats);
  for (int64_t i = 0; i < scratchFloats; ++i) memcpy(scratch + i, &unwritten, sizeof unwritten);
  reportCrashes();
  for (const KernelTable* table : tablesFor(count, arguments)) {
    Random random(testSeed());
    std::vector<bool> met(kernelCount);
    for (const KernelCase& numbers : kernelCases) {
      met[static_cast<size_t>(numbers.kernel)] = true;
      if (onlyKernel.empty() || onlyKernel == declarations[numbers.kernel].name.get())
        testCase(table, numbers, random);
    }
    for (int i = 0; i < kernelCount; ++i)
      check(met[static_cast<size_t>(i)], std::string(declarations[i].name.get()) + " has no case");
    printf("%s: %lld so far\n", table->isa, static_cast<long long>(passed));
    fflush(stdout);
  }
  return summary();
}
