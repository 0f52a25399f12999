// Uninitialised memory that begins on a cache line, as tensors in arenas do.
#pragma once
#include <stddef.h>

#include <memory>

namespace netwright {

struct alignas(64) CacheLine {
  char bytes[64];
};

// Room for `bytes`; may throw std::bad_alloc.
inline std::unique_ptr<CacheLine[]> allocateLines(size_t bytes) {
  return std::unique_ptr<CacheLine[]>(new CacheLine[(bytes + sizeof(CacheLine) - 1) / sizeof(CacheLine)]);
}

}  // namespace netwright
