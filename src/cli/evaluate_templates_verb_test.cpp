#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/testing_verb.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/testing_folder.h"
#include "core/testing_text.h"
#include "evaluation/testing_faces.h"
#include "image/encode.h"

namespace massface {
namespace {

using Json = nlohmann::json;

// Each subject has one picture under several names, since the tiny network is untrained.
struct TemplatesVerb : TestingFolder {
  TemplatesVerb() {
    for (int subject = 0; subject < 12; ++subject) {
      for (const char* take : {"a", "b"}) {
        const auto png = encode_png(noise_image(static_cast<uint64_t>(subject)));
        write(fmt::format("images/{}{}.png", subject, take), std::string(png.begin(), png.end()));
      }
    }
    save_model(path("w.safetensors"), tiny_model());
  }
  // Templates of the subjects from `begin` to before `end`, one image each.
  std::string list(const std::string& name, int begin, int end, const std::string& take) {
    std::string text = "template,subject,media,file\n";
    for (int subject = begin; subject < end; ++subject) {
      text += fmt::format("{}{},person {},1,{}{}.png\n", take, subject, subject, subject, take);
    }
    write(name, text);
    return path(name);
  }
  std::string evaluate(std::vector<std::string> words) {
    words.insert(words.begin(), {"evaluate", path("w.safetensors"), "--images", path("images")});
    return verb_output(add_evaluate_verb, std::move(words));
  }
  std::string refusal(const std::vector<std::string>& words) {
    return message_of<Error>([&] { evaluate(words); });
  }
};

TEST_F(TemplatesVerb, SearchesAGalleryForProbes) {
  const Json result = Json::parse(
      evaluate({"--gallery", list("gallery.csv", 0, 9, "a"), "--probes", list("probes.csv", 4, 12, "b"), "--json"}));
  EXPECT_EQ(result["gallery_subjects"], 9);
  EXPECT_EQ(result["mated_probes"], 5);
  EXPECT_EQ(result["unmated_probes"], 3);
  EXPECT_EQ(result["rank_1"]["rate"], 1.0);
  EXPECT_TRUE(result["open_set"][0]["threshold_cosine"].is_null()) << "three unmated probes tell nothing";
  const std::string text = evaluate({"--gallery", path("gallery.csv"), "--probes", path("probes.csv")});
  EXPECT_NE(text.find("too few unmated probes: 100 needed"), std::string::npos) << text;
}

TEST_F(TemplatesVerb, ComparesTemplates) {
  std::string text = "template,subject,file\n";
  for (int subject = 0; subject < 4; ++subject) {
    for (const char* take : {"a", "b"}) text += fmt::format("{1}{0},{0},{0}{1}.png\n", subject, take);
  }
  write("templates.csv", text);
  const Json all = Json::parse(evaluate({"--templates", path("templates.csv"), "--json"}));
  EXPECT_EQ(all["templates"], 8);
  EXPECT_EQ(all["thresholds"]["matched"], 4);
  EXPECT_EQ(all["thresholds"]["mismatched"], 24);
  EXPECT_EQ(all["auc"], 1.0);
  write("pairs.txt", "a0 b0 1\na0 b1 0\na1 a2 0\n");
  const Json some =
      Json::parse(evaluate({"--templates", path("templates.csv"), "--template-pairs", path("pairs.txt"), "--json"}));
  EXPECT_EQ(some["thresholds"]["matched"], 1);
  EXPECT_EQ(some["thresholds"]["mismatched"], 2);
}

TEST_F(TemplatesVerb, SaysWhatIsMissing) {
  const std::string gallery = list("gallery.csv", 0, 4, "a");
  EXPECT_NE(refusal({"--gallery", gallery}).find("belong together"), std::string::npos);
  EXPECT_NE(refusal({"--templates", gallery, "--write-thresholds"}).find("are not for templates"), std::string::npos);
  EXPECT_NE(refusal({"--template-pairs", gallery}).find("--templates, which is missing"), std::string::npos);
  EXPECT_NE(refusal({"--templates", gallery}).find("at least one of each"), std::string::npos) << "no matched pair";
  write("ijb.txt", "0a.png 1 7\n1a.png 2 7\n");
  EXPECT_NE(refusal({"--templates", path("ijb.txt")}).find("needs the column \"subject\""), std::string::npos);
  write("absent.csv", "template,subject,file\n1,ada,none.png\n2,bob,0a.png\n3,cyd,nor this.png\n");
  EXPECT_NE(refusal({"--templates", path("absent.csv")}).find("2 of 3 files, more than half"), std::string::npos);
}

}  // namespace
}  // namespace massface
