#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/flags.h"
#include "cli/testing_program.h"
#include "cli/testing_verb.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "dataset/pack_dataset.h"
#include "evaluation/testing_faces.h"
#include "evaluation/threshold_table.h"
#include "image/encode.h"
#include "tensor_file/safetensors.h"
#include "tensor_file/testing_pickle.h"

namespace massface {
namespace {

using Json = nlohmann::json;

// Two folds of one matched and one mismatched pair each; both images of a person are the same picture.
struct EvaluateVerb : TestingFolder {
  EvaluateVerb() {
    for (const std::string person : {"ada", "bob", "eve", "fay"}) {
      const auto png = encode_png(noise_image(static_cast<uint64_t>(person[0])));
      for (const std::string number : {"1", "2"}) {
        write("faces/" + person + "/" + person + "_000" + number + ".png", std::string(png.begin(), png.end()));
      }
    }
    write("pairs.txt", "2 1\nada 1 2\nada 1 bob 1\neve 1 2\neve 2 fay 2\n");
    write("other.txt", "1\nbob 1 2\nbob 1 fay 1\n");
    // A run trained on two of the four people.
    write("training/bob/1.jpg", "");
    write("training/eve/1.jpg", "");
    write("training/zoe/1.jpg", "");
    write("run/options.toml", "[dataset]\npath = \"" + path("training") + "\"\ncache = false\n");
    save_model(path("run/softmax.safetensors"), tiny_model());
  }
  // Returns what the verb prints to standard output.
  std::string run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "evaluate");
    return verb_output(add_evaluate_verb, std::move(arguments));
  }
  std::string error_of(std::vector<std::string> arguments) {
    return message_of<Error>([&] { run(std::move(arguments)); });
  }
  std::string weights() const { return path("run/softmax.safetensors"); }
};

TEST_F(EvaluateVerb, TakesAPackedSetForTheFolderItWasMadeOf) {
  pack_dataset(*open_dataset(path("faces")), path("faces.mfp"), {});
  const auto result_of = [&](const std::string& images) {
    Json json = Json::parse(run({weights(), "--pairs", path("pairs.txt"), "--images", images, "--json"}));
    json.erase("seconds");
    json.erase("images_per_second");
    return json;
  };
  EXPECT_EQ(result_of(path("faces.mfp")), result_of(path("faces")));
  EXPECT_NE(error_of({weights(), "--pairs", path("pairs.txt"), "--images", path("pairs.txt")}).find("pairs.txt"),
            std::string::npos);
}

// Eight images: four matched pairs and 24 mismatched ones, of which 2.4 make a rate of 0.1, too few to tell.
TEST_F(EvaluateVerb, ComparesAllImagesOfASet) {
  write("faces/ada/note.txt", "not a picture");
  const Json json = Json::parse(run({weights(), "--all-pairs", path("faces"), "--json"}));
  EXPECT_EQ(json["name"], "faces");
  EXPECT_EQ(json["num_images"], 8);
  EXPECT_EQ(json["num_people"], 4);
  EXPECT_EQ(json["num_pairs"], 28);
  EXPECT_EQ(json["auc"], 1.0);
  EXPECT_EQ(json["eer"], 0.0);
  EXPECT_EQ(json["thresholds"]["matched"], 4);
  EXPECT_EQ(json["thresholds"]["mismatched"], 24);
  EXPECT_EQ(json["thresholds"]["rows"].size(), 6u);
  EXPECT_TRUE(json["thresholds"]["rows"][0]["threshold_squared_l2"].is_null());
  EXPECT_NE(run({weights(), "--all-pairs", path("faces")}).find("2.4 false matches expected, 10 are needed"),
            std::string::npos);
  const Json both = Json::parse(run(
      {weights(), "--pairs", path("pairs.txt"), "--images", path("faces"), "--all-pairs", path("faces"), "--json"}));
  EXPECT_EQ(both["name"], "pairs");
  ASSERT_EQ(both["sets"].size(), 2u);
  EXPECT_EQ(both["sets"][1]["protocol"], "all pairs");
}

