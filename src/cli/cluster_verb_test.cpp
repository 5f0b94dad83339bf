#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "cli/testing_verb.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "core/testing_text.h"
#include "evaluation/testing_faces.h"
#include "image/encode.h"

namespace massface {
namespace {

using Json = nlohmann::json;

// Crops under the names of their people. The tiny network is untrained, so a person has the same picture each time.
struct ClusterVerb : TestingFolder {
  ClusterVerb() {
    for (int i = 0; i < 3; ++i) picture(fmt::format("faces/ada/{}.png", i), 1);
    for (int i = 0; i < 2; ++i) picture(fmt::format("faces/bob/{}.png", i), 2);
    picture("faces/cyd/0.png", 3);
    write("faces/cyd/notes.txt", "no picture");
    save_model(path("w.safetensors"), tiny_model());
  }
  void picture(const std::string& name, uint64_t seed) {
    const auto png = encode_png(noise_image(seed));
    write(name, std::string(png.begin(), png.end()));
  }
  std::string cluster(std::vector<std::string> words) {
    words.insert(words.begin(), {"cluster", path("faces"), "--aligned", "--model", path("w.safetensors")});
    return verb_output(add_cluster_verb, std::move(words));
  }
  std::set<std::string> files_of(const std::string& folder) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path(folder))) {
      if (entry.is_regular_file()) names.insert(std::filesystem::relative(entry.path(), path(folder)).native());
    }
    return names;
  }
};

TEST_F(ClusterVerb, RemovesWhatAKilledCommandLeftAndNothingElse) {
  const std::vector<std::string> words = {"--out", path("people"), "--threshold", "0.9999", "--json"};
  cluster(words);
  write("people.unfinished/rows.f32", "");
  write("people.unfinished/notes.txt", "mine");
  EXPECT_NE(message_of<Error>([&] { cluster(words); }).find("there is notes.txt in it. Move that away"),
            std::string::npos);
  EXPECT_EQ(files_of("people.unfinished").size(), 2u);
  std::filesystem::remove(path("people.unfinished/notes.txt"));
  EXPECT_EQ(Json::parse(cluster(words))["complete_before"], true);
  EXPECT_FALSE(std::filesystem::exists(path("people.unfinished")));
}

TEST_F(ClusterVerb, WritesAFolderForEachPerson) {
  const Json result = Json::parse(cluster({"--out", path("people"), "--threshold", "0.9999", "--sheet",
                                           path("sheet.html"), "--compare-folders", "--json"}));
  EXPECT_EQ(result["faces"], 6);
  EXPECT_EQ(result["people"], 2);
  EXPECT_EQ(result["faces_of_people"], 5);
  EXPECT_EQ(result["groups"], 3);
  EXPECT_EQ(result["pairwise_precision"], 1.0);
  EXPECT_EQ(result["pairwise_recall"], 1.0);
  EXPECT_EQ(files_of("people"),
            (std::set<std::string>{"person-0001/00001.jpg", "person-0001/00002.jpg", "person-0001/00003.jpg",
                                   "person-0002/00001.jpg", "person-0002/00002.jpg", "faces.csv"}));
  const std::string list = read_text_file(path("people/faces.csv"));
  EXPECT_NE(list.find("person-0002,person-0002/00001.jpg," + path("faces/bob/0.png") + ","), std::string::npos) << list;
  EXPECT_NE(list.find("\n,," + path("faces/cyd/0.png") + ","), std::string::npos) << list;
  const std::string sheet = read_text_file(path("sheet.html"));
  EXPECT_NE(sheet.find("person-0001"), std::string::npos);
  EXPECT_EQ(sheet.find("person-0003"), std::string::npos) << "one face is no person";
  EXPECT_FALSE(std::filesystem::exists(path("people.unfinished")));
}

TEST_F(ClusterVerb, RefusesWhatItCannotDecide) {
  const auto refused = [&](const std::vector<std::string>& words) {
    return message_of<Error>([&] { cluster(words); });
  };
  EXPECT_NE(refused({"--out", path("people")}).find("carries no table of thresholds"), std::string::npos);
  EXPECT_NE(refused({"--out", path("faces"), "--threshold", "0.5"}).find("exists already"), std::string::npos);
  EXPECT_NE(refused({}).find("needs images and a folder"), std::string::npos);
  // The state of a command that was stopped, and a folder of another kind where its result would be.
  write("people.unfinished/images.jsonl", "");
  write("people/letter.txt", "Dear Ada");
  EXPECT_NE(refused({"--out", path("people"), "--threshold", "0.5"}).find("exists already"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(path("people.unfinished")));
  std::filesystem::remove_all(path("people.unfinished"));
  std::filesystem::remove_all(path("people"));
  std::filesystem::remove_all(path("faces"));
  write("faces/notes.txt", "no picture");
  EXPECT_NE(refused({"--out", path("people"), "--threshold", "0.5"}).find("no face was found"), std::string::npos);
}

}  // namespace
}  // namespace massface
