// Matrix products of netwright's core and of OpenBLAS in one process, in turns, and the multiply-add peak
// beside them. Usage: openblas LIBRARY ISA ROUNDS THREADS… -- M,N,K,NN …   (layouts NN, NT, TN as in BLAS,
// row-major) Prints a line for the library, then one for each product and number of threads; openblas.ts
// reads them.

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "arguments.h"
#include "dispatch.h"
#include "pool.h"

using namespace netwright;

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

[[noreturn]] void fail(const std::string& message) {
  fprintf(stderr, "%s\n", message.c_str());
  exit(1);
}

// cblas_sgemm, its integers of 32 or 64 bits.
template <class Integer>
using Sgemm = void (*)(int order, int transposeA, int transposeB, Integer m, Integer n, Integer k,
                       float alpha, const float* a, Integer lda, const float* b, Integer ldb, float beta,
                       float* c, Integer ldc);

struct Product {
  int64_t m, n, k;
  bool transposeA, transposeB;
  std::string name;
};

class OpenBlas {
 public:
  explicit OpenBlas(const char* path) {
    library_ = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library_) fail(dlerror());
    // PyPI's builds put a word before every name, and a number behind it where integers have 64 bits.
    for (const char* before : {"", "scipy_"})
      for (const char* behind : {"", "64_"}) {
        void* sgemm = find(before, "cblas_sgemm", behind);
        if (!sgemm) continue;
        if (*behind)
          wide_ = reinterpret_cast<Sgemm<int64_t>>(sgemm);
        else
          narrow_ = reinterpret_cast<Sgemm<int32_t>>(sgemm);
        setThreads_ = reinterpret_cast<void (*)(int)>(find(before, "openblas_set_num_threads", behind));
        config_ = reinterpret_cast<char* (*)()>(find(before, "openblas_get_config", behind));
        core_ = reinterpret_cast<char* (*)()>(find(before, "openblas_get_corename", behind));
      }
    if ((!wide_ && !narrow_) || !setThreads_ || !config_ || !core_)
      fail(std::string(path) + " is no OpenBLAS");
  }
  const char* config() const { return config_(); }
  const char* core() const { return core_(); }
  void setThreads(int threads) const { setThreads_(threads); }
  void run(const Product& p, float* c, const float* a, const float* b) const {
    if (wide_)
      call(wide_, p, c, a, b);
    else
      call(narrow_, p, c, a, b);
  }

 private:
  void* find(const char* before, const char* name, const char* behind) const {
    return dlsym(library_, (std::string(before) + name + behind).c_str());
  }
  template <class Integer>
  static void call(Sgemm<Integer> sgemm, const Product& p, float* c, const float* a, const float* b) {
    constexpr int rowMajor = 101, plain = 111, transposed = 112;
    const auto m = static_cast<Integer>(p.m), n = static_cast<Integer>(p.n), k = static_cast<Integer>(p.k);
    sgemm(rowMajor, p.transposeA ? transposed : plain, p.transposeB ? transposed : plain, m, n, k, 1, a,
          p.transposeA ? m : k, b, p.transposeB ? k : n, 0, c, n);
  }

  void* library_;
  Sgemm<int64_t> wide_ = nullptr;
  Sgemm<int32_t> narrow_ = nullptr;
  void (*setThreads_)(int) = nullptr;
  char* (*config_)() = nullptr;
  char* (*core_)() = nullptr;
};

// As the plan executor runs a product: cut and spread by the pool.
struct Netwright {
  const KernelTable* table;

  void run(const Product& p, float* c, const float* a, const float* b, int threads) const {
    GemmArguments g = {};
    g.c = c;
    g.a = a;
    g.b = b;
    g.m = p.m;
    g.n = p.n;
    g.k = p.k;
    g.transposeA = p.transposeA;
    g.transposeB = p.transposeB;
    g.alpha = 1;
    const Declaration& declaration = declarations[gemmKernel];
    const Word* const words = reinterpret_cast<const Word*>(&g);
    double numbers[maxParameters] = {};
    for (int i = 0; i < declaration.parameterCount; ++i)
      if (declaration.parameters[i].kind == Kind::size) numbers[i] = static_cast<double>(words[i].integer);
    const int64_t units = table->units[gemmKernel](&g);
    runCall({table->run[gemmKernel], &g, units, declaration.cost(numbers)}, threads, nullptr);
  }
};

struct Matrix {
  explicit Matrix(int64_t size)
      : data(static_cast<float*>(aligned_alloc(4096, static_cast<size_t>((size * 4 + 4095) / 4096 * 4096)))) {
    uint32_t state = 1;
    for (int64_t i = 0; i < size; ++i) {
      state = state * 1664525u + 1013904223u;
      data.get()[i] = static_cast<float>(state >> 8) / (1 << 24) - 0.5f;
    }
  }
  struct Free {
    void operator()(float* p) const { free(p); }
  };
  std::unique_ptr<float, Free> data;
};

constexpr double sliceMilliseconds = 10;

