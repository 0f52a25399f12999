// Memory for tensors that live in one chain only: a block for each thread, as large as the largest part of a
// chain needs. It stays in the thread's cache, where the same tensors for a whole batch would not.
#pragma once
#include <stdint.h>

#include <atomic>
#include <memory>
#include <vector>

#include "cache-line.h"

namespace netwright {

class ChainMemory {
 public:
  // Makes room for `threads` blocks of `bytes`; not while a block is taken. May throw std::bad_alloc.
  void reserve(int threads, int64_t bytes) {
    if (bytes <= bytes_ && static_cast<size_t>(threads) <= blocks_.size()) return;
    blocks_.clear();
    bytes_ = 0;
    taken_ = std::make_unique<std::atomic<bool>[]>(static_cast<size_t>(threads));
    for (int i = 0; i < threads; i++) {
      taken_[static_cast<size_t>(i)] = false;
      blocks_.push_back(allocateLines(static_cast<size_t>(bytes)));
    }
    bytes_ = bytes;
  }

  // A block that nobody has, preferably the one that this thread had before; there is one for each thread.
  size_t take() {
    static thread_local size_t last = 0;
    if (blocks_.empty()) return 0;
    for (size_t i = last < blocks_.size() ? last : 0;; i = (i + 1) % blocks_.size()) {
      if (taken_[i].exchange(true, std::memory_order_acquire)) continue;
      last = i;
      return i;
    }
  }
  void give(size_t block) {
    if (!blocks_.empty()) taken_[block].store(false, std::memory_order_release);
  }
  char* block(size_t i) const { return blocks_.empty() ? nullptr : blocks_[i][0].bytes; }

 private:
  std::vector<std::unique_ptr<CacheLine[]>> blocks_;
  std::unique_ptr<std::atomic<bool>[]> taken_;
  int64_t bytes_ = 0;
};

}  // namespace netwright
