#include "distributed/shares.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "distributed/testing_processes.h"

namespace massface {
namespace {

std::vector<int64_t> sizes_of(int64_t total, int64_t size) {
  std::vector<int64_t> sizes;
  int64_t end = 0;
  for (int64_t rank = 0; rank < size; ++rank) {
    const Share share = share_of(total, rank, size);
    EXPECT_EQ(share.begin, share.size() == 0 ? total : end);
    end = share.end;
    sizes.push_back(share.size());
  }
  EXPECT_EQ(end, total);
  return sizes;
}

TEST(Shares, MakeUpTheListInTheOrderOfRanks) {
  EXPECT_EQ(sizes_of(12, 1), (std::vector<int64_t>{12}));
  EXPECT_EQ(sizes_of(12, 3), (std::vector<int64_t>{4, 4, 4}));
  EXPECT_EQ(sizes_of(10, 4), (std::vector<int64_t>{2, 3, 2, 3}));
}

TEST(Shares, AreOfTwoImagesAtLeastOrEmpty) {
  EXPECT_EQ(sizes_of(5, 4), (std::vector<int64_t>{2, 3, 0, 0}));
  EXPECT_EQ(sizes_of(3, 2), (std::vector<int64_t>{3, 0}));
  EXPECT_EQ(sizes_of(1, 2), (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(sizes_of(0, 2), (std::vector<int64_t>{0, 0}));
}

TEST(Shares, AreGatheredWhateverTheirSizes) {
  for (const int64_t total : {12, 10, 7, 3}) {
    const auto results = as_processes(4, [&](Processes& processes) -> std::string {
      const Tensor whole = at::arange(total * 5, at::kFloat).view({total, 5});
      const Share share = share_of(total, processes);
      const Tensor all = gather_shares(processes, whole.slice(0, share.begin, share.end), total);
      return at::equal(all, whole) ? "equal" : "other";
    });
    EXPECT_EQ(results, std::vector<std::string>(4, "equal")) << total;
  }
}

}  // namespace
}  // namespace massface
