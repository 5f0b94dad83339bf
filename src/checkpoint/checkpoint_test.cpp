#include "checkpoint/checkpoint.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

struct CheckpointStoreTest : testing::Test {
  CheckpointStoreTest() : run(fs::path(testing::TempDir()) / "massface_checkpoint_test") { fs::remove_all(run); }
  ~CheckpointStoreTest() override { fs::remove_all(run); }

  static Checkpoint checkpoint_at(int64_t step, std::optional<double> accuracy = {}) {
    return {.position = {.phase_index = 1, .phase = "triplet", .phase_step = step, .global_step = step},
            .conditions = {{"threads", "2"}},
            .recipe = {{"dataset", "0123"}},
            .validation_accuracy = accuracy,
            .model = {.tensors = {{"w", torch::full({3}, static_cast<double>(step))}}},
            .training = {.tensors = {{"momentum", torch::ones({2})}}}};
  }

  fs::path run;
};

TEST_F(CheckpointStoreTest, GivesBackTheNewestAsItWasSaved) {
  CheckpointStore store(run, {});
  EXPECT_FALSE(store.newest().has_value());
  store.save(checkpoint_at(5, 0.75));
  store.save(checkpoint_at(10, 0.5));
  const auto newest = CheckpointStore(run, {}).newest();
  ASSERT_TRUE(newest.has_value());
  EXPECT_EQ(newest->position.global_step, 10);
  EXPECT_EQ(newest->position.phase, "triplet");
  EXPECT_EQ(newest->position.phase_index, 1);
  EXPECT_EQ(newest->conditions.at("threads"), "2");
  EXPECT_EQ(newest->recipe.at("dataset"), "0123");
  EXPECT_EQ(newest->validation_accuracy, 0.5);
  EXPECT_TRUE(newest->model.at("w").equal(torch::full({3}, 10.0)));
  EXPECT_TRUE(newest->training.at("momentum").equal(torch::ones({2})));
}

TEST_F(CheckpointStoreTest, KeepsTheNewestAndTheBest) {
  CheckpointStore store(run, {.keep = 2});
  const double accuracies[] = {0.5, 0.9, 0.6, 0.9, 0.7, 0.8};
  for (int64_t i = 0; i < 6; ++i) store.save(checkpoint_at(i + 1, accuracies[i]));
  EXPECT_EQ(store.steps(), (std::vector<int64_t>{2, 5, 6}));
  EXPECT_NE(read_text_file(run / "checkpoints/best.json").find("step-000000002"), std::string::npos);
}

TEST_F(CheckpointStoreTest, TakesTheAccuracyOfACheckpointThatWasSavedBefore) {
  CheckpointStore store(run, {.keep = 1});
  store.save(checkpoint_at(1, 0.5));
  store.save(checkpoint_at(2));
  EXPECT_EQ(store.newest()->validation_accuracy, std::nullopt);
  EXPECT_EQ(store.steps(), (std::vector<int64_t>{1, 2}));
  store.record_accuracy(2, 0.75);
  EXPECT_EQ(store.newest()->validation_accuracy, 0.75);
  EXPECT_EQ(store.steps(), (std::vector<int64_t>{2})) << "the former best is no longer kept";
  EXPECT_NE(read_text_file(run / "checkpoints/best.json").find("step-000000002"), std::string::npos);
  EXPECT_TRUE(store.newest()->model.at("w").equal(torch::full({3}, 2.0)));
}

TEST_F(CheckpointStoreTest, NamesADamagedFileAndTouchesNothing) {
  CheckpointStore store(run, {});
  store.save(checkpoint_at(1));
  store.save(checkpoint_at(2));
  const fs::path model = store.folder_of(2) / "model.safetensors";
  const std::string whole = read_text_file(model);
  std::string changed = whole;
  changed[0] = 'x';
  for (const std::string& damaged : {whole.substr(0, whole.size() - 1), whole.substr(0, 4), std::string(), changed}) {
    write_file_atomically(model, damaged);
    try {
      store.newest();
      FAIL() << "accepted a damaged checkpoint";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("step-000000002 is damaged: model.safetensors"), std::string::npos)
          << error.what();
    }
  }
  EXPECT_EQ(store.steps(), (std::vector<int64_t>{1, 2}));
  fs::remove_all(store.folder_of(2));
  EXPECT_EQ(store.newest()->position.global_step, 1);
}

TEST_F(CheckpointStoreTest, ExplainsADamagedStateInPlainWords) {
  CheckpointStore store(run, {});
  store.save(checkpoint_at(1));
  const fs::path state = store.folder_of(1) / "state.json";
  const std::string whole = read_text_file(state);
  const auto message_with = [&](const std::string& text) {
    write_file_atomically(state, text);
    return message_of<Error>([&] { store.newest(); });
  };
  const auto without = [&](const std::string& entry) {
    auto json = nlohmann::ordered_json::parse(whole);
    json.erase(entry);
    return json.dump();
  };
  const std::string start = "the checkpoint " + store.folder_of(1).native() + " is damaged: ";
  const std::string end = ". Remove that folder to use the checkpoint before it; no file was changed";
  EXPECT_EQ(message_with(whole.substr(0, 40)), start + "state.json is cut off or was changed" + end);
  EXPECT_EQ(message_with(""), start + "state.json is cut off or was changed" + end);
  EXPECT_EQ(message_with(without("phase_step")),
            start + "an entry of state.json is missing or has the wrong type" + end);
  auto huge = nlohmann::ordered_json::parse(whole);
  huge["phase_step"] = 1e30;
  EXPECT_EQ(message_with(huge.dump()), start + "\"phase_step\" of state.json is 1e+30, not a count" + end);
  EXPECT_EQ(message_with(without("files")), start + "state.json has no entry for model.safetensors" + end);
  EXPECT_NE(message_with(without("format")).find("state.json is not of the format massface-checkpoint-1"),
            std::string::npos);
}

TEST_F(CheckpointStoreTest, ForgetsABestThatWasRemoved) {
  const double accuracies[] = {0.5, 0.7, 0.9, 0.6};
  {
    CheckpointStore store(run, {.keep = 4});
    for (int64_t i = 0; i < 4; ++i) store.save(checkpoint_at(i + 1, accuracies[i]));
    fs::remove_all(store.folder_of(3));
  }
  const fs::path best = run / "checkpoints/best.json";
  const CheckpointStore again(run, {});
  EXPECT_NE(read_text_file(best).find("step-000000002"), std::string::npos) << read_text_file(best);
  for (const int64_t step : again.steps()) fs::remove_all(again.folder_of(step));
  CheckpointStore anew(run, {});
  EXPECT_FALSE(fs::exists(best));
  anew.save(checkpoint_at(3, 0.1));
  EXPECT_NE(read_text_file(best).find("0.1"), std::string::npos) << read_text_file(best);
}

TEST_F(CheckpointStoreTest, RemovesWhatAKilledWriterLeft) {
  fs::create_directories(run / "checkpoints/step-000000007.partial");
  CheckpointStore store(run, {});
  EXPECT_FALSE(store.newest().has_value());
  EXPECT_FALSE(fs::exists(run / "checkpoints/step-000000007.partial"));
}

}  // namespace
}  // namespace massface
