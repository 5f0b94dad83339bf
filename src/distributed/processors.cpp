#include "distributed/processors.h"

#include <sched.h>

#include <algorithm>

namespace massface {

std::vector<int> own_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> list;
  if (::sched_getaffinity(0, sizeof(set), &set) != 0) return list;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (CPU_ISSET(processor, &set)) list.push_back(processor);
  }
  return list;
}

void keep_processors(const std::vector<int>& processors) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int processor : processors) CPU_SET(processor, &set);
  if (!processors.empty()) ::sched_setaffinity(0, sizeof(set), &set);
}

std::vector<int> processors_of(int64_t rank, int64_t size, const std::vector<int>& available, int64_t cores) {
  const int64_t count = std::ssize(available), used = std::min(count, cores);
  if (used == 0) return {};
  // The i-th of those that are used.
  const auto processor = [&](int64_t i) { return available[static_cast<size_t>(i * count / used)]; };
  if (used < size) return {processor(rank % used)};
  std::vector<int> list;
  for (int64_t i = used * rank / size; i < used * (rank + 1) / size; ++i) list.push_back(processor(i));
  return list;
}

}  // namespace massface
