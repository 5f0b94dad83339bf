#include "recognition/face_table.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "align/manifest.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "core/testing_text.h"
#include "recognition/face_rows.h"
#include "tensor_file/npy.h"
#include "tensor_file/stored_archive.h"

namespace massface {
namespace {

using Json = nlohmann::json;

struct FaceTables : TestingFolder {
  // An image with so many faces, whose rows are 10 number, 10 number + 1, ...
  void add(FaceTable& table, const std::string& name, int64_t faces, float number) {
    ReadImage read{.decision = faces > 0 ? decision::kAligned : decision::kNoFace, .height = 40, .width = 30};
    for (int64_t i = 0; i < faces; ++i) read.faces.push_back({.face = {.box = {1, 2, 3, 4.256f}, .score = 0.5f}});
    table.add({.image = {.path = name, .name = name, .bytes = 7, .modified_ns = 9},
               .read = std::move(read),
               .embeddings = 10 * number + at::arange(faces).to(at::kFloat).view({faces, 1}).expand({faces, 3}),
               .quality = std::vector<float>(static_cast<size_t>(faces), 0.25f)});
  }
  static NamedImage named(const std::string& name, int64_t bytes = 7) {
    return {.path = name, .name = name, .bytes = bytes, .modified_ns = 9};
  }
  std::vector<Json> lines_of(const std::string& file) {
    std::vector<Json> lines;
    std::ifstream in(path(file));
    for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
    return lines;
  }
};

// The second process finds rows without a line, which one that was killed in between has left.
TEST_F(FaceTables, GoOnWhereTheyStopped) {
  {
    FaceTable table(path("f.npy"), "w", 3);
    add(table, "a.jpg", 2, 1);
    add(table, "b.jpg", 0, 0);
  }
  {
    std::ofstream rows(path("f.npy.unfinished/rows.f32"), std::ios::app);
    rows << "rows of an image without a line";
  }
  FaceTable table(path("f.npy"), "w", 3);
  EXPECT_TRUE(table.has(named("a.jpg")));
  EXPECT_TRUE(table.has(named("b.jpg")));
  EXPECT_FALSE(table.has(named("a.jpg", 8))) << "it is another file now";
  EXPECT_FALSE(table.has(named("c.jpg")));
  add(table, "c.jpg", 1, 5);
  EXPECT_EQ(table.counts().images, 3);
  EXPECT_EQ(table.counts().faces, 3);
  EXPECT_EQ(table.counts().without_face, 1);
  table.write();
  table.remove_state();
  EXPECT_FALSE(std::filesystem::exists(path("f.npy.unfinished")));
  EXPECT_TRUE(read_npy(path("f.npy"))
                  .equal(at::tensor({10.0f, 10.0f, 10.0f, 11.0f, 11.0f, 11.0f, 50.0f, 50.0f, 50.0f}).view({3, 3})));
  const auto lines = lines_of("f.jsonl");
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[1]["row"], 1);
  EXPECT_EQ(lines[1]["file"], "a.jpg");
  EXPECT_EQ(lines[1]["box"], (Json{1.0, 2.0, 3.0, 4.26}));
  EXPECT_TRUE(lines[2]["row"].is_null());
  EXPECT_EQ(lines[2]["decision"], "no_face");
  EXPECT_EQ(lines[3]["row"], 2);
}

// An earlier command named other images, and one file has changed since.
TEST_F(FaceTables, HoldOnlyWhatIsListedNow) {
  FaceTable table(path("f.npy"), "w", 3);
  add(table, "other.jpg", 2, 1);
  add(table, "a.jpg", 1, 2);
  NamedImage changed = named("a.jpg", 8);
  ReadImage read{.decision = decision::kAligned, .faces = {{.face = {.score = 1}}}};
  table.add({.image = changed, .read = read, .embeddings = at::full({1, 3}, 7.0f), .quality = {0.5f}});
  EXPECT_EQ(table.counts().faces, 4);
  table.keep_only({changed});
  EXPECT_EQ(table.counts().faces, 1);
  EXPECT_EQ(table.counts().images, 1);
  table.write();
  EXPECT_TRUE(read_npy(path("f.npy")).equal(at::full({1, 3}, 7.0f)));
  EXPECT_EQ(lines_of("f.jsonl").size(), 1u);
}

// As a backup or `cp -p` does it: the time of the file changes and changes back.
TEST_F(FaceTables, HoldAFileOnceThatWasChangedAndRestored) {
  FaceTable table(path("f.npy"), "w", 3);
  const auto add_as = [&](const NamedImage& image, float value) {
    ReadImage read{.decision = decision::kAligned, .faces = {{.face = {.score = 1}}}};
    table.add({.image = image, .read = read, .embeddings = at::full({1, 3}, value), .quality = {0.5f}});
  };
  add_as(named("a.jpg"), 1);
  add_as(named("a.jpg", 8), 2);
  EXPECT_FALSE(table.has(named("a.jpg")));
  add_as(named("a.jpg"), 3);
  table.keep_only({named("a.jpg")});
  EXPECT_EQ(table.counts().faces, 1);
  table.write();
  EXPECT_TRUE(read_npy(path("f.npy")).equal(at::full({1, 3}, 3.0f)));
}

TEST_F(FaceTables, ReplaceNoFileOfAnybodyElse) {
  const auto refused = [&](const std::string& out, const std::vector<std::filesystem::path>& inputs) {
    return message_of<Error>([&] { require_place_for_table(path(out), inputs); });
  };
  write("q.jsonl", "a table of its own");
  EXPECT_NE(refused("q.npy", {}).find("belongs to another table"), std::string::npos);
  write("r.npy", "");
  EXPECT_NE(refused("r.jsonl", {}).find("belongs to another table"), std::string::npos);
  EXPECT_NE(refused("r.npy", {path("r.npy")}), "");
  EXPECT_NE(refused("s.npy", {path("s.jsonl")}), "no exception") << "the second file may not replace an input either";
}

TEST_F(FaceTables, AreNotContinuedUnderOtherConditions) {
  {
    FaceTable table(path("f.npy"), "weights 1", 3);
    const std::string busy = message_of<Error>([&] { FaceTable(path("f.npy"), "weights 1", 3); });
    EXPECT_NE(busy.find("another massface is writing"), std::string::npos) << busy;
  }
  const std::string other = message_of<Error>([&] { FaceTable(path("f.npy"), "weights 2", 3); });
  EXPECT_NE(other.find("begun with other weights or options (weights 1, and now weights 2)"), std::string::npos)
      << other;
}

TEST_F(FaceTables, WriteCsvAndLinesOfJson) {
  FaceTable csv(path("f.csv"), "w", 3);
  add(csv, "a \"b\", c.jpg", 1, 2);
  add(csv, "none.jpg", 0, 0);
  csv.write();
  EXPECT_EQ(read_text_file(path("f.csv")),
            "file,left,top,right,bottom,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,mouth_left_x,"
            "mouth_left_y,mouth_right_x,mouth_right_y,score,quality,e0,e1,e2\n"
            "\"a \"\"b\"\", c.jpg\",1,2,3,4.26,0,0,0,0,0,0,0,0,0,0,0.5,0.25,20,20,20\n");
  FaceTable json(path("f.jsonl"), "w", 3);
  add(json, "a.jpg", 1, 2);
  add(json, "none.jpg", 0, 0);
  json.write();
  const auto lines = lines_of("f.jsonl");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["embedding"], (Json{20.0, 20.0, 20.0}));
  EXPECT_EQ(lines[1]["decision"], "no_face");
  EXPECT_NE(message_of<Error>([] { require_place_for_table("f.txt", {}); }).find(".npy, .npz, .csv or .jsonl"),
            std::string::npos);
}

