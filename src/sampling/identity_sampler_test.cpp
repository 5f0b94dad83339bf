#include "sampling/identity_sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "core/error.h"
#include "core/random.h"
#include "sampling/testing_dataset.h"

namespace massface {
namespace {

constexpr int kSeeds = 200;

// A random dataset with P and K that fit it, down to the extremes that the options allow.
struct Case {
  TestingDataset dataset;
  IdentitySamplerOptions options;
  int64_t usable;  // identities with options.min_images
};

Case random_case(uint64_t seed) {
  Random random(seed, RandomStream::kHoldOut);
  const int64_t min_images = 1 + static_cast<int64_t>(random.below(3));
  std::vector<int64_t> counts(2 + random.below(40));
  for (int64_t& count : counts) count = 1 + static_cast<int64_t>(random.below(9));
  counts[0] = counts[1] = min_images;
  const int64_t usable = std::ranges::count_if(counts, [&](int64_t count) { return count >= min_images; });
  const auto identities = 2 + static_cast<int64_t>(random.below(static_cast<uint64_t>(usable) - 1));
  const auto images = 2 + static_cast<int64_t>(random.below(5));
  return {TestingDataset(counts), {identities, images, min_images}, usable};
}

// Returns the identity of each slot of K images; fails the test if a slot mixes identities.
std::vector<IdentityIndex> slots_of(const Dataset& dataset, const std::vector<ImageIndex>& batch, int64_t k) {
  std::vector<IdentityIndex> slots;
  for (size_t i = 0; i < batch.size(); ++i) {
    const IdentityIndex identity = dataset.identity_of(batch[i]);
    if (i % static_cast<size_t>(k) == 0) slots.push_back(identity);
    EXPECT_EQ(identity, slots.back());
  }
  return slots;
}

std::string sampler_complaint(const Dataset& dataset, IdentitySamplerOptions options) {
  try {
    IdentitySampler(dataset, options, 1);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(IdentitySampler, EveryBatchHasPDifferentIdentitiesOfKImages) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Case c = random_case(seed);
    const IdentitySampler sampler(c.dataset, c.options, seed);
    for (int64_t step = 0; step < 2 * sampler.batches_per_epoch(); ++step) {
      const auto batch = sampler.batch(step);
      ASSERT_EQ(static_cast<int64_t>(batch.size()), c.options.identities * c.options.images_per_identity);
      const auto slots = slots_of(c.dataset, batch, c.options.images_per_identity);
      ASSERT_EQ(std::set(slots.begin(), slots.end()).size(), slots.size()) << "seed " << seed << " step " << step;
    }
  }
}

TEST(IdentitySampler, AnEpochVisitsEveryIdentityThatHasEnoughImagesOnceBeforeTheFill) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Case c = random_case(seed);
    const IdentitySampler sampler(c.dataset, c.options, seed);
    ASSERT_EQ(sampler.batches_per_epoch(), (c.usable + c.options.identities - 1) / c.options.identities);
    for (const int64_t epoch : {0, 1, 7}) {
      std::vector<IdentityIndex> walk;
      for (int64_t b = 0; b < sampler.batches_per_epoch(); ++b) {
        const auto batch = sampler.batch(epoch * sampler.batches_per_epoch() + b);
        const auto slots = slots_of(c.dataset, batch, c.options.images_per_identity);
        walk.insert(walk.end(), slots.begin(), slots.end());
      }
      const std::set<IdentityIndex> visited(walk.begin(), walk.begin() + c.usable);
      ASSERT_EQ(static_cast<int64_t>(visited.size()), c.usable) << "seed " << seed;
      for (const IdentityIndex identity : walk) {
        ASSERT_GE(c.dataset.num_images_of(identity), c.options.min_images) << "seed " << seed;
      }
    }
  }
}

TEST(IdentitySampler, FillsTheLastBatchFromTheFrontOfTheNextShuffleWithoutThoseItHas) {
  const TestingDataset dataset(std::vector<int64_t>(10, 2));
  bool skipped_one = false;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const IdentitySampler sampler(dataset, {.identities = 4, .images_per_identity = 2}, seed);
    const auto last = slots_of(dataset, sampler.batch(2), 2);  // two of this epoch, two of the fill
    std::vector<IdentityIndex> next;                           // the next epoch's first eight
    for (const int64_t step : {3, 4}) {
      for (const IdentityIndex identity : slots_of(dataset, sampler.batch(step), 2)) next.push_back(identity);
    }
    std::vector<IdentityIndex> expected{last[0], last[1]};
    for (size_t i = 0; expected.size() < 4; ++i) {
      if (next[i] != last[0] && next[i] != last[1]) {
        expected.push_back(next[i]);
      } else {
        skipped_one = true;
      }
    }
    ASSERT_EQ(last, expected) << "seed " << seed;
  }
  EXPECT_TRUE(skipped_one);
}

TEST(IdentitySampler, TakesImagesAgainOnlyAfterAllOthersWereTaken) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Case c = random_case(seed);
    const IdentitySampler sampler(c.dataset, c.options, seed);
    const int64_t k = c.options.images_per_identity;
    const auto batch = sampler.batch(static_cast<int64_t>(seed % 5));
    for (size_t slot = 0; slot < batch.size(); slot += static_cast<size_t>(k)) {
      const int64_t available = c.dataset.num_images_of(c.dataset.identity_of(batch[slot]));
      std::map<ImageIndex, int64_t> times;
      for (size_t i = slot; i < slot + static_cast<size_t>(k); ++i) ++times[batch[i]];
      ASSERT_EQ(static_cast<int64_t>(times.size()), std::min(k, available)) << "seed " << seed;
      for (const auto& [image, count] : times) {
        ASSERT_GE(count, k / available) << "seed " << seed;
        ASSERT_LE(count, (k + available - 1) / available) << "seed " << seed;
      }
    }
  }
}