// Milliseconds of one call; `calls` in a row.
template <class Run>
double timeOf(int calls, const Run& run) {
  const auto start = Clock::now();
  for (int i = 0; i < calls; ++i) run();
  return milliseconds(Clock::now() - start) / calls;
}

template <class Run>
int callsFor(const Run& run) {
  for (int i = 0; i < 3; ++i) run();
  for (int calls = 1;; calls *= 2) {
    const double time = timeOf(calls, run);
    if (time * calls >= sliceMilliseconds / 4) return std::max(1, static_cast<int>(sliceMilliseconds / time));
  }
}

// GFLOP/s of multiply-adds in registers on so many threads from a common start, by the slowest.
double peakOf(const KernelTable* table, int threads) {
  constexpr int64_t iterations = 1000000;
  std::atomic<int> ready{0};
  std::vector<double> times(static_cast<size_t>(threads));
  double flops = 0;
  const auto burst = [&](int thread) {
    ++ready;
    while (ready < threads) continue;
    const auto start = Clock::now();
    const double done = table->burstFma(iterations);
    times[static_cast<size_t>(thread)] = milliseconds(Clock::now() - start);
    if (thread == 0) flops = done;
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread) others.emplace_back(burst, thread);
  burst(0);
  for (std::thread& other : others) other.join();
  return flops * threads / *std::max_element(times.begin(), times.end()) / 1e6;
}

// OpenBLAS' threads go on spinning for a while after a call.
void pause() { std::this_thread::sleep_for(std::chrono::milliseconds(3)); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Product parse(const char* text) {
  Product p = {};
  long long m, n, k;
  char a, b;
  if (sscanf(text, "%lld,%lld,%lld,%c%c", &m, &n, &k, &a, &b) != 5) fail(std::string("no product: ") + text);
  p.m = m;
  p.n = n;
  p.k = k;
  p.transposeA = a == 'T';
  p.transposeB = b == 'T';
  p.name = text;
  return p;
}

void compare(const Netwright& own, const OpenBlas& other, const Product& p, int rounds,
             const std::vector<int>& threadCounts) {
  const Matrix a(p.m * p.k), b(p.k * p.n), c(p.m * p.n), d(p.m * p.n);
  const auto runOwn = [&](int threads) { own.run(p, c.data.get(), a.data.get(), b.data.get(), threads); };
  const auto runOther = [&] { other.run(p, d.data.get(), a.data.get(), b.data.get()); };

  struct Times {
    int ownCalls, otherCalls;
    std::vector<double> own, other, peak, ratio;
  };
  std::vector<Times> all(threadCounts.size());
  for (size_t t = 0; t < all.size(); ++t) {
    other.setThreads(threadCounts[t]);
    all[t].ownCalls = callsFor([&] { runOwn(threadCounts[t]); });
    all[t].otherCalls = callsFor(runOther);
    pause();
  }
  double difference = 0;
  for (int64_t i = 0; i < p.m * p.n; ++i)
    difference = std::max(difference, std::fabs(static_cast<double>(c.data.get()[i] - d.data.get()[i])));
  // Sums of k products below 1/4: rounding differs by far less.
  if (difference > 1e-4 * std::sqrt(static_cast<double>(p.k)) + 1e-6 * static_cast<double>(p.k))
    fail(p.name + ": the two products differ by " + std::to_string(difference));

  for (int round = 0; round < rounds; ++round)
    for (size_t t = 0; t < all.size(); ++t) {
      const int threads = threadCounts[t];
      Times& times = all[t];
      times.own.push_back(timeOf(times.ownCalls, [&] { runOwn(threads); }));
      other.setThreads(threads);
      times.other.push_back(timeOf(times.otherCalls, runOther));
      pause();
      times.peak.push_back(peakOf(own.table, threads));
      times.ratio.push_back(times.other.back() / times.own.back());
    }
  for (size_t t = 0; t < all.size(); ++t)
    printf(
        "{\"product\":\"%s\",\"threads\":%d,\"ownMs\":%.6g,\"otherMs\":%.6g,\"ratio\":%.6g,\"peakGflops\":%."
        "6g}\n",
        p.name.c_str(), threadCounts[t], median(all[t].own), median(all[t].other), median(all[t].ratio),
        median(all[t].peak));
  fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 6) fail("usage: openblas LIBRARY ISA ROUNDS THREADS... -- M,N,K,NN ...");
  const OpenBlas other(arguments[1]);
  const Netwright own = {findTable(arguments[2])};
  if (!own.table) fail(std::string("this CPU has no ") + arguments[2]);
  const int rounds = atoi(arguments[3]);
  int i = 4;
  std::vector<int> threads;
  for (; i < count && strcmp(arguments[i], "--") != 0; ++i) threads.push_back(atoi(arguments[i]));
  printf("{\"config\":\"%s\",\"core\":\"%s\"}\n", other.config(), other.core());
  for (++i; i < count; ++i) compare(own, other, parse(arguments[i]), rounds, threads);
}
