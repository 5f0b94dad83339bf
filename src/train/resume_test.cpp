#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "pool/triplet_round.h"
#include "train/run_state.h"
#include "train/testing_training.h"

namespace massface {
namespace {

// Runs that are stopped and resumed within this process.
class Resume : public SmallTraining {
 protected:
  static void train_run(const Recipe& recipe, const LockedRun& run, ResumeOptions resume = {}) {
    train(make_training_setup(recipe, /*initial_weights=*/!resume.resume), run, resume);
  }
  static LockedRun new_run(const TemporaryFolder& folder, const std::string& name, const Recipe& recipe) {
    return create_run_directory(folder / name, "", recipe);
  }
  static std::string weights_of(const RunDirectory& run) { return read_text_file(run.weights_of("triplet")); }
};

// AdaFace's margin depends on averages that are no parameters.
TEST_F(Resume, ContinuesTheAveragesOfAClassifier) {
  Recipe whole = recipe("online");
  whole.phases[0].objective.loss = "adaface";
  whole.phases[0].objective.classifier.norm_rate = 0.5;
  whole.phases[0].objective.batch.size = 8;
  Recipe begun = whole;
  begun.phases[0].steps = 3;
  const TemporaryFolder folder;
  const LockedRun undisturbed = new_run(folder, "undisturbed", whole), resumed = new_run(folder, "resumed", begun);
  train_run(whole, undisturbed);
  train_run(begun, resumed);
  train_run(whole, resumed, {.resume = true});
  EXPECT_TRUE(weights_of(undisturbed) == weights_of(resumed));
}

TEST_F(Resume, ContinuesTheMemoryOfEarlierBatches) {
  Recipe whole = recipe("online");
  whole.phases[0].objective.mining.memory = 20;
  whole.phases[0].objective.mining.memory_from_step = 1;
  Recipe begun = whole, forgetful = whole;
  begun.phases[0].steps = 3;
  forgetful.phases[0].objective.mining.memory = 0;
  const TemporaryFolder folder;
  const LockedRun undisturbed = new_run(folder, "undisturbed", whole), resumed = new_run(folder, "resumed", begun),
                  without = new_run(folder, "without", forgetful);
  train_run(whole, undisturbed);
  train_run(forgetful, without);
  train_run(begun, resumed);
  train_run(whole, resumed, {.resume = true});
  EXPECT_TRUE(weights_of(undisturbed) == weights_of(resumed));
  EXPECT_FALSE(weights_of(undisturbed) == weights_of(without));
  const std::string metrics = read_text_file(undisturbed.metrics());
  const std::string remembered = "\"memory_images\":16,\"memory_drift_squared_l2\":";
  EXPECT_NE(metrics.find(remembered), std::string::npos) << metrics;
  EXPECT_EQ(metrics.find(remembered + "null"), std::string::npos) << metrics;
  whole.phases[0].objective.mining.memory = 41;
  EXPECT_NE(message_of<Error>([&] { make_training_setup(whole, true); }).find("there are 40 images"),
            std::string::npos);
}

// Rounds of two steps, so that the resumed run embeds the set again.
TEST_F(Resume, DropsWhatAnUninterruptedRunDrops) {
  Recipe whole = recipe("online");
  whole.backbone.dropout = 0.3;
  Recipe begun = whole, plain = whole;
  begun.phases[0].steps = 3;
  plain.backbone.dropout = 0;
  const TemporaryFolder folder;
  const LockedRun undisturbed = new_run(folder, "undisturbed", whole), resumed = new_run(folder, "resumed", begun),
                  without = new_run(folder, "without", plain);
  train_run(whole, undisturbed);
  train_run(plain, without);
  train_run(begun, resumed);
  train_run(whole, resumed, {.resume = true});
  EXPECT_TRUE(weights_of(undisturbed) == weights_of(resumed));
  EXPECT_FALSE(weights_of(undisturbed) == weights_of(without));
}

TEST_F(Resume, EmbedsWithTheKernelsOfTheRecipe) {
  Recipe whole = recipe("offline", "batch_all");
  whole.backbone.kernels = "reference";
  whole.phases[0].objective.mining.pool.round_steps = 2;
  Recipe begun = whole;
  begun.phases[0].steps = 2;
  const TemporaryFolder folder;
  const LockedRun undisturbed = new_run(folder, "undisturbed", whole), resumed = new_run(folder, "resumed", begun);
  train_run(whole, undisturbed);
  train_run(begun, resumed);
  train_run(whole, resumed, {.resume = true});
  for (const int64_t round : {1, 2}) {
    const auto facts = [&](const RunDirectory& run) {
      return read_text_file(std::filesystem::path(round_file(run.path, round)).replace_extension(".json"));
    };
    EXPECT_EQ(facts(undisturbed), facts(resumed)) << round;
  }
  EXPECT_TRUE(weights_of(undisturbed) == weights_of(resumed));
}

TEST_F(Resume, MakesAModelThatEmbedsAsTheOneThatWasSaved) {
  Recipe reference = recipe("online");
  reference.backbone.kernels = "reference";
  const TemporaryFolder folder;
  const LockedRun run = new_run(folder, "run", reference);
  train_run(reference, run);
  const Checkpoint checkpoint = *CheckpointStore(run.path, {}).newest();
  const Model made = make_training_setup(reference, true).model;
  const at::NoGradGuard no_grad;
  const NamedTensors weights = to_tensors(made);
  for (const auto& [name, tensor] : weights.tensors) Tensor(tensor).copy_(checkpoint.model.at(name));
  const Tensor images = at::randint(256, {7, 32, 32, 3}, at::kByte);
  const Model restored = from_tensors(checkpoint.model, "the checkpoint", reference.backbone, at::kCPU);
  EXPECT_TRUE(Embedder(restored).embed(images, Flip::kNone).equal(Embedder(made).embed(images, Flip::kNone)));
}

// The same kernels as in a run whose weights were not loaded.
TEST_F(Resume, EmbedsWithTheKernelsOfTheRecipeWhenItStartsFromWeights) {
  Recipe first = recipe("online");
  first.backbone.kernels = "reference";
  const Model initial = make_training_setup(first, true).model;
  const TemporaryFolder folder;
  save_model(folder / "initial.safetensors", initial);
  Recipe second = first;
  second.from = (folder / "initial.safetensors").native();
  const TrainingSetup setup = make_training_setup(second, true);
  EXPECT_EQ(setup.model.backbone.kernels, "reference");
  const Tensor images = at::randint(256, {7, 32, 32, 3}, at::kByte);
  EXPECT_TRUE(Embedder(setup.model).embed(images, Flip::kNone).equal(Embedder(initial).embed(images, Flip::kNone)));
}

TEST_F(Resume, NoticesARecipeThatWasChangedByHand) {
  const Recipe begun = recipe("online");
  const TemporaryFolder folder;
  const LockedRun run = new_run(folder, "run", begun);
  train_run(begun, run);
  Recipe changed = begun;
  changed.phases[0].steps = 9;  // may change
  changed.telemetry.log_every_steps = 2;
  changed.backbone.memory_budget = 1000;
  changed.phases.push_back(changed.phases[0]);
  changed.phases[1].name = "appended";
  EXPECT_EQ(message_of<Error>([&] { train_run(changed, run, {.resume = true}); }), "");
  changed.phases[0].optimizer.momentum = 0.5;
  changed.pipeline.brightness = 0.3;
  write_file_atomically(run.options(), write_recipe(changed));
  const std::string message = message_of<Error>([&] { train_run(changed, run, {.resume = true}); });
  EXPECT_NE(
      message.find("options.toml is no longer the recipe that the newest checkpoint was trained with: the options "
                   "of pipeline and the options of triplet differ"),
      std::string::npos)
      << message;
  train_run(changed, run, {.resume = true, .allow_inexact = true});
}

TEST_F(Resume, SaysTheRatesOfALongerSchedule) {
  const auto log_of = [](const std::string& schedule, int64_t first_steps) {
    Recipe begun = recipe("online"), longer = recipe("online");
    begun.phases[0].schedule.name = longer.phases[0].schedule.name = schedule;
    begun.phases[0].steps = first_steps;
    longer.phases[0].steps = 12;
    const TemporaryFolder folder;
    const LockedRun run = new_run(folder, "run", begun);
    train_run(begun, run);
    log_also_to(run.log().native());
    train_run(longer, run, {.resume = true});
    log_also_to("");
    return read_text_file(run.log());
  };
  // 0.01 (1 + cos(pi 5 / 6)) / 2 in the last step of 6, (1 + cos(pi 6 / 12)) / 2 in the seventh of 12.
  EXPECT_NE(log_of("cosine", 6)
                .find("phase triplet now has 12 steps instead of 6, so its learning rate follows another "
                      "schedule: it was 0.0006699 in step 6, and is 0.005 in step 7, where it would "
                      "have been 0."),
            std::string::npos)
      << log_of("cosine", 6);
  EXPECT_EQ(log_of("constant", 6).find("learning rate"), std::string::npos);
  EXPECT_EQ(log_of("cosine", 12).find("learning rate"), std::string::npos);
}

// The damaged image comes up in an odd step, and only even ones are measured.
TEST_F(Resume, AccuracyOfAnEarlierStepIsNotThatOfACheckpointSavedOnAnError) {
  int saved_on_an_error = 0;
  for (int identity = 0; identity < 10; ++identity) {
    const TemporaryFolder folder;
    Recipe damaged = recipe("online");
    std::filesystem::copy(damaged.dataset.path, folder / "faces", std::filesystem::copy_options::recursive);
    damaged.dataset.path = (folder / "faces").native();
    damaged.dataset.max_bad_fraction = 0;
    damaged.validation = {.identities = 3, .pairs = 20};
    damaged.checkpoint.every_steps = 2;
    damaged.phases[0].steps = 12;
    damaged.phases[0].objective.batch.by_identity = {.identities = 2, .images_per_identity = 2};
    auto folders = std::filesystem::directory_iterator(folder / "faces");
    std::advance(folders, identity);
    write_file_atomically(std::filesystem::directory_iterator(folders->path())->path(), "<html>");
    const LockedRun run = new_run(folder, "run", damaged);
    if (message_of<Error>([&] { train_run(damaged, run); }).empty()) continue;
    for (const int step : {3, 5, 7, 9, 11}) {  // after the first measurement
      const auto state = run.path / fmt::format("checkpoints/step-{:09}/state.json", step);
      if (!std::filesystem::exists(state)) continue;
      ++saved_on_an_error;
      EXPECT_FALSE(nlohmann::json::parse(read_text_file(state)).contains("validation_accuracy")) << step;
    }
  }
  EXPECT_GT(saved_on_an_error, 0);
}

// One folder is renamed, so that most people have another number, and one is new.
TEST_F(Resume, KeepsTheRowsOfPeopleByName) {
  const TemporaryFolder folder;
  for (const std::string name : {"momentum", "adam"}) {
    Recipe begun = recipe("online");
    std::filesystem::copy(begun.dataset.path, folder / (name + "-faces"), std::filesystem::copy_options::recursive);
    begun.dataset.path = (folder / (name + "-faces")).native();
    begun.dataset.cache = false;
    begun.phases[0].objective.loss = "softmax";
    begun.phases[0].objective.batch.size = 8;
    if (name == "adam") begun.phases[0].optimizer.name = name;
    const LockedRun run = new_run(folder, name, begun);
    train_run(begun, run);
    const auto state_of = [&](int64_t step) {
      return read_safetensors(run.path / fmt::format("checkpoints/step-{:09}/training.safetensors", step));
    };
    const NamedTensors before = state_of(6);
    const auto first = make_training_setup(begun, false).training->identity_name(0);
    std::filesystem::rename(folder / (name + "-faces") / first, folder / (name + "-faces") / "zzz");
    Recipe longer = begun;
    longer.phases[0].steps = 7;
    longer.phases[0].optimizer.learning_rate = 0;  // the step shows what was restored
    longer.phases[0].optimizer.weight_decay = 0;
    EXPECT_NE(message_of<Error>([&] { train_run(longer, run, {.resume = true}); }).find("dataset: "),
              std::string::npos);
    log_also_to(run.log().native());
    train_run(longer, run, {.resume = true, .allow_inexact = true});
    log_also_to("");
    EXPECT_TRUE(has(read_text_file(run.log()), fmt::format("10 people in the checkpoint, 10 now: 9 keep their rows, 1 "
                                                           "gets fresh ones (zzz), 1 is dropped ({})",
                                                           first)))
        << read_text_file(run.log());
    const NamedTensors after = state_of(7);
    for (const std::string parameter : {"classifier.weight", "classifier.bias"}) {
      EXPECT_TRUE(after.at(parameter).slice(0, 0, 9).equal(before.at(parameter).slice(0, 1, 10))) << parameter;
      EXPECT_FALSE(after.at(parameter)[9].equal(before.at(parameter)[0])) << parameter;
    }
  }
}

// A phase of triplets has no rows to move, but its people are compared as well.
TEST_F(Resume, SaysThatPeopleHaveChangedWithoutAClassifierToo) {
  const TemporaryFolder folder;
  Recipe begun = recipe("online");
  std::filesystem::copy(begun.dataset.path, folder / "faces", std::filesystem::copy_options::recursive);
  begun.dataset.path = (folder / "faces").native();
  begun.dataset.cache = false;
  begun.validation = {.identities = 3, .pairs = 20};
  const LockedRun run = new_run(folder, "run", begun);
  train_run(begun, run);
  std::filesystem::remove_all(folder / "faces" / make_training_setup(begun, false).training->identity_name(0));
  Recipe longer = begun;
  longer.phases[0].steps = 7;
  log_also_to(run.log().native());
  train_run(longer, run, {.resume = true, .allow_inexact = true});
  log_also_to("");
  const std::string log = read_text_file(run.log());
  EXPECT_TRUE(has(log, "phase triplet: the people of the training set have changed: 7 in the checkpoint, 6 now"))
      << log;
}

}  // namespace
}  // namespace massface
