#include "checkpoint/run_weights.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "checkpoint/checkpoint_files.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

struct FindRunWeights : testing::Test {
  FindRunWeights() {
    fs::remove_all(run);
    for (const char* step : {"step-000000080", "step-000000120", "step-000000100"}) {
      write("checkpoints/" + std::string(step) + "/model.safetensors", "weights");
    }
    write("checkpoints/best.json", R"({"checkpoint": "step-000000100", "accuracy": 0.9})");
    write("softmax.safetensors", "weights");
    write("options.toml", "");
  }
  ~FindRunWeights() override { fs::remove_all(run); }

  void write(const std::string& name, const std::string& text) {
    fs::create_directories((run / name).parent_path());
    write_file_atomically(run / name, text);
  }

  const fs::path run = fs::path(testing::TempDir()) / "massface_find_run_weights";
  const fs::path checkpoints = run / "checkpoints";
};

TEST_F(FindRunWeights, TakesTheHighestStepAsTheLast) {
  EXPECT_EQ(find_run_weights(run), checkpoints / "step-000000120" / "model.safetensors");
  EXPECT_EQ(find_run_weights(run, "last"), checkpoints / "step-000000120" / "model.safetensors");
}

TEST_F(FindRunWeights, OutgrowsThePaddingOfTheStep) {
  write("checkpoints/step-1000000000/model.safetensors", "weights");
  EXPECT_EQ(find_run_weights(run), checkpoints / "step-1000000000" / "model.safetensors");
}

TEST_F(FindRunWeights, IgnoresWhatADyingWriterLeft) {
  write("checkpoints/step-000000140.partial/model.safetensors", "wei");
  fs::create_directories(checkpoints / "step-000000160");
  EXPECT_EQ(find_run_weights(run), checkpoints / "step-000000120" / "model.safetensors");
}

TEST_F(FindRunWeights, FindsTheBestAPhaseAndAStepByName) {
  EXPECT_EQ(find_run_weights(run, "best"), checkpoints / "step-000000100" / "model.safetensors");
  EXPECT_EQ(find_run_weights(run, "softmax"), run / "softmax.safetensors");
  EXPECT_EQ(find_run_weights(run, "step-000000080"), checkpoints / "step-000000080" / "model.safetensors");
}

TEST_F(FindRunWeights, TakesAFileOrACheckpointFolderAsItIs) {
  EXPECT_EQ(find_run_weights(run / "softmax.safetensors"), run / "softmax.safetensors");
  EXPECT_EQ(find_run_weights(checkpoints / "step-000000080"), checkpoints / "step-000000080" / "model.safetensors");
  EXPECT_EQ(message_of<Error>([&] { find_run_weights(run / "softmax.safetensors", "best"); }),
            (run / "softmax.safetensors").native() +
                ": is one set of weights, so --checkpoint best has nothing to choose from; leave it out");
}

TEST_F(FindRunWeights, ListsWhatThereIsWhenANameIsWrong) {
  EXPECT_EQ(message_of<Error>([&] { find_run_weights(run, "tripet"); }),
            run.native() +
                ": has no weights called tripet; available: --checkpoint last, best, softmax, "
                "step-000000080, step-000000100, step-000000120");
}

TEST_F(FindRunWeights, ExplainsAMissingOrDamagedBest) {
  write("checkpoints/best.json", "{\"check");
  EXPECT_EQ(message_of<Error>([&] { find_run_weights(run, "best"); }),
            (checkpoints / "best.json").native() + ": damaged: expected {\"checkpoint\": \"step-000000120\"}");
  write("checkpoints/best.json", R"({"checkpoint": "step-000000060"})");
  EXPECT_EQ(message_of<Error>([&] {
              find_run_weights(run, "best");
            }).find("names the checkpoint step-000000060, which does not exist"),
            (checkpoints / "best.json").native().size() + 2);
  fs::remove(checkpoints / "best.json");
  EXPECT_NE(message_of<Error>([&] { find_run_weights(run, "best"); }).find("available: --checkpoint last, softmax"),
            std::string::npos);
}

TEST_F(FindRunWeights, ExplainsAPathThatIsNoRun) {
  EXPECT_EQ(message_of<Error>([&] { find_run_weights(run / "nowhere"); }),
            (run / "nowhere").native() + ": no such file or run directory");
  fs::create_directories(run / "empty");
  EXPECT_EQ(message_of<Error>([&] { find_run_weights(run / "empty"); }),
            (run / "empty").native() + ": contains no checkpoint and no weights; it is not a run directory");
  write("begun/options.toml", "");
  EXPECT_NE(message_of<Error>([&] { find_run_weights(run / "begun"); }).find("has not written a checkpoint yet"),
            std::string::npos);
}

TEST_F(FindRunWeights, RefusesWeightsThatAreNotThoseOfTheCheckpointsState) {
  const fs::path folder = checkpoints / "step-000000120";
  const nlohmann::ordered_json state = {
      {"files", {{"model.safetensors", fingerprint_of(folder / "model.safetensors")}}}};
  write("checkpoints/step-000000120/state.json", state.dump());
  EXPECT_EQ(find_run_weights(run), folder / "model.safetensors");
  write("checkpoints/step-000000120/model.safetensors", "weightz");
  for (const fs::path& named : {run, folder, folder / "model.safetensors"}) {
    EXPECT_EQ(message_of<Error>([&] { find_run_weights(named); }),
              "the checkpoint " + folder.native() +
                  " is damaged: model.safetensors differs from the file that was written. Remove that folder to use "
                  "the checkpoint before it; no file was changed");
  }
  write("checkpoints/step-000000120/state.json", state.dump().substr(0, 20));
  EXPECT_NE(message_of<Error>([&] { find_run_weights(run); }).find("is damaged: state.json is cut off or was changed"),
            std::string::npos);
  EXPECT_EQ(find_run_weights(run, "step-000000100"), checkpoints / "step-000000100" / "model.safetensors");
}

}  // namespace
}  // namespace massface
