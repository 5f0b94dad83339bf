#include "evaluation/held_out_pairs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/error.h"
#include "evaluation/testing_faces.h"
#include "image/encode.h"
#include "sampling/testing_dataset.h"

namespace massface {
namespace {

using Couple = std::pair<int64_t, int64_t>;

std::set<Couple> couples(const std::vector<IndexPair>& pairs, bool same) {
  std::set<Couple> set;
  for (const IndexPair& pair : pairs) {
    if (pair.same == same) set.insert(std::minmax(pair.first, pair.second));
  }
  return set;
}

TEST(MakeHeldOutPairs, DrawsAsManyMatchedAsMismatchedOnesAndNoneTwice) {
  const TestingDataset set(std::vector<int64_t>(20, 10));
  const auto pairs = make_held_out_pairs(set, 300, 7);
  ASSERT_EQ(pairs.size(), 600u);
  EXPECT_EQ(couples(pairs, true).size(), 300u);
  EXPECT_EQ(couples(pairs, false).size(), 300u);
  for (const IndexPair& pair : pairs) {
    EXPECT_NE(pair.first, pair.second);
    EXPECT_EQ(set.identity_of(pair.first) == set.identity_of(pair.second), pair.same);
  }
}

TEST(MakeHeldOutPairs, DependsOnTheSeedAlone) {
  const TestingDataset set(std::vector<int64_t>(20, 10));
  const auto first = make_held_out_pairs(set, 300, 7);
  const auto again = make_held_out_pairs(set, 300, 7);
  const auto other = make_held_out_pairs(set, 300, 8);
  for (size_t i = 0; i < first.size(); ++i) {
    ASSERT_EQ(first[i].first, again[i].first);
    ASSERT_EQ(first[i].second, again[i].second);
  }
  EXPECT_NE(couples(first, true), couples(other, true));
  EXPECT_NE(couples(first, false), couples(other, false));
}

TEST(MakeHeldOutPairs, SpreadsMatchedPairsEvenlyOverIdentities) {
  const TestingDataset set({100, 4, 1, 4, 2, 5});
  std::map<IdentityIndex, int> share;
  for (const IndexPair& pair : make_held_out_pairs(set, 17, 3)) {
    if (pair.same) ++share[set.identity_of(pair.first)];
  }
  // The identity with two images has one pair; the other four share the remaining 16.
  EXPECT_EQ(share, (std::map<IdentityIndex, int>{{0, 4}, {1, 4}, {3, 4}, {4, 1}, {5, 4}}));
}

TEST(MakeHeldOutPairs, GivesAllThereAreWhenAskedForMore) {
  // Matched: 3 + 1, mismatched: 6.
  const auto pairs = make_held_out_pairs(TestingDataset({3, 2}), 1000, 1);
  EXPECT_EQ(couples(pairs, true), (std::set<Couple>{{0, 1}, {0, 2}, {1, 2}, {3, 4}}));
  EXPECT_EQ(couples(pairs, false).size(), 4u);
  EXPECT_EQ(pairs.size(), 8u);
  // There are fewer mismatched than matched pairs here: all of (0..9) x {10}.
  const auto few = make_held_out_pairs(TestingDataset({10, 1}), 1000, 1);
  EXPECT_EQ(couples(few, false).size(), 10u);
  EXPECT_EQ(couples(few, true).size(), 10u);
}

TEST(MakeHeldOutPairs, FindsEveryPairOfAnIdentity) {
  // 45 of identity 0 and as many of identity 1, drawn completely: 10 images make 45 pairs.
  EXPECT_EQ(couples(make_held_out_pairs(TestingDataset({10, 10}), 90, 5), true).size(), 90u);
}

TEST(MakeHeldOutPairs, RefusesASetWithoutMatchedOrMismatchedPairs) {
  EXPECT_THROW(make_held_out_pairs(TestingDataset({5}), 10, 1), Error);
  EXPECT_THROW(make_held_out_pairs(TestingDataset({1, 1, 1}), 10, 1), Error);
}

// All images of an identity are the same noise.
class NoiseDataset : public TestingDataset {
 public:
  NoiseDataset(const std::vector<int64_t>& images_of_identity, int64_t size)
      : TestingDataset(images_of_identity), size_(size) {}
  std::vector<uint8_t> read_bytes(ImageIndex image) const override {
    if (image == truncated) return {0xff, 0xd8, 0xff};
    if (image == vanished) fail("{}: no such file", image);
    return encode_png(noise_image(static_cast<uint64_t>(identity_of(image)), size_));
  }

