#include "sampling/shuffled_sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "sampling/testing_dataset.h"

namespace massface {
namespace {

std::vector<ImageIndex> epoch_of(const ShuffledSampler& sampler, int64_t epoch) {
  std::vector<ImageIndex> images;
  for (int64_t b = 0; b < sampler.batches_per_epoch(); ++b) {
    const auto batch = sampler.batch(epoch * sampler.batches_per_epoch() + b);
    EXPECT_EQ(static_cast<int64_t>(batch.size()), sampler.batch_size());
    images.insert(images.end(), batch.begin(), batch.end());
  }
  return images;
}

TEST(ShuffledSampler, AnEpochHasNoImageTwiceAndLeavesOutLessThanABatch) {
  const TestingDataset dataset({10, 20, 17});
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const auto batch_size = 1 + static_cast<int64_t>(seed % 47);
    const ShuffledSampler sampler(dataset, batch_size, seed);
    for (const int64_t epoch : {0, 1, 9}) {
      const auto images = epoch_of(sampler, epoch);
      const std::set<ImageIndex> different(images.begin(), images.end());
      ASSERT_EQ(different.size(), images.size());
      ASSERT_GE(*different.begin(), 0);
      ASSERT_LT(*different.rbegin(), 47);
      ASSERT_GT(static_cast<int64_t>(images.size()), 47 - batch_size);
    }
  }
}

TEST(ShuffledSampler, LeavesOutOtherImagesInOtherEpochs) {
  const TestingDataset dataset({3});
  const ShuffledSampler sampler(dataset, 2, 1);
  std::set<ImageIndex> seen;
  for (int64_t step = 0; step < 20; ++step) {
    for (const ImageIndex image : sampler.batch(step)) seen.insert(image);
  }
  EXPECT_EQ(seen.size(), 3u);
}

TEST(ShuffledSampler, GivesTheSameBatchForTheSameSeedAndStepWhateverWasAskedBefore) {
  const TestingDataset dataset({30, 31});
  const ShuffledSampler forwards(dataset, 8, 4);
  const ShuffledSampler backwards(dataset, 8, 4);
  std::vector<std::vector<ImageIndex>> batches;
  for (int64_t step = 0; step < 50; ++step) batches.push_back(forwards.batch(step));
  for (int64_t step = 49; step >= 0; --step) ASSERT_EQ(backwards.batch(step), batches[static_cast<size_t>(step)]);
}

TEST(ShuffledSampler, ShufflesEachEpochAndEachSeedDifferently) {
  const TestingDataset dataset({64});
  const ShuffledSampler sampler(dataset, 64, 5);
  EXPECT_NE(sampler.batch(0), sampler.batch(1));
  EXPECT_NE(sampler.batch(0), ShuffledSampler(dataset, 64, 6).batch(0));
  EXPECT_FALSE(std::ranges::is_sorted(sampler.batch(0)));
}

TEST(ShuffledSampler, RefusesASetSmallerThanABatch) {
  const TestingDataset dataset({3, 4});
  EXPECT_NO_THROW(ShuffledSampler(dataset, 7, 1));
  try {
    ShuffledSampler(dataset, 8, 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "a batch takes 8 images, but the dataset has 7. Use a smaller batch or more images");
  }
}

}  // namespace
}  // namespace massface
