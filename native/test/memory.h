// Tensors that catch every stray access. Ordinary builds: each tensor ends where an unreadable page begins,
// and the bytes before it hold a pattern that `frontIntact` checks. Under AddressSanitizer: each tensor its
// own allocation (it does not see masked vector loads past an end, nor an overrun inside an arena; the pages
// do).
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

class Memory {
 public:
  static constexpr int slots = 16;
  static constexpr size_t slotBytes = 16 << 20;
  static constexpr size_t frontBytes = 256;

  Memory() {
#if !defined(__SANITIZE_ADDRESS__)
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    for (Slot& slot : slots_) {
      char* base = static_cast<char*>(mmap(nullptr, slotBytes + page, PROT_READ | PROT_WRITE,
                                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
      if (base == MAP_FAILED || mprotect(base + slotBytes, page, PROT_NONE) != 0) abort();
      slot.end = base + slotBytes;
    }
#endif
  }

  // Uninitialised room for `count` elements, valid until reset().
  template <class T>
  T* room(int64_t count) {
    const size_t bytes = static_cast<size_t>(count) * sizeof(T);
    if (used_ == slots || bytes + frontBytes > slotBytes) abort();
    Slot& slot = slots_[used_++];
#if defined(__SANITIZE_ADDRESS__)
    // 4 bytes off malloc's alignment: only an element's own alignment is promised to kernels.
    slot.block = static_cast<char*>(malloc(bytes + 4));
    slot.start = slot.block + 4;
#else
    slot.start = slot.end - bytes;
    memset(slot.start - frontBytes, pattern, frontBytes);
#endif
    return reinterpret_cast<T*>(slot.start);
  }

  bool frontIntact() const {
#if !defined(__SANITIZE_ADDRESS__)
    for (int i = 0; i < used_; ++i)
      for (size_t j = 1; j <= frontBytes; ++j)
        if (static_cast<unsigned char>(slots_[i].start[-static_cast<int64_t>(j)]) != pattern) return false;
#endif
    return true;
  }

  void reset() {
#if defined(__SANITIZE_ADDRESS__)
    for (int i = 0; i < used_; ++i) free(slots_[i].block);
#endif
    used_ = 0;
  }

 private:
  static constexpr unsigned char pattern = 0xa5;
  struct Slot {
    char* start = nullptr;
    char* end = nullptr;
    char* block = nullptr;
  };
  Slot slots_[slots];
  int used_ = 0;
};
