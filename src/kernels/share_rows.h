#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace massface {

// Distributes rows 0 .. size - 1 over LibTorch's threads in pieces of `at_once` (the last may be shorter). Whichever
// thread is free takes the next piece, because rows may differ in cost. Each thread makes its workspace once and calls
// use(workspace, begin, end): the result of a row must depend neither on the thread nor on what the workspace held
// before.
template <class MakeWorkspace, class Use>
void share_rows(int64_t size, int64_t at_once, const MakeWorkspace& make_workspace, const Use& use) {
  std::atomic<int64_t> next{0};
  at::parallel_for(0, at::get_num_threads(), 1, [&](int64_t, int64_t) {
    auto workspace = make_workspace();
    for (int64_t begin = next.fetch_add(at_once); begin < size; begin = next.fetch_add(at_once)) {
      use(workspace, begin, std::min(begin + at_once, size));
    }
  });
}

// The same without a workspace: calls use(begin, end).
template <class Use>
void share_rows(int64_t size, int64_t at_once, const Use& use) {
  share_rows(
      size, at_once, [] { return 0; }, [&](int, int64_t begin, int64_t end) { use(begin, end); });
}

}  // namespace massface
