#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <fstream>
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
#include "gallery/gallery_file.h"
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
    if (action == "create" || action == "add" || action == "identify" || action == "search" || action == "reembed") {
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

std::vector<float> unit_vector(size_t dimensions) {
  std::vector<float> vector(dimensions);
  vector[0] = 1;
  return vector;
}

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
  EXPECT_NE(gallery({"search", path("g.mfg"), path("stranger.png")}).find("the gallery is empty"), std::string::npos);
  const Json verified = Json::parse(gallery({"verify", path("g.mfg"), "--threshold", "0.5", "--json"}));
  EXPECT_TRUE(verified["fnir"].is_null());
  EXPECT_TRUE(verified["fpir"].is_null());
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
  EXPECT_TRUE(strict["taken_for_each_other"].empty());
  EXPECT_NE(gallery({"remove", path("g.mfg"), "O'Neil"}).find("removed with 2 faces"), std::string::npos);
  EXPECT_EQ(gallery({"list", path("g.mfg")}).find("O'Neil"), std::string::npos);
}

TEST_F(GalleryVerb, VerifyTellsWhoIsThereUnderTwoNames) {
  fill();
  std::filesystem::copy(path("people/bob/2.png"), path("bob-again.png"));
  gallery({"add", path("g.mfg"), path("bob-again.png"), "--person", "Robert"});
  const std::vector<std::string> verify = {"verify", path("g.mfg"), "--threshold", "0.99999"};
  const Json two = Json::parse(gallery({"verify", path("g.mfg"), "--threshold", "0.99999", "--json"}));
  ASSERT_EQ(two["taken_for_each_other"].size(), 1u) << two.dump(1);
  EXPECT_EQ(two["taken_for_each_other"][0]["people"], Json({"bob", "Robert"}));
  EXPECT_EQ(two["taken_for_each_other"][0]["faces"], 2);
  EXPECT_EQ(two["taken_for_each_other"][0]["files"], Json({path("people/bob/2.png"), path("bob-again.png")}));
  EXPECT_NE(gallery(verify).find("bob and Robert, 2 faces: "), std::string::npos) << gallery(verify);
}

TEST_F(GalleryVerb, ListsTheMostSimilarPeople) {
  fill();
  const Json found = Json::parse(
      gallery({"search", path("g.mfg"), path("people/bob/2.png"), path("stranger.png"), "--count", "2", "--json"}));
  ASSERT_EQ(found["faces"].size(), 2u);
  const Json& similar = found["faces"][0]["similar"];
  ASSERT_EQ(similar.size(), 2u);
  EXPECT_EQ(similar[0]["name"], "bob");
  EXPECT_EQ(similar[0]["file"], path("people/bob/2.png"));
  EXPECT_NEAR(similar[0]["cosine"].get<double>(), 1, 1e-5);
  EXPECT_NE(similar[1]["name"], "bob");
  EXPECT_GE(similar[0]["cosine"], similar[1]["cosine"]);
}

TEST_F(GalleryVerb, MergesGalleriesOfTheSameWeights) {
  fill();
  gallery({"create", path("h.mfg")});
  gallery({"add", path("h.mfg"), path("stranger.png"), "--person", "bob"});
  gallery({"add", path("h.mfg"), path("people/ada/1.png"), "--person", "ada"});
  const Json merged = Json::parse(gallery({"merge", path("g.mfg"), path("h.mfg"), "--json"}));
  EXPECT_EQ(merged["added"], 1);
  EXPECT_EQ(merged["known_before"], 1);
  EXPECT_EQ(merged["people"], 3);
  EXPECT_EQ(merged["faces"], 7);
  gallery({"create", path("other.mfg")}, "other.safetensors");
  EXPECT_NE(error_of({"merge", path("g.mfg"), path("h.mfg"), path("other.mfg")}).find("cannot be compared"),
            std::string::npos);
}

TEST_F(GalleryVerb, ExportsATableWithPeople) {
  fill();
  gallery({"export", path("g.mfg"), "--out", path("g.jsonl")});
  std::ifstream lines(path("g.jsonl"));
  int64_t faces = 0;
  for (std::string line; std::getline(lines, line); ++faces) {
    const Json face = Json::parse(line);
    EXPECT_NE(face["file"].get<std::string>().find("/people/" + face["person"].get<std::string>() + "/"),
              std::string::npos);
    EXPECT_EQ(face["embedding"].size(), 16u);
  }
  EXPECT_EQ(faces, 6);
  EXPECT_NE(error_of({"export", path("g.mfg"), "--out", path("g.mfg")}).find("a table of faces is a"),
            std::string::npos);
}

