#include <gtest/gtest.h>
#include <torch/torch.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/flags.h"
#include "cli/testing_verb.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/testing_folder.h"
#include "image/encode.h"
#include "pool/triplet_round.h"
#include "tensor_file/npy.h"

namespace massface {
namespace {

using Json = nlohmann::json;

struct InspectVerb : TestingFolder {
  InspectVerb() {
    const auto jpeg = encode_jpeg({.height = 4, .width = 6, .pixels = std::vector<uint8_t>(72, 90)}, 90);
    write("faces/ada/1.jpg", std::string(jpeg.begin(), jpeg.end()));
    write("faces/ada/2.jpg", "text");
    write("faces/bob/\xff.jpg");
  }
  // Returns what the verb prints to standard output.
  std::string run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "inspect");
    return verb_output(add_inspect_verb, std::move(arguments));
  }
  std::string error_of(std::vector<std::string> arguments) {
    return message_of<Error>([&] { run(std::move(arguments)); });
  }
};

TEST_F(InspectVerb, PrintsOneJsonObject) {
  const Json json = Json::parse(run({path("faces"), "--json", "--threads", "2"}));
  EXPECT_EQ(json["dataset"], path("faces"));
  EXPECT_EQ(json["identities"], 2);
  EXPECT_EQ(json["images"], 3);
  EXPECT_EQ(json["images_per_identity"], Json({{"min", 1}, {"median", 1.5}, {"mean", 1.5}, {"max", 2}}));
  EXPECT_EQ(json["histogram"][1], Json({{"from_images", 2}, {"to_images", 2}, {"identities", 1}, {"images", 2}}));
  EXPECT_EQ(json["sizes"], Json::parse(R"([{"width_pixels": 6, "height_pixels": 4, "images": 1}])"));
  EXPECT_EQ(json["jpeg_images"], 1);
  EXPECT_EQ(json["unreadable_images"], 2);
  EXPECT_EQ(json["unreadable"][0]["image"], path("faces/ada/2.jpg"));
  EXPECT_EQ(json["unreadable"][0]["reason"], "not a JPEG, PNG or WebP (first bytes 74 65 78 74)");
  EXPECT_EQ(json["unreadable"][1]["image"], path("faces/bob/\\xff.jpg"));
}

TEST_F(InspectVerb, AsksWhatTheNumbersOfJoinedSetsMean) {
  for (const char* image : {"one/0/1.jpg", "two/0/1.jpg", "two/1/1.jpg"}) write(image);
  const std::string both = path("one") + ":" + path("two");
  EXPECT_NE(error_of({both}).find("--same-names merge or separate"), std::string::npos);
  const Json merged = Json::parse(run({both, "--same-names", "merge", "--json"}));
  EXPECT_EQ(merged["identities"], 2);
  EXPECT_EQ(merged["shared_names"], Json({{"merged", 1}, {"separate", 0}}));
  const Json separate = Json::parse(run({both, "--same-names", "separate", "--json"}));
  EXPECT_EQ(separate["identities"], 3);
  EXPECT_EQ(separate["shared_names"], Json({{"merged", 0}, {"separate", 1}}));
}

TEST_F(InspectVerb, ListsImagesWithEqualBytes) {
  std::filesystem::copy_file(path("faces/ada/1.jpg"), path("faces/bob/7.jpg"));
  const Json equal = Json::parse(run({path("faces"), "--json"}))["equal_images"];
  EXPECT_EQ(equal["repeats_within_people"], 0);
  EXPECT_EQ(equal["images_across_people"], 2);
  EXPECT_EQ(equal["people_across"], 2);
  EXPECT_EQ(equal["groups"], Json({{{"people", 2}, {"images", {path("faces/ada/1.jpg"), path("faces/bob/7.jpg")}}}}));
}

