// Which ISA tables this CPU and operating system can run.
#pragma once
#include <vector>

#include "kernel-table.h"

namespace netwright {

// Tables that can run here, best first; never empty on a supported architecture.
const std::vector<const KernelTable*>& supportedTables();

// The table named `isa`, or null when it is unknown or cannot run here.
const KernelTable* findTable(const char* isa);

}  // namespace netwright
