// Tensors that catch every stray access. Ordinary builds: each tensor ends where an unreadable page begins,
// or begins where one ends, and the bytes on its other side hold a pattern that `intact` checks. Under
// AddressSanitizer: each tensor its own allocation (it does not see masked vector loads past an end, nor an
// overrun inside an arena; the pages do).
#pragma once
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if !defined(__SANITIZE_ADDRESS__) && defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#if !defined(__SANITIZE_ADDRESS__)
#include <sys/mman.h>
#include <unistd.h>
#endif

// Where the unreadable page of each tensor is.
enum class Page : uint8_t { behind, before };

class Memory {
 public:
  static constexpr int slots = 16;
  static constexpr size_t slotBytes = 16 << 20;
  static constexpr size_t patternBytes = 256;

  Memory() : Memory(Page::behind) {}
  explicit Memory(Page page) : page_(page) {
#if !defined(__SANITIZE_ADDRESS__)
    const size_t pageBytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    for (Slot& slot : slots_) {
      char* base = static_cast<char*>(mmap(nullptr, slotBytes + pageBytes, PROT_READ | PROT_WRITE,
                                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
      char* unreadable = page == Page::behind ? base + slotBytes : base;
      if (base == MAP_FAILED || mprotect(unreadable, pageBytes, PROT_NONE) != 0) abort();
      slot.base = page == Page::behind ? base : base + pageBytes;
    }
#endif
  }

  // Uninitialised room for `count` elements, valid until reset().
  template <class T>
  T* room(int64_t count) {
    const size_t bytes = static_cast<size_t>(count) * sizeof(T);
    if (used_ == slots || bytes + patternBytes > slotBytes) abort();
    Slot& slot = slots_[used_++];
#if defined(__SANITIZE_ADDRESS__)
    // 4 bytes off malloc's alignment: only an element's own alignment is promised to kernels.
    slot.base = static_cast<char*>(malloc(bytes + 4));
    char* start = slot.base + 4;
#else
    char* start = page_ == Page::behind ? slot.base + slotBytes - bytes : slot.base;
    slot.pattern = page_ == Page::behind ? start - patternBytes : start + bytes;
    memset(slot.pattern, pattern, patternBytes);
#endif
    return reinterpret_cast<T*>(start);
  }

  // Whether nothing was written beside a tensor.
  bool intact() const {
#if !defined(__SANITIZE_ADDRESS__)
    for (int i = 0; i < used_; ++i)
      for (size_t j = 0; j < patternBytes; ++j)
        if (static_cast<unsigned char>(slots_[i].pattern[j]) != pattern) return false;
#endif
    return true;
  }

  void reset() {
#if defined(__SANITIZE_ADDRESS__)
    for (int i = 0; i < used_; ++i) free(slots_[i].base);
#endif
    used_ = 0;
  }

 private:
  static constexpr unsigned char pattern = 0xa5;
  struct Slot {
    char* base = nullptr;
    char* pattern = nullptr;
  };
  const Page page_;
  Slot slots_[slots];
  int used_ = 0;
};

// A thread's scratch for kernels, 64-byte aligned, with the same guard behind it; one, never freed.
inline float* testScratch(int64_t floats) {
#if defined(__SANITIZE_ADDRESS__)
  static void* block = aligned_alloc(64, static_cast<size_t>(floats) * sizeof(float));
  return static_cast<float*>(block);
#else
  static Memory memory;
  static float* block = memory.room<float>(floats);
  return block;
#endif
}
