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

// Three people with two different crops each, and one crop of nobody. The tiny network is untrained, so only the same
// picture is near itself.
struct GalleryVerb : TestingFolder {
  GalleryVerb() {
    uint64_t seed = 1;
    for (const char* person : {"ada", "bob", "O'Neil"}) {
      for (const char* number : {"1", "2"}) picture(std::string("people/") + person + "/" + number + ".png", seed++);
    }
    picture("stranger.png", 99);
    save_model(path("w.safetensors"), tiny_model());
    save_model(path("other.safetensors"), make_model({.name = "mobilefacenet", .embedding_size = 16},
                                                     {.height = kTinySize, .width = kTinySize}, 2));
  }
  void picture(const std::string& name, uint64_t seed) {
    const auto png = encode_png(noise_image(seed));
    write(name, std::string(png.begin(), png.end()));
  }
  std::string gallery(std::vector<std::string> words, const std::string& weights = "w.safetensors") {
    const std::string action = words[0];
    if (action == "create" || action == "add" || action == "identify") {
      words.insert(words.end(), {"--aligned", "--model", path(weights)});
    }
    words.insert(words.begin(), "gallery");
    return verb_output(add_gallery_verb, std::move(words));
  }
  void fill() {
    gallery({"create", path("g.mfg")});
    gallery({"add", path("g.mfg"), path("people")});
  }
  std::string error_of(const std::vector<std::string>& words, const std::string& weights = "w.safetensors") {
    return message_of<Error>([&] { gallery(words, weights); });
  }
};

TEST_F(GalleryVerb, AddsFoldersOfPeopleOnce) {
  gallery({"create", path("g.mfg")});
  const Json added = Json::parse(gallery({"add", path("g.mfg"), path("people"), "--json"}));
  EXPECT_EQ(added["added"], 6);
  EXPECT_EQ(added["people"], 3);
  const Json again = Json::parse(gallery({"add", path("g.mfg"), path("people"), "--json"}));
  EXPECT_EQ(again["added"], 0);
  EXPECT_EQ(again["known_before"], 6);
  EXPECT_NE(gallery({"list", path("g.mfg")}).find("2  O'Neil"), std::string::npos);
  EXPECT_NE(error_of({"add", path("g.mfg"), path("stranger.png")}).find("whose face is it?"), std::string::npos);
  EXPECT_NE(gallery({"add", path("g.mfg"), path("stranger.png"), "--person", "eve"}).find("now 4 people"),
            std::string::npos);
}

TEST_F(GalleryVerb, NamesWhoItKnowsAndNobodyElse) {
  fill();
  const Json named = Json::parse(gallery(
      {"identify", path("g.mfg"), path("people/bob/2.png"), path("stranger.png"), "--threshold", "0.9999", "--json"}));
  ASSERT_EQ(named["faces"].size(), 2u);
  EXPECT_EQ(named["faces"][0]["name"], "bob");
  EXPECT_NEAR(named["faces"][0]["cosine"].get<double>(), 1, 1e-5);
  EXPECT_NE(named["faces"][0]["second"], "bob");
  EXPECT_TRUE(named["faces"][1]["name"].is_null());
  EXPECT_NE(error_of({"identify", path("g.mfg"), path("stranger.png")}).find("carries no table of thresholds"),
            std::string::npos);
  EXPECT_NE(error_of({"identify", path("g.mfg"), path("stranger.png"), "--threshold", "0.5"}, "other.safetensors")
                .find("cannot be compared"),
            std::string::npos);
}

TEST_F(GalleryVerb, AnswersUnknownWhereThereIsNobody) {
  gallery({"create", path("g.mfg")});
  EXPECT_NE(
      gallery({"identify", path("g.mfg"), path("stranger.png"), "--threshold", "0.5"}).find("the gallery is empty"),
      std::string::npos);
  EXPECT_NE(error_of({"remove", path("g.mfg"), "ada"}).find("has nobody called ada"), std::string::npos);
  EXPECT_NE(error_of({"list", path("none.mfg")}).find("no such gallery"), std::string::npos);
}

TEST_F(GalleryVerb, RemovesAndVerifies) {
  fill();
  // With a threshold of 1 nobody is ever named; with one of -1 everybody is.
  const Json strict = Json::parse(gallery({"verify", path("g.mfg"), "--threshold", "1", "--json"}));
  EXPECT_EQ(strict["searched"], 6);
  EXPECT_EQ(strict["fnir"], 1.0);
  EXPECT_EQ(strict["fpir"], 0.0);
  EXPECT_EQ(Json::parse(gallery({"verify", path("g.mfg"), "--threshold", "-1", "--json"}))["fpir"], 1.0);
  EXPECT_NE(gallery({"remove", path("g.mfg"), "O'Neil"}).find("removed with 2 faces"), std::string::npos);
  EXPECT_EQ(gallery({"list", path("g.mfg")}).find("O'Neil"), std::string::npos);
}

}  // namespace
}  // namespace massface