TEST_F(EvaluateVerb, PutsTheThresholdsIntoTheWeights) {
  EXPECT_NE(error_of({weights(), "--all-pairs", path("faces"), "--write-thresholds"}).find("nothing is written"),
            std::string::npos);
  for (char person = 'A'; person <= 'P'; ++person) {
    const auto png = encode_png(noise_image(static_cast<uint64_t>(person)));
    for (const char* number : {"1", "2"}) {
      write(std::string("many/") + person + "/" + number + ".png", std::string(png.begin(), png.end()));
    }
  }
  const auto before = read_safetensors(weights());
  run({weights(), "--all-pairs", path("many"), "--flip", "sum", "--write-thresholds"});
  const auto table = read_threshold_table(weights());
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->set, "many");
  EXPECT_EQ(table->flip, "sum");
  EXPECT_EQ(table->mismatched, 32 * 31 / 2 - 16);
  EXPECT_EQ(table->fingerprint.size(), 16u);
  EXPECT_TRUE(read_safetensors(weights()).tensors[0].second.equal(before.tensors[0].second));
  EXPECT_NE(
      error_of({weights(), "--all-pairs", path("faces"), "--write-thresholds", "--subtract-mean"}).find("of no use"),
      std::string::npos);
  EXPECT_NE(error_of({weights(), "--write-thresholds"}).find("needs --pairs"), std::string::npos);
  EXPECT_NE(error_of({weights(), "--all-pairs", path("faces"), "--pairs", path("pairs.txt"), "--images", path("faces"),
                      "--write-thresholds"})
                .find("of one set, but 2 are given"),
            std::string::npos);
}

TEST_F(EvaluateVerb, PrintsOneJsonObject) {
  const Json json = Json::parse(
      run({weights(), "--pairs", path("pairs.txt"), "--images", path("faces"), "--device", "cpu", "--json"}));
  EXPECT_EQ(json["name"], "pairs");
  EXPECT_EQ(json["accuracy"], 1.0);
  EXPECT_EQ(json["accuracy_standard_error"], 0.0);
  EXPECT_EQ(json["val_at_far_1e_3"], 1.0);
  EXPECT_EQ(json["val_standard_error"], 0.0);
  EXPECT_EQ(json["auc"], 1.0);
  EXPECT_EQ(json["eer"], 0.0);
  EXPECT_GT(json["threshold_squared_l2"], 0.0);
  EXPECT_EQ(json["num_pairs"], 4);
  EXPECT_EQ(json["missing_images"], Json::array());
  EXPECT_EQ(json["folds"].size(), 2u);
  EXPECT_EQ(json["folds"][1]["fold"], 2);
  EXPECT_EQ(json["folds"][1]["accuracy"], 1.0);
  EXPECT_EQ(json["flip"], "concatenate");
  EXPECT_EQ(json["precision"], "fp32");
  EXPECT_EQ(json["weights"], weights());
  EXPECT_EQ(json["num_images"], 6);  // ada 1 is in two pairs, bob 2 and fay 1 in none
  EXPECT_GT(json["images_per_second"], 0.0);
  EXPECT_GT(json["seconds"], 0.0);
  EXPECT_FALSE(json.contains("sets"));
}

TEST_F(EvaluateVerb, PrintsATableForPeople) {
  const std::string table = run({"--model", weights(), "--pairs", path("pairs.txt"), "--images", path("faces")});
  EXPECT_NE(table.find("pairs: 4 pairs, 6 images in "), std::string::npos) << table;
  EXPECT_NE(table.find("accuracy          100.00 +- 0.00 %"), std::string::npos) << table;
}

