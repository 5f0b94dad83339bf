#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/testing_verb.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "core/testing_text.h"
#include "evaluation/testing_faces.h"
#include "evaluation/threshold_table.h"
#include "image/encode.h"
#include "tensor_file/npy.h"

namespace massface {
namespace {

using Json = nlohmann::json;

// Crops of 32 x 32, the input of the tiny model.
struct EmbedVerb : TestingFolder {
  EmbedVerb() {
    for (const char* name : {"a", "b", "c"}) {
      const auto png = encode_png(noise_image(static_cast<uint64_t>(name[0])));
      write(std::string("crops/") + name + ".png", std::string(png.begin(), png.end()));
    }
    write("crops/note.txt", "not a picture");
    save_model(path("w.safetensors"), tiny_model());
  }
  std::string embed(std::vector<std::string> words) {
    words.insert(words.begin(), {"embed", "--model", path("w.safetensors"), "--aligned"});
    return verb_output(add_embed_verb, std::move(words));
  }
  std::string compare(std::vector<std::string> words) {
    words.insert(words.begin(), {"compare", "--model", path("w.safetensors"), "--aligned"});
    return verb_output(add_compare_verb, std::move(words));
  }
};

TEST_F(EmbedVerb, WritesARowPerFaceAndListsTheRest) {
  const Json json = Json::parse(embed({path("crops"), "--out", path("f.npy"), "--json"}));
  EXPECT_EQ(json["images"], 4);
  EXPECT_EQ(json["faces"], 3);
  EXPECT_EQ(json["unreadable"], 1);
  const Tensor rows = read_npy(path("f.npy"));
  EXPECT_EQ(rows.size(0), 3);
  EXPECT_EQ(rows.size(1), json["dimensions"]);
  EXPECT_NE(read_text_file(path("f.jsonl")).find("note.txt\",\"decision\":\"bad_image\""), std::string::npos);
  EXPECT_NE(embed({path("crops/a.png"), "--out", path("g.csv")}).find("1 face of 1 image,"), std::string::npos);
}

TEST_F(EmbedVerb, IsAnErrorOnlyIfThereIsNothingAtAll) {
  EXPECT_NE(message_of<Error>([&] {
              embed({path("crops/note.txt"), "--out", path("f.npy")});
            }).find("no face was found"),
            std::string::npos);
  EXPECT_NE(message_of<Error>([&] {
              embed({path("crops"), "--out", path("f.txt")});
            }).find(".npy, .npz, .csv or .jsonl"),
            std::string::npos);
  EXPECT_NE(message_of<Error>([&] {
              embed({path("none"), "--out", path("f.npy")});
            }).find("no such file"),
            std::string::npos);
}

TEST_F(EmbedVerb, ComparesAndDecidesOnlyWithAThreshold) {
  const std::vector<std::string> pair{path("crops/a.png"), path("crops/b.png")};
  EXPECT_NE(compare(pair).find("without a decision"), std::string::npos);
  EXPECT_NE(compare({pair[0], pair[0], "--threshold", "0.9"}).find("the same person   cosine 1.0000"),
            std::string::npos);
  const Json json = Json::parse(compare({pair[0], pair[1], "--threshold", "1", "--json", "--show", path("show.png")}));
  EXPECT_EQ(json["same"], false);
  EXPECT_EQ(json["threshold_of"], "--threshold");
  EXPECT_LT(json["cosine"], 1.0);
  EXPECT_GT(std::filesystem::file_size(path("show.png")), 100u);
  ScoreHistogram scores;
  for (int i = 1; i <= 100; ++i) scores.add(static_cast<float>(i) * 1e-3f, false);
  scores.add(0.5f, true);
  ThresholdTable table = make_threshold_table(scores);
  table.set = "noise";
  table.flip = "none";
  write_threshold_table(path("w.safetensors"), table);
  EXPECT_NE(compare({pair[0], pair[0], "--fmr", "0.1"}).find("an FMR of 1e-01 on noise"), std::string::npos);
  EXPECT_NE(message_of<Error>([&] {
              compare({pair[0], pair[0], "--fmr", "0.1", "--flip", "sum"});
            }).find("is for --flip none"),
            std::string::npos);
  EXPECT_NE(message_of<Error>([&] {
              compare({pair[0], path("crops/note.txt"), "--threshold", "0.5"});
            }).find("not a JPEG"),
            std::string::npos);
}

}  // namespace
}  // namespace massface
