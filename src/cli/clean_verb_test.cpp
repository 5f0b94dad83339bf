#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/testing_program.h"
#include "cli/testing_verb.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "evaluation/testing_faces.h"
#include "image/encode.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// Twelve people with four images each, and an untrained network: what it finds is arbitrary, except for copies.
struct CleanVerb : TestingFolder {
  CleanVerb() {
    save_model(weights(), tiny_model());
    for (int64_t person = 0; person < 12; ++person) {
      for (int64_t i = 0; i < 4; ++i) write_face(fmt::format("faces/{}/{}.png", names()[person], i), person, i);
    }
  }

  static std::vector<std::string> names() {
    return {"<b>ada", "bob", "cyd, \"c\"", "dan", "eve", "fay", "gus", "hal", "ida", "joe", "kim", "lea"};
  }
  std::string weights() const { return path("tiny.safetensors"); }
  void write_face(const std::string& file, int64_t person, int64_t i) {
    Image image = noise_image(static_cast<uint64_t>(person));
    const Image own = noise_image(static_cast<uint64_t>(1000 + 10 * person + i));
    for (size_t k = 0; k < image.pixels.size(); ++k) {
      image.pixels[k] = static_cast<uint8_t>((image.pixels[k] + own.pixels[k]) / 2);
    }
    const auto png = encode_png(image);
    write(file, std::string(png.begin(), png.end()));
  }

  std::string clean(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"clean", path("faces"), "--cache=false"});
    return verb_output(add_clean_verb, std::move(arguments));
  }
  Json find(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"--model", weights(), "--out", path("found"), "--device", "cpu", "--json"});
    return Json::parse(clean(std::move(more)));
  }
  std::string error_of(std::vector<std::string> arguments) {
    return message_of<Error>([&] { clean(std::move(arguments)); });
  }
  // The first lines of decisions.csv, up to the names of the columns.
  std::string head() {
    const std::string text = read_text_file(path("found/decisions.csv"));
    return text.substr(0, text.find('\n', text.find("action,kind")) + 1);
  }
};

TEST_F(CleanVerb, WritesAPageAndDecisionsThatCanBeApplied) {
  fs::copy(path("faces/bob/1.png"), path("faces/bob/9.png"));
  fs::copy(path("faces/dan/2.png"), path("faces/eve/x.png"));
  const Json found = find();
  EXPECT_EQ(found["images"], 50);
  EXPECT_EQ(found["people"], 12);
  EXPECT_EQ(found["findings"]["duplicate"]["found"], 1);
  EXPECT_EQ(found["findings"]["duplicate_across_people"]["found"], 1);
  const std::string decisions = read_text_file(path("found/decisions.csv"));
  EXPECT_TRUE(has(decisions, "drop,duplicate,bob,9.png,1.0000,0.9000,bob,1.png,")) << decisions;
  EXPECT_TRUE(has(decisions, ",duplicate_across_people,eve,x.png,1.0000,0.9000,dan,2.png,")) << decisions;
  const std::string page = read_text_file(path("found/report.html"));
  EXPECT_TRUE(has(page, "<h3>bob/9.png</h3>"));
  EXPECT_TRUE(has(page, "data:image/jpeg;base64,/9j/"));
  EXPECT_FALSE(has(page, "<b>"));
  EXPECT_FALSE(fs::exists(path("found/unreadable_images.txt")));

  const std::string before = read_text_file(path("faces/bob/9.png"));
  EXPECT_TRUE(has(clean({"--apply", path("found/decisions.csv"), "--out", path("all.mfp")}), "packed set"));
  write("edited.csv", head() +
                          "drop,duplicate,bob,9.png,,,,,,\nrelabel:dan,wrong_label,eve,x.png,,,,,,\n"
                          "merge:bob,same_person,lea,,,,,,,\nsplit:new,two_people,\"cyd, \"\"c\"\"\",0.png,,,,,,\n");
  const Json applied = Json::parse(clean({"--apply", path("edited.csv"), "--out", path("clean.mfp"), "--json"}));
  EXPECT_EQ(applied["images"], 49);
  EXPECT_EQ(applied["people"], 12);  // without lea, with "new"
  EXPECT_EQ(applied["images_dropped"], 1);
  EXPECT_EQ(applied["images_moved"], 6);
  const Json inspected = Json::parse(verb_output(add_inspect_verb, {"inspect", path("clean.mfp"), "--json"}));
  EXPECT_EQ(inspected["fingerprint"], applied["fingerprint"]);
  verb_output(add_unpack_verb, {"unpack", path("clean.mfp"), path("back")});
  EXPECT_EQ(read_file(path("back/dan/x.png")), read_file(path("faces/eve/x.png")));
  EXPECT_EQ(read_file(path("back/new/0.png")), read_file(path("faces/cyd, \"c\"/0.png")));
  EXPECT_FALSE(fs::exists(path("back/lea")));
  EXPECT_EQ(read_text_file(path("faces/bob/9.png")), before) << "the set itself is never changed";
}