TEST_F(EvaluateVerb, MeasuresSeveralSetsInOneCall) {
  const Json json = Json::parse(run({weights(), "--pairs", path("pairs.txt"), "--images", path("faces"), "--pairs",
                                     path("other.txt"), "--images", path("faces"), "--json"}));
  EXPECT_EQ(json["name"], "pairs");
  ASSERT_EQ(json["sets"].size(), 2u);
  EXPECT_EQ(json["sets"][0]["num_pairs"], 4);
  EXPECT_EQ(json["sets"][1]["name"], "other");
  EXPECT_EQ(json["sets"][1]["num_pairs"], 2);
  EXPECT_EQ(
      error_of({weights(), "--pairs", path("pairs.txt"), "--images", path("faces"), "--pairs", path("other.txt")}),
      "--pairs is given 2 times and --images 1 times; each set needs one of both, in the same order");
}

TEST_F(EvaluateVerb, FindsWhatIsWrongWithALaterSetBeforeItMeasuresTheFirst) {
  const std::vector<std::string> first = {weights(),  "--pairs",     path("pairs.txt"),
                                          "--images", path("faces"), "--pairs"};
  const auto standard_error_and_mistake = [&](std::vector<std::string> later) {
    later.insert(later.begin(), first.begin(), first.end());
    testing::internal::CaptureStderr();
    const std::string mistake = error_of(later);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "the weights were loaded already";
    return mistake;
  };
  EXPECT_NE(standard_error_and_mistake({path("other.txt"), "--images", path("nowhere")}).find("is not a folder"),
            std::string::npos);
  EXPECT_NE(standard_error_and_mistake({path("other.txt"), "--images", path("faces"), "--folds", "2"}).find("fold 2"),
            std::string::npos);
  EXPECT_NE(standard_error_and_mistake({path("other.txt"), "--images", path("training")}).find("more than half"),
            std::string::npos);
}

TEST_F(EvaluateVerb, PrintsTheSetsThatWereMeasuredWhenALaterOneFails) {
  const auto large = encode_png(noise_image(1, 2 * kTinySize));
  write("large/bob/bob_0001.png", std::string(large.begin(), large.end()));
  for (const std::string image : {"bob/bob_0002", "fay/fay_0001"}) {
    std::filesystem::create_directories(path("large/fay"));
    std::filesystem::copy(path("faces/" + image + ".png"), path("large/" + image + ".png"));
  }
  const auto result =
      run_massface("evaluate " + weights() + " --pairs " + path("pairs.txt") + " --images " + path("faces") +
                   " --pairs " + path("other.txt") + " --images " + path("large") + " --json --device cpu");
  EXPECT_EQ(result.exit_code, 2) << result.standard_error;
  EXPECT_NE(result.standard_error.find("massface align"), std::string::npos) << result.standard_error;
  const Json json = Json::parse(result.standard_output);
  EXPECT_EQ(json["name"], "pairs");
  ASSERT_EQ(json["sets"].size(), 1u);
  EXPECT_EQ(json["sets"][0]["accuracy"], 1.0);
  EXPECT_EQ(json["failed"]["name"], "other");
  EXPECT_NE(json["failed"]["error"].get<std::string>().find("massface align"), std::string::npos);
}

TEST_F(EvaluateVerb, RefusesAPlaceForTheRocCurveBeforeItMeasures) {
  const std::vector<std::string> arguments = {weights(),  "--pairs",     path("other.txt"),
                                              "--images", path("faces"), "--roc"};
  for (const std::string& place : {path("pairs.txt/roc.csv"), path("missing/roc.csv"), path("faces")}) {
    std::vector<std::string> whole = arguments;
    whole.push_back(place);
    testing::internal::CaptureStderr();
    EXPECT_NE(error_of(whole).find("cannot write"), std::string::npos) << place;
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "the weights were loaded already";
  }
}

TEST_F(EvaluateVerb, NamesAPartAndASetAsAsked) {
  const std::vector<std::string> common = {weights(),  "--pairs",     path("pairs.txt"),
                                           "--images", path("faces"), "--json"};
  const auto name_with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), common.begin(), common.end());
    return Json::parse(run(more))["name"].get<std::string>();
  };
  EXPECT_EQ(name_with({"--folds", "2"}), "pairs fold 2");
  EXPECT_EQ(name_with({"--name", "Friends"}), "Friends");
  EXPECT_EQ(name_with({"--name", "LFW"}), "pairs");
}