TEST_F(FaceTables, WriteAnArchiveOfArrays) {
  FaceTable table(path("f.npz"), "w", 3);
  add(table, "\u00e4.jpg", 2, 1);
  add(table, "none.jpg", 0, 0);
  add(table, "bc.jpg", 1, 5);
  table.write();
  EXPECT_FALSE(std::filesystem::exists(path("f.npz.embeddings")));
  const auto arrays = read_stored_archive(read_file(path("f.npz")), "f.npz");
  ASSERT_EQ(arrays.size(), 6u);
  const auto array = [&](const std::string& name) { return decode_npy(arrays.at(name + ".npy"), name); };
  EXPECT_TRUE(array("embeddings")
                  .equal(at::tensor({10.0f, 10.0f, 10.0f, 11.0f, 11.0f, 11.0f, 50.0f, 50.0f, 50.0f}).view({3, 3})));
  EXPECT_TRUE(array("box")[2].equal(at::tensor({1.0f, 2.0f, 3.0f, 4.26f})));
  EXPECT_EQ(array("landmarks").sizes(), (std::vector<int64_t>{3, 5, 2}));
  EXPECT_TRUE(array("quality").equal(at::full({3}, 0.25f)));
  const std::vector<uint8_t>& files = arrays.at("file.npy");
  const std::string text(files.begin(), files.end());
  EXPECT_NE(text.find("'descr': '<U6'"), std::string::npos) << text;
  std::u32string names(18, U'x');
  std::memcpy(names.data(), files.data() + files.size() - 72, 72);
  EXPECT_EQ(names, std::u32string(U"\u00e4.jpg\0\u00e4.jpg\0bc.jpg", 18));
}

// It would be removed with the state.
TEST_F(FaceTables, RefuseAFolderThatIsNotTheirOwn) {
  write("f.npy.unfinished/mine.txt", "mine");
  EXPECT_NE(message_of<Error>([&] { FaceTable(path("f.npy"), "w", 3); }).find("there is mine.txt in it"),
            std::string::npos);
}

}  // namespace
}  // namespace massface