TEST_F(GalleryVerb, MergesAllOrNothing) {
  fill();
  gallery({"create", path("all.mfg")});
  gallery({"create", path("damaged.mfg")});
  gallery({"add", path("damaged.mfg"), path("stranger.png"), "--person", "eve"});
  SQLite::Database(path("damaged.mfg"), SQLite::OPEN_READWRITE).exec("UPDATE faces SET place = 'nowhere'");
  EXPECT_NE(error_of({"merge", path("all.mfg"), path("g.mfg"), path("damaged.mfg")}).find("the place or the quality"),
            std::string::npos);
  EXPECT_EQ(Json::parse(gallery({"list", path("all.mfg"), "--json"}))["people"].size(), 0u);
  EXPECT_NE(error_of({"export", path("damaged.mfg"), "--out", path("d.npy")}).find("damaged"), std::string::npos);
}

TEST_F(GalleryVerb, IsMadeAnewBesideNobodysFile) {
  fill();
  write("new.mfg.partial", "mine");
  EXPECT_NE(error_of({"reembed", path("g.mfg"), "--out", path("new.mfg")}).find("Move it away"), std::string::npos);
  EXPECT_EQ(read_text_file(path("new.mfg.partial")), "mine");
}

// A photograph that is gone costs its face, and nothing else.
TEST_F(GalleryVerb, IsMadeAnewForOtherWeights) {
  fill();
  std::filesystem::remove(path("people/ada/1.png"));
  const Json made =
      Json::parse(gallery({"reembed", path("g.mfg"), "--out", path("new.mfg"), "--json"}, "other.safetensors"));
  EXPECT_EQ(made["faces"], 5);
  EXPECT_EQ(made["lost"], 1);
  EXPECT_EQ(made["people"], 3);
  const Json named = Json::parse(gallery(
      {"identify", path("new.mfg"), path("people/bob/2.png"), "--threshold", "0.9999", "--json"}, "other.safetensors"));
  EXPECT_EQ(named["faces"][0]["name"], "bob");
  EXPECT_NE(error_of({"reembed", path("g.mfg"), "--out", path("new.mfg")}).find("exists already"), std::string::npos);
}

TEST_F(GalleryVerb, IsNotMadeAnewFromResizedCropsBesidePhotographs) {
  fill();
  const std::string of_photograph = R"({"box":[1,1,9,9],"landmarks":[[2,2],[3,3],[4,4],[5,5],[6,6]],"score":0.9})";
  GalleryFile(path("g.mfg"), GalleryFile::Mode::kWrite)
      .add({{.person = "eve", .file = path("eve.jpg"), .place = of_photograph, .embedding = unit_vector(16)}});
  EXPECT_NE(error_of({"reembed", path("g.mfg"), "--resize", "--out", path("new.mfg")})
                .find("holds faces of 1 photograph and of 6 crops: resized crops cannot be compared"),
            std::string::npos);
}

// A gallery keeps the path itself, not its printable form.
TEST_F(GalleryVerb, FindsPhotographsOfUnprintableNamesAgain) {
  picture("odd/eve\xff/1\xfe.png", 50);
  gallery({"create", path("g.mfg")});
  gallery({"add", path("g.mfg"), path("odd")});
  const Json made = Json::parse(gallery({"reembed", path("g.mfg"), "--out", path("new.mfg"), "--json"}));
  EXPECT_EQ(made["faces"], 1);
  EXPECT_EQ(made["lost"], 0);
  const Json listed = Json::parse(gallery({"list", path("new.mfg"), "--json"}));
  EXPECT_EQ(listed["people"][0]["name"], "eve\\xff");
}

TEST_F(GalleryVerb, GivesNobodyANameThatMeansNobody) {
  gallery({"create", path("g.mfg")});
  for (const char* name : {"unknown", " ", "Unknown ", "\r", "\u00a0", "\u200b"}) {
    EXPECT_NE(error_of({"add", path("g.mfg"), path("stranger.png"), "--person", name}).find("nobody can be called"),
              std::string::npos);
  }
}

// `list` shows such names in a printable form.
TEST_F(GalleryVerb, RemovesByTheNameThatIsListed) {
  gallery({"create", path("g.mfg")});
  gallery({"add", path("g.mfg"), path("stranger.png"), "--person", "a\nb"});
  EXPECT_NE(gallery({"list", path("g.mfg")}).find("a\\nb"), std::string::npos);
  EXPECT_NE(gallery({"remove", path("g.mfg"), "a\\nb"}).find("removed with 1 face;"), std::string::npos);
}

}  // namespace
}  // namespace massface