TEST_F(EvaluateVerb, ListsMissingImages) {
  std::filesystem::remove(path("faces/fay/fay_0002.png"));
  write("pairs.txt", "1 2\nada 1 2\neve 1 2\nada 1 bob 1\neve 2 fay 2\n");
  const Json json = Json::parse(run({weights(), "--pairs", path("pairs.txt"), "--images", path("faces"), "--json"}));
  EXPECT_EQ(json["missing_images"], Json({"fay/fay_0002.jpg"}));
  EXPECT_EQ(json["pairs_left_out"], 1);
  EXPECT_EQ(json["name"], "pairs (1 pair missing)");
}

TEST_F(EvaluateVerb, NamesPeopleWhoWereTrainedOn) {
  const auto evaluate = [&] {
    return Json::parse(run({path("run"), "--checkpoint", "softmax", "--pairs", path("pairs.txt"), "--images",
                            path("faces"), "--json"}))["overlapping_identities"];
  };
  testing::internal::CaptureStderr();
  EXPECT_EQ(evaluate(), Json({"bob", "eve"}));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(
      log.find("2 people of the pairs are in the training set as well, which makes the result too good: bob, eve"),
      std::string::npos)
      << log;
  std::filesystem::remove_all(path("training"));
  EXPECT_EQ(evaluate(), Json::array());  // the weights can be measured where the training set is not
}

TEST_F(EvaluateVerb, MeasuresGoodWeightsBesideABrokenRecipe) {
  const auto log_of = [&](const std::string& model) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(Json::parse(run({model, "--pairs", path("pairs.txt"), "--images", path("faces"), "--json"}))["num_pairs"],
              4);
    return testing::internal::GetCapturedStderr();
  };
  // Far above the weights, a file of this name has nothing to do with them.
  write("far/options.toml", "dataset = [");
  std::filesystem::create_directories(path("far/away/from"));
  std::filesystem::copy(weights(), path("far/away/from/it.safetensors"));
  EXPECT_FALSE(has(log_of(path("far/away/from/it.safetensors")), "cannot be compared"));
  for (const char* broken : {"dataset = [", "dataset.pth = \"faces\"", "dataset.path = 3"}) {
    write("run/options.toml", broken);
    EXPECT_TRUE(has(log_of(weights()), "the pairs cannot be compared with the people of the training set: ")) << broken;
  }
}

// The weights of a checkpoint belong to the run above them.
TEST_F(EvaluateVerb, FindsTheTrainingSetOfACheckpoint) {
  const std::string step = path("run/checkpoints/step-000000002");
  std::filesystem::create_directories(step);
  std::filesystem::copy(weights(), step + "/model.safetensors");
  for (const std::string& model : {step, step + "/", step + "/model.safetensors", path("run/"), weights()}) {
    const auto json = Json::parse(run({model, "--pairs", path("pairs.txt"), "--images", path("faces"), "--json"}));
    EXPECT_EQ(json["overlapping_identities"], Json({"bob", "eve"})) << model;
  }
}

TEST_F(EvaluateVerb, SaysThatTheThresholdOfOneFoldIsChosenOnTheSamePairs) {
  const auto log_of = [&](const std::string& folds) {
    testing::internal::CaptureStderr();
    const std::string text =
        run({weights(), "--pairs", path("pairs.txt"), "--images", path("faces"), "--folds", folds});
    return testing::internal::GetCapturedStderr() + text;
  };
  EXPECT_TRUE(
      has(log_of("2"),
          "pairs fold 2: its pairs are in one fold, so the threshold is chosen on the pairs that it is measured on"));
  EXPECT_TRUE(has(log_of("2"), "(one fold: the threshold is chosen on the same pairs)"));
  EXPECT_FALSE(has(log_of("1-2"), "one fold"));
}