TEST(IdentitySampler, ChoosesEveryImageOfAnIdentitySoonerOrLater) {
  const TestingDataset dataset({9, 9});
  const IdentitySampler sampler(dataset, {.identities = 2, .images_per_identity = 2}, 3);
  std::set<ImageIndex> seen;
  for (int64_t step = 0; step < 100; ++step) {
    for (const ImageIndex image : sampler.batch(step)) seen.insert(image);
  }
  EXPECT_EQ(seen.size(), 18u);
}

TEST(IdentitySampler, ChoosesTheImagesOfTwoIdentitiesIndependently) {
  const TestingDataset dataset({9, 9});
  const IdentitySampler sampler(dataset, {.identities = 2, .images_per_identity = 2}, 3);
  int64_t alike = 0;
  for (int64_t step = 0; step < 100; ++step) {
    const auto batch = sampler.batch(step);
    alike += batch[0] % 9 == batch[2] % 9 && batch[1] % 9 == batch[3] % 9;
  }
  EXPECT_LT(alike, 10);  // 100 / 72 expected
}

TEST(IdentitySampler, GivesTheSameBatchForTheSameSeedAndStepWhateverWasAskedBefore) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Case c = random_case(seed);
    const IdentitySampler forwards(c.dataset, c.options, seed);
    const IdentitySampler backwards(c.dataset, c.options, seed);
    std::vector<std::vector<ImageIndex>> batches;
    for (int64_t step = 0; step < 12; ++step) batches.push_back(forwards.batch(step));
    for (int64_t step = 11; step >= 0; --step) {
      ASSERT_EQ(backwards.batch(step), batches[static_cast<size_t>(step)]) << "seed " << seed << " step " << step;
    }
  }
}

TEST(IdentitySampler, GivesTheSameBatchesToSeveralThreads) {
  const TestingDataset dataset(std::vector<int64_t>(50, 5));
  const IdentitySampler sampler(dataset, {}, 11);
  std::vector<std::vector<ImageIndex>> expected;
  for (int64_t step = 0; step < 64; ++step) expected.push_back(IdentitySampler(dataset, {}, 11).batch(step));
  std::vector<std::vector<ImageIndex>> found(64);
  std::vector<std::thread> threads;
  for (int64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int64_t step = thread; step < 64; step += 4) found[static_cast<size_t>(step)] = sampler.batch(step);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(found, expected);
}

TEST(IdentitySampler, ShufflesEachEpochAndEachSeedDifferently) {
  const TestingDataset dataset(std::vector<int64_t>(64, 2));
  const IdentitySamplerOptions options{.identities = 64, .images_per_identity = 2};
  const IdentitySampler sampler(dataset, options, 5);
  const auto first = slots_of(dataset, sampler.batch(0), 2);
  EXPECT_NE(first, slots_of(dataset, sampler.batch(1), 2));
  EXPECT_NE(first, slots_of(dataset, IdentitySampler(dataset, options, 6).batch(0), 2));
}

TEST(IdentitySampler, SaysHowManyIdentitiesThereAreWhenTheyAreTooFew) {
  const TestingDataset dataset({2, 2, 1, 3, 1});
  EXPECT_EQ(sampler_complaint(dataset, {.identities = 4, .images_per_identity = 2, .min_images = 2}),
            "batch.identities is 4, but only 3 of the dataset's 5 identities have the 2 images that batch.min_images "
            "asks for. Lower batch.identities or batch.min_images, or use more identities");
  EXPECT_EQ(sampler_complaint(dataset, {.identities = 3, .images_per_identity = 2, .min_images = 2}), "");
  EXPECT_EQ(sampler_complaint(dataset, {.identities = 5, .images_per_identity = 2, .min_images = 1}), "");
}

TEST(IdentitySampler, RefusesWhatCannotMakeATriplet) {
  EXPECT_NE(sampler_complaint(TestingDataset({4, 4}), {.identities = 2, .images_per_identity = 1})
                .find("batch.images_per_identity is 1"),
            std::string::npos);
  EXPECT_NE(sampler_complaint(TestingDataset({4, 4}), {.identities = 1, .images_per_identity = 4})
                .find("batch.identities is 1"),
            std::string::npos);
  EXPECT_NE(sampler_complaint(TestingDataset({400}), {}).find("the dataset has 1 identity"), std::string::npos);
}

TEST(IdentitySampler, LetsSimilarIdentitiesFollowEachOther) {
  const TestingDataset dataset({3, 3, 3, 1, 3, 3, 3});  // identity 3 is left out
  const IdentityNeighbours neighbours{{3, 6, 5}, {4}, {5}, {0}, {1}, {2, 0}, {0}};
  const IdentitySampler sampler(dataset, {.identities = 2, .images_per_identity = 2, .similar_identities = 2}, 1,
                                neighbours);
  EXPECT_EQ(sampler.batches_per_epoch(), 3);
  for (int64_t step = 0; step < 30; ++step) {
    auto pair = slots_of(dataset, sampler.batch(step), 2);
    std::ranges::sort(pair);
    // Other identities may have no neighbour left; these two are only neighbours of each other.
    const bool has_1 = pair[0] == 1, has_4 = pair[1] == 4;
    EXPECT_EQ(has_1, has_4) << step;
  }
}

}  // namespace
}  // namespace massface