TEST_F(InspectVerb, TakesTheDatasetWithAndWithoutAFlag) {
  const std::string table = run({path("faces")});
  EXPECT_NE(table.find("unreadable            2\n"), std::string::npos) << table;
  EXPECT_EQ(run({"--data", path("faces")}), table);
  EXPECT_NE(error_of({path("faces"), "--data", path("faces")}).find("is given twice"), std::string::npos);
  EXPECT_EQ(error_of({}), "inspect needs a dataset: massface inspect DATASET");
}

TEST_F(InspectVerb, ReadsNoImageWhenOnlyAskedToScan) {
  EXPECT_EQ(run({path("faces"), "--scan-only"}).find("unreadable"), std::string::npos);
  EXPECT_NE(run({path("faces"), "--scan-only=false", "--cache=false"}).find("unreadable"), std::string::npos);
  const Json json = Json::parse(run({path("faces"), "--scan-only", "--json"}));
  EXPECT_EQ(json["images"], 3);
  EXPECT_EQ(json["images_were_read"], false);
  EXPECT_FALSE(json.contains("unreadable"));
}

TEST_F(InspectVerb, TellsARunDirectoryAndWeightsFromADataset) {
  write("run/options.toml");
  EXPECT_NE(error_of({path("run")}).find("is a run directory, not a dataset"), std::string::npos);
  EXPECT_NE(error_of({"model.safetensors"}).find("holds weights, not images"), std::string::npos);
  EXPECT_NE(error_of({path("missing")}).find("there is no dataset"), std::string::npos);
}

TEST_F(InspectVerb, SaysWhatIsInAFileOfTriplets) {
  // ada has images 0 and 1, bob image 2.
  const Triplets triplets{torch::tensor({0, 1}), torch::tensor({1, 0}), torch::tensor({2, 2})};
  const std::string fingerprint = Json::parse(run({path("faces"), "--json", "--scan-only"}))["fingerprint"];
  const std::string file = path("triplets/round_00003.npy");
  write_round(file, triplets, {{"strategy", "batch_hardest"}, {"margin", 0.3}, {"dataset_fingerprint", fingerprint}});
  const Json json = Json::parse(run({file, "--json", "--dataset", path("faces")}));
  EXPECT_EQ(json["count"], 2);
  EXPECT_EQ(json["anchors"], 2);
  EXPECT_EQ(json["negatives"], 1);
  EXPECT_EQ(json["images"], 3);
  EXPECT_EQ(json["triplets_per_image"], 2.0);
  EXPECT_EQ(json["selection"]["margin"], 0.3);
  EXPECT_EQ(json["wrong_triplets"], 0);
  EXPECT_EQ(json["examples"][0]["positive"], path("faces/ada/2.jpg"));
  const std::string text = run({file});
  for (const char* part : {"2 triplets of 3 images", "batch_hardest", "dataset_fingerprint"}) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }
}

TEST_F(InspectVerb, RefusesAFileThatHoldsNoTripletsOfTheSet) {
  const Triplets triplets{torch::tensor({0}), torch::tensor({1}), torch::tensor({9})};
  const std::string file = path("triplets/round_00000.npy");
  write_round(file, triplets, {{"dataset_fingerprint", "0123456789abcdef"}});
  EXPECT_NE(error_of({file, "--dataset", path("faces")}).find("selected from a set with fingerprint 0123456789abcdef"),
            std::string::npos);
  std::filesystem::remove(path("triplets/round_00000.json"));
  EXPECT_NE(error_of({file, "--dataset", path("faces")}).find("contains the index 9, but the dataset has 3 images"),
            std::string::npos);
  write_npy(path("x.npy"), torch::zeros({12, 8}));
  EXPECT_EQ(error_of({path("x.npy")}), path("x.npy") + ": it is float32 [12, 8]; triplets are int64 [T, 3]");
  write("bad.npy", "no array");
  EXPECT_NE(error_of({path("bad.npy")}).find("bad.npy"), std::string::npos);
  EXPECT_NE(error_of({path("faces"), "--dataset", path("faces")}).find("is not a .npy file"), std::string::npos);
}

}  // namespace
}  // namespace massface