TEST_F(CleanVerb, PrintsATableForPeople) {
  const std::string table = clean({"--model", weights(), "--out", path("found"), "--device", "cpu"});
  EXPECT_TRUE(has(table, "48 images of 12 people, embedded in ")) << table;
  EXPECT_TRUE(has(table, "  Wrong labels  ")) << table;
  EXPECT_TRUE(has(table, "found/report.html and ")) << table;
}

TEST_F(CleanVerb, LeavesOutWhatCannotBeRead) {
  write("faces/bob/2.png", "text");
  EXPECT_EQ(find()["unreadable_images"], 1);
  EXPECT_TRUE(has(read_text_file(path("found/unreadable_images.txt")), "faces/bob/2.png: not a JPEG, PNG or WebP"));
  write("edited.csv", head());
  const Json applied = Json::parse(clean({"--apply", path("edited.csv"), "--out", path("clean.mfp"), "--json"}));
  EXPECT_EQ(applied["images"], 47);
  EXPECT_EQ(applied["left_out_images"], 1);
  EXPECT_TRUE(fs::exists(path("clean.bad_images.txt")));
}

TEST_F(CleanVerb, ComparesWithATestSet) {
  // With the test set's name in the place of the finding's, and its pictures on the page.
  for (int64_t i = 0; i < 4; ++i) write_face(fmt::format("test/zoe/{}.png", i), 500, i);
  const Json found = find({"--against", path("test"), "--false-test-people", "0.1"});
  EXPECT_TRUE(found["thresholds"].contains("test_person"));
  EXPECT_TRUE(has(error_of({"--model", weights(), "--out", path("other"), "--against", path("none")}), "none"));
  EXPECT_FALSE(fs::exists(path("other")));
}

TEST_F(CleanVerb, SaysWhatIsMissingOrInTheWay) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{},
        {"--out", path("found")},
        {"--model", weights()},
        {"--model", weights(), "--apply", path("d.csv"), "--out", path("found")}}) {
    EXPECT_TRUE(
        has(error_of(arguments), "clean needs a face set, --out, and either --model to find faults or --apply"));
  }
  EXPECT_TRUE(has(error_of({"--model", weights(), "--out", path("x.mfp")}), "findings are written to a folder"));
  EXPECT_TRUE(has(error_of({"--apply", path("d.csv"), "--out", path("x")}), "--apply writes a packed set"));
  EXPECT_TRUE(has(error_of({"--apply", path("none.csv"), "--out", path("x.mfp")}), "none.csv"));
  EXPECT_TRUE(has(error_of({"--model", path("none"), "--out", path("found")}), "no such file or run directory"));
  write("broken.safetensors", "text");
  EXPECT_TRUE(has(error_of({"--model", path("broken.safetensors"), "--out", path("found")}), "broken.safetensors"));
  write("found/precious.txt", "precious");
  EXPECT_EQ(error_of({"--model", weights(), "--out", path("found")}),
            path("found") + " already exists. Move it away, or choose another folder for the findings");
  write("x.mfp", "precious");
  EXPECT_TRUE(has(error_of({"--apply", path("d.csv"), "--out", path("x.mfp")}), "already exists"));
}

TEST_F(CleanVerb, NamesTheFileAndLinesOfDecisionsThatCannotBeApplied) {
  find();
  write("edited.csv", head() + "drop,,bob,1.png,,,,,,\nrelabel:eve,,bob,1.png,,,,,,\n");
  const auto result = run_massface("clean " + path("faces") + " --apply " + path("edited.csv") + " --out " +
                                   path("clean.mfp") + " --cache=false");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(has(result.standard_error, path("edited.csv") + ": lines 10 and 11 contradict each other"))
      << result.standard_error;
  fs::remove(path("faces/lea/3.png"));
  EXPECT_TRUE(has(error_of({"--apply", path("edited.csv"), "--out", path("clean.mfp")}), "belongs to another set"));
  EXPECT_FALSE(fs::exists(path("clean.mfp")));
}

TEST_F(CleanVerb, NeedsSeveralPeople) {
  fs::create_directories(path("alone"));
  fs::rename(path("faces/bob"), path("alone/bob"));
  EXPECT_TRUE(has(message_of<Error>([&] {
                    verb_output(add_clean_verb, {"clean", path("alone"), "--cache=false", "--model", weights(), "--out",
                                                 path("found"), "--device", "cpu"});
                  }),
                  "the set has 1 people"));
  EXPECT_FALSE(fs::exists(path("found")));
}

}  // namespace
}  // namespace massface
