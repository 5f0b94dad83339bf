#include "kernels/share_rows.h"

#include <gtest/gtest.h>

#include <vector>

namespace massface {
namespace {

TEST(ShareRows, GivesEveryRowToOneThreadInPiecesOfTheSizeAsked) {
  for (const int64_t size : {0, 1, 7, 64, 1000}) {
    for (const int64_t at_once : {1, 7, 64, 2000}) {
      std::vector<int> times(static_cast<size_t>(size));
      share_rows(size, at_once, [&](int64_t begin, int64_t end) {
        EXPECT_EQ(begin % at_once, 0);
        EXPECT_EQ(end, std::min(begin + at_once, size));
        for (int64_t row = begin; row < end; ++row) ++times[static_cast<size_t>(row)];
      });
      for (const int count : times) EXPECT_EQ(count, 1) << size << " by " << at_once;
    }
  }
}

TEST(ShareRows, MakesAWorkspaceForEachThreadAndNotForEachPiece) {
  std::atomic<int> made{0};
  std::vector<int> seen(1000);
  const auto make = [&] { return std::vector<int>(1, ++made); };
  share_rows(1000, 1, make, [&](std::vector<int>& workspace, int64_t begin, int64_t) {
    seen[static_cast<size_t>(begin)] = workspace[0];
  });
  EXPECT_LE(made, at::get_num_threads());
  for (const int workspace : seen) EXPECT_GE(workspace, 1);
}

}  // namespace
}  // namespace massface
