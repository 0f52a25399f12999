// The ISAs that a test program runs on.
#pragma once
#include <stdio.h>
#include <stdlib.h>

#include <vector>

#include "../dispatch.h"

namespace netwright {

// All that this CPU can run, best first, or the one that the command line names.
inline std::vector<const KernelTable*> tablesFor(int argc, char** argv) {
  if (argc < 2) return supportedTables();
  const KernelTable* table = findTable(argv[1]);
  if (table != nullptr) return {table};
  fprintf(stderr, "this CPU cannot run %s\n", argv[1]);
  exit(2);
}

}  // namespace netwright