  ImageIndex truncated = -1;
  ImageIndex vanished = -1;

 private:
  int64_t size_;
};

struct VerifyHeldOut : testing::Test {
  const Embedder embedder{tiny_model()};
};

TEST_F(VerifyHeldOut, MeasuresInTenFoldsOfEqualShare) {
  const NoiseDataset set(std::vector<int64_t>(6, 4), kTinySize);
  const auto result = verify_held_out(embedder, set, make_held_out_pairs(set, 20, 1), {});
  EXPECT_EQ(result.accuracy, 1.0);  // images of one identity are the same here
  EXPECT_EQ(result.num_pairs, 40);
  EXPECT_EQ(result.folds.size(), 10u);
  EXPECT_EQ(result.name, "held-out identities");
}

TEST_F(VerifyHeldOut, SeesWhichPairsAreMatched) {
  const NoiseDataset set(std::vector<int64_t>(6, 4), kTinySize);
  auto pairs = make_held_out_pairs(set, 20, 1);
  for (IndexPair& pair : pairs) pair.same = !pair.same;
  EXPECT_EQ(verify_held_out(embedder, set, pairs, {}).auc, 0.0);
}

TEST_F(VerifyHeldOut, MakesFewerFoldsOfFewerPairs) {
  const NoiseDataset set({3, 2}, kTinySize);
  EXPECT_EQ(verify_held_out(embedder, set, make_held_out_pairs(set, 100, 1), {}).folds.size(), 4u);
}

TEST_F(VerifyHeldOut, LeavesOutUnreadableImages) {
  NoiseDataset set(std::vector<int64_t>(6, 4), kTinySize);
  const auto pairs = make_held_out_pairs(set, 20, 1);
  set.truncated = pairs.front().first;
  set.vanished = pairs.back().second;
  ASSERT_NE(set.truncated, set.vanished);
  const auto is_bad = [&](int64_t image) { return image == set.truncated || image == set.vanished; };
  const auto bad =
      std::ranges::count_if(pairs, [&](const IndexPair& pair) { return is_bad(pair.first) || is_bad(pair.second); });
  ASSERT_GT(bad, 0);
  testing::internal::CaptureStderr();
  const auto result = verify_held_out(embedder, set, pairs, {});
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find(fmt::format("validation leaves out {} pairs: 2 held-out images are unreadable", bad)),
            std::string::npos)
      << log;
  EXPECT_EQ(result.num_pairs, 40 - bad);
  EXPECT_EQ(result.accuracy, 1.0);
}

TEST_F(VerifyHeldOut, RefusesAnotherSizeUnlessAskedToResize) {
  const NoiseDataset set(std::vector<int64_t>(6, 4), kTinySize + 8);
  const auto pairs = make_held_out_pairs(set, 20, 1);
  try {
    verify_held_out(embedder, set, pairs, {});
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("40 x 40 pixels (width x height), but the network takes 32 x 32"),
              std::string::npos);
    EXPECT_NE(std::string(error.what()).find("massface align"), std::string::npos);
  }
  EXPECT_EQ(verify_held_out(embedder, set, pairs, {.other_size = OtherSize::kResize}).accuracy, 1.0);
}

}  // namespace
}  // namespace massface