TEST_F(EvaluateVerb, WritesTheRocCurve) {
  run({weights(), "--pairs", path("other.txt"), "--images", path("faces"), "--roc", path("roc.csv")});
  const std::string csv = read_text_file(path("roc.csv"));
  EXPECT_EQ(csv.substr(0, csv.find('\n')), "far,tar,threshold_squared_l2");
  EXPECT_EQ(csv.substr(csv.size() - 6), "1,1,4\n");
  EXPECT_EQ(std::ranges::count(csv, '\n'), 4);  // a matched and a mismatched pair make three points
}

// A pickle of ([image, ...], [True or False, ...]).
std::vector<uint8_t> bin_of(const std::vector<uint64_t>& people, const std::vector<bool>& same) {
  PickleWriter writer;
  writer.op(']').op('(');
  for (const uint64_t person : people) {
    const auto png = encode_png(noise_image(person));
    writer.bytes({reinterpret_cast<const char*>(png.data()), png.size()});
  }
  writer.op('e').op(']').op('(');
  for (const bool pair : same) writer.op(pair ? 0x88 : 0x89);
  return writer.op('e').op(0x86).stop();
}

TEST_F(EvaluateVerb, MeasuresABinFileThatBringsItsImages) {
  write_file_atomically(path("friends.bin"), bin_of({1, 1, 1, 2, 3, 3, 3, 4}, {true, false, true, false}));
  const Json json = Json::parse(run({weights(), "--pairs", path("friends.bin"), "--json"}));
  EXPECT_EQ(json["name"], "friends");
  EXPECT_EQ(json["num_pairs"], 4);
  EXPECT_EQ(json["num_images"], 8);
  EXPECT_EQ(json["folds"].size(), 2u);
  EXPECT_EQ(json["accuracy"], 1.0);
  EXPECT_EQ(json["mean_squared_l2_matched"], 0.0);
  EXPECT_GT(json["mean_squared_l2_mismatched"], 0.0);
  // Beside a set in a folder, in any order.
  const Json both = Json::parse(run(
      {weights(), "--pairs", path("friends.bin"), "--pairs", path("pairs.txt"), "--images", path("faces"), "--json"}));
  EXPECT_EQ(both["sets"][1]["name"], "pairs");
  EXPECT_NE(error_of({weights(), "--pairs", path("friends.bin"), "--images", path("faces")})
                .find("--pairs is given 0 times and --images 1 times; each set needs one of both, in the same order "
                      "(not counting 1 .bin, which contains its images)"),
            std::string::npos);
}

TEST_F(EvaluateVerb, GivesABinFileOfMatchedPairsAloneItsDistances) {
  write_file_atomically(path("same.bin"), bin_of({1, 1, 2, 2}, {true, true}));
  const Json json = Json::parse(run({weights(), "--pairs", path("same.bin"), "--json"}));
  EXPECT_TRUE(json["accuracy"].is_null());
  EXPECT_TRUE(json["mean_squared_l2_mismatched"].is_null());
  EXPECT_EQ(json["mean_squared_l2_matched"], 0.0);
  EXPECT_EQ(json["num_pairs"], 2);
  EXPECT_NE(run({weights(), "--pairs", path("same.bin")}).find("same: 2 pairs, all matched, 4 images"),
            std::string::npos);
}

TEST_F(EvaluateVerb, SaysWhatIsMissing) {
  EXPECT_NE(error_of({}).find("evaluate needs weights: massface evaluate RUN_OR_WEIGHTS"), std::string::npos);
  EXPECT_NE(error_of({weights()}).find("evaluate needs --pairs"), std::string::npos);
  EXPECT_NE(error_of({path("nowhere"), "--pairs", path("pairs.txt"), "--images", path("faces")})
                .find("no such file or run directory"),
            std::string::npos);
  EXPECT_NE(error_of({path("run"), "--pairs", path("pairs.txt"), "--images", path("faces")})
                .find("has no checkpoint; available: --checkpoint softmax"),
            std::string::npos);
}

}  // namespace
}  // namespace massface
