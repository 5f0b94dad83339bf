#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "mining/strategy.h"
#include "pool/triplet_round.h"
#include "train/testing_training.h"

namespace massface {
namespace {

using Json = nlohmann::json;

class Pools : public SmallTraining {
 protected:
  static Recipe recipe_of_groups(int64_t group, const std::string& pool = "online") {
    Recipe grouped = recipe(pool);
    grouped.phases[0].objective.batch.by_identity.similar_identities = group;
    return grouped;
  }
};

class EveryPool : public Pools, public testing::WithParamInterface<std::string> {};

INSTANTIATE_TEST_SUITE_P(Train, EveryPool, testing::Values("online", "semi_online", "offline"),
                         [](const auto& info) { return info.param; });

TEST_P(EveryPool, TrainsByEveryStrategy) {
  for (const std::string& strategy : strategy_names()) {
    SCOPED_TRACE(strategy);
    const auto steps = train_steps(recipe(GetParam(), strategy));
    ASSERT_EQ(steps.size(), 6u);
    int64_t selected = 0;
    for (const Json& step : steps) {
      EXPECT_LE(step["images"], 4 * 2);
      EXPECT_GE(step["triplets_selected"], step["triplets_active"]);
      selected += step["triplets_selected"].get<int64_t>();
    }
    EXPECT_GT(selected, 0);
  }
}

TEST_P(EveryPool, SaysOnceWhatToDoWhenTheEmbeddingsAreNotFinite) {
  const TemporaryFolder folder;
  const LockedRun run = create_run_directory(folder / "run", "", recipe(GetParam()));
  TrainingSetup setup = make_training_setup(recipe(GetParam()), true);
  {
    const torch::NoGradGuard no_grad;
    setup.model.network->parameters().front().fill_(NAN);
  }
  const std::string message = message_of<Failure>([&] { train(std::move(setup), run, {}); });
  EXPECT_TRUE(message.starts_with("step 1 of phase triplet: ")) << message;
  EXPECT_NE(message.find(" embeddings hold values that are not finite"), std::string::npos) << message;
  EXPECT_TRUE(
      message.ends_with("The training has diverged: start again with a lower triplet.optimizer.learning_rate, or "
                        "with triplet.optimizer.max_gradient_norm=5"))
      << message;
  EXPECT_EQ(message.find("checkpoint"), std::string::npos) << message;
  EXPECT_EQ(message.find("nan"), std::string::npos) << message;
  EXPECT_EQ(message.find("max_gradient_norm"), message.rfind("max_gradient_norm")) << message;
}

TEST_F(Pools, SemiOnlineSelectsFromManyBatchesAndTrainsOnEachTripletOnce) {
  Recipe longer = recipe("semi_online");
  longer.phases[0].steps = 30;
  int64_t pool_triplets = 0, trained = 0, pools = 0, left = 0;
  for (const Json& step : train_steps(longer)) {
    if (step.contains("pool")) {
      EXPECT_EQ(left, 0) << "the previous pool is trained on first";
      EXPECT_EQ(trained, pool_triplets);
      const Json& pool = step["pool"];
      EXPECT_EQ(pool["number"], pools++);
      EXPECT_EQ(pool["images"], 3 * 4 * 2);
      EXPECT_EQ(pool["triplets_selected"], 24) << "one per anchor";
      EXPECT_EQ(pool["triplets_dropped"], 0);
      pool_triplets = pool["triplets_selected"];
      left = pool["steps"];
      trained = 0;
    }
    --left;
    trained += step["triplets_selected"].get<int64_t>();
    EXPECT_GT(step["positive_mean_squared_l2"], 0.0);
    EXPECT_GT(step["negative_mean_squared_l2"], 0.0);
  }
  EXPECT_GE(pools, 2);
}

TEST_F(Pools, APoolWithoutATripletTakesOneStepThatChangesNothing) {
  Recipe none = recipe("semi_online", "batch_semi_hard");
  none.phases[0].objective.triplet.margin = 0;  // no negative lies between d and d + 0
  for (const Json& step : train_steps(none)) {
    EXPECT_EQ(step["images"], 0);
    EXPECT_EQ(step["gradient_norm"], 0.0);
    EXPECT_EQ(step["pool"]["steps"], 1);
  }
}

TEST_F(Pools, OfflineWritesTheTripletsOfEachRoundAsIndicesOfTheWholeSet) {
  Recipe offline = recipe("offline");
  offline.validation = {.identities = 3, .pairs = 20};
  offline.phases[0].objective.mining.pool.round_steps = 4;
  const TemporaryFolder folder;
  const auto steps = train_steps(offline, folder);
  EXPECT_TRUE(steps[0].contains("pool") && steps[4].contains("pool") && !steps[1].contains("pool"));
  EXPECT_EQ(steps[4]["pool"]["number"], 1);
  EXPECT_EQ(steps[4]["pool"]["images"], 28);
  const auto whole = open_dataset(offline.dataset.path);
  const auto held_out = make_training_setup(offline, true).held_out;
  for (const int64_t round : {0, 1}) {
    const auto inspected = inspect_triplets(round_file(folder / "run", round));
    EXPECT_EQ(inspected.facts["strategy"], "batch_hardest");
    EXPECT_EQ(inspected.facts["dataset_fingerprint"], hex(whole->fingerprint()));
    EXPECT_EQ(inspected.facts["kept"], 28);
    const Triplets& triplets = inspected.triplets;
    ASSERT_EQ(triplets.size(), 28) << "one per anchor";
    for (int64_t t = 0; t < 28; ++t) {
      const auto identity = [&](const Tensor& images) { return whole->identity_of(images[t].item<int64_t>()); };
      EXPECT_EQ(identity(triplets.anchors), identity(triplets.positives));
      EXPECT_NE(identity(triplets.anchors), identity(triplets.negatives));
      for (IdentityIndex i = 0; i < 3; ++i) {
        for (const Tensor& images : {triplets.anchors, triplets.negatives}) {
          EXPECT_NE(whole->identity_name(identity(images)), held_out->identity_name(i));
        }
      }
    }
  }
  EXPECT_NE(inspect_triplets(round_file(folder / "run", 0)).facts["weights_fingerprint"],
            inspect_triplets(round_file(folder / "run", 1)).facts["weights_fingerprint"]);
}

TEST_F(Pools, OfflineSamplesOtherIdentitiesInEachRound) {
  Recipe sampled = recipe("offline");
  sampled.phases[0].objective.mining.pool.round_steps = 1;
  sampled.phases[0].objective.mining.pool.sample_identities = 3;
  const TemporaryFolder folder;
  const auto steps = train_steps(sampled, folder);
  std::set<std::vector<int64_t>> samples;
  const auto whole = open_dataset(sampled.dataset.path);
  for (int64_t round = 0; round < 6; ++round) {
    EXPECT_EQ(steps[static_cast<size_t>(round)]["pool"]["images"], 12);
    const Tensor anchors = inspect_triplets(round_file(folder / "run", round)).triplets.anchors;
    std::set<int64_t> identities;
    for (int64_t t = 0; t < anchors.size(0); ++t) identities.insert(whole->identity_of(anchors[t].item<int64_t>()));
    EXPECT_EQ(identities.size(), 3u);
    samples.insert({identities.begin(), identities.end()});
  }
  EXPECT_GT(samples.size(), 1u);
}

TEST_F(Pools, OfflineSearchesAnApproximateIndexByChoice) {
  Recipe approximate = recipe("offline");
  approximate.phases[0].objective.mining.pool.search = "approximate";
  approximate.phases[0].objective.mining.pool.candidates = 20;
  const TemporaryFolder folder;
  EXPECT_EQ(train_steps(approximate, folder)[0]["pool"]["triplets_selected"], 40) << "one per anchor";
  const auto facts = inspect_triplets(round_file(folder / "run", 0)).facts;
  EXPECT_EQ(facts["search"], "approximate");
  EXPECT_EQ(facts["candidates"], 20);
}

TEST_F(Pools, OfflineWithoutATripletPassesTheRound) {
  Recipe none = recipe("offline", "batch_semi_hard");
  none.phases[0].objective.triplet.margin = 0;
  const auto steps = train_steps(none);
  ASSERT_EQ(steps.size(), 6u);
  for (const Json& step : steps) EXPECT_EQ(step["images"], 0);
}

TEST_F(Pools, RefuseASetWithoutAReadableImage) {
  const TemporaryFolder broken;
  for (const char* person : {"a", "b", "c", "d"}) {
    for (const char* image : {"1.jpg", "2.jpg"}) {
      std::filesystem::create_directories(broken / person);
      std::ofstream(broken / person / image) << "text";
    }
  }
  for (const std::string search : {"exact", "approximate"}) {
    Recipe unreadable = recipe("offline");
    unreadable.dataset.path = broken.path().native();
    unreadable.dataset.max_bad_fraction = 1;
    unreadable.phases[0].objective.mining.pool.search = search;
    const std::string message = message_of<Error>([&] { train_steps(unreadable); });
    EXPECT_NE(message.find("none of the 8 images to train on can be read"), std::string::npos) << message;
  }
}

TEST_F(Pools, PassAnOfflineRoundWhoseImagesAreUnreadable) {
  Recipe one_readable = recipe("offline");
  const TemporaryFolder broken;
  for (const char* person : {"a", "b", "c", "d"}) {
    for (const char* image : {"1.jpg", "2.jpg"}) {
      std::filesystem::create_directories(broken / person);
      std::ofstream(broken / person / image) << "text";
    }
  }
  const auto whole = open_dataset(one_readable.dataset.path);
  std::filesystem::copy_file(whole->image_name(0), broken / "d" / "3.jpg");
  one_readable.dataset.path = broken.path().native();
  one_readable.dataset.max_bad_fraction = 1;
  one_readable.phases[0].objective.batch.by_identity.identities = 2;
  one_readable.phases[0].objective.mining.pool.sample_identities = 2;
  one_readable.phases[0].objective.mining.pool.round_steps = 1;
  for (const Json& step : train_steps(one_readable)) EXPECT_EQ(step["images"], 0);
}

TEST_F(Pools, SaysHowManyTripletsWereDropped) {
  Recipe limited = recipe("semi_online", "batch_all");
  limited.phases[0].objective.mining.max_triplets = 10;
  limited.phases[0].steps = 1;
  const Json pool = train_steps(limited)[0]["pool"];
  EXPECT_GT(pool["triplets_selected"], 10);
  EXPECT_EQ(pool["triplets_dropped"], pool["triplets_selected"].get<int64_t>() - 10);
}

TEST_F(Pools, RefusesWhatAPoolCannotBe) {
  const auto error = [](const Recipe& recipe) { return message_of<Error>([&] { make_training_setup(recipe, true); }); };
  Recipe both = recipe("offline");
  both.phases[0].objective.mining.pool.round_epochs = both.phases[0].objective.mining.pool.round_steps = 2;
  EXPECT_NE(error(both).find("mining.round_epochs is 2 and mining.round_steps is 2: a round has one length"),
            std::string::npos)
      << error(both);
  Recipe classifier = recipe("semi_online");
  classifier.phases[0].objective.loss = "softmax";
  EXPECT_NE(error(classifier).find("the loss is \"softmax\", which has no triplets"), std::string::npos);
  Recipe many = recipe("offline");
  many.phases[0].objective.mining.pool.sample_identities = 11;
  EXPECT_NE(error(many).find("mining.sample_identities is 11, but there are 10"), std::string::npos);
  Recipe similar = recipe("offline");
  similar.phases[0].objective.batch.by_identity.similar_identities = 2;
  EXPECT_NE(error(similar).find("mining.pool is \"offline\", which searches all identities"), std::string::npos);
}

TEST_F(Pools, TrainOnSimilarIdentitiesInBothPoolsThatDrawBatches) {
  for (const std::string pool : {"online", "semi_online"}) {
    const auto steps = train_steps(recipe_of_groups(2, pool));
    ASSERT_EQ(steps.size(), 6u) << pool;
    EXPECT_NE(steps[0]["loss"], train_steps(recipe(pool))[0]["loss"]) << pool;
  }
}

TEST_F(Pools, RefuseSimilarIdentitiesWhereNoIdentitiesAreDrawnOrTheGroupIsLargerThanTheBatch) {
  const auto error = [](const Recipe& recipe) { return message_of<Error>([&] { make_training_setup(recipe, true); }); };
  Recipe classifier = recipe_of_groups(2);
  classifier.phases[0].objective.loss = "softmax";
  EXPECT_NE(error(classifier).find("phase triplet: batch.similar_identities is 2, but the loss is \"softmax\""),
            std::string::npos)
      << error(classifier);
  EXPECT_NE(error(recipe_of_groups(5)).find("batch.similar_identities is 5, but a batch has batch.identities = 4"),
            std::string::npos);
}

}  // namespace
}  // namespace massface
