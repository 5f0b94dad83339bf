#include "align/align_folder.h"

#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "align/landmark_file.h"
#include "align/manifest.h"
#include "align/testing_align_folder.h"
#include "core/error.h"
#include "core/files.h"
#include "core/stop_signal.h"
#include "core/testing_folder.h"
#include "image/decode.h"
#include "image/encode.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

TEST_F(AlignFolder, MirrorsTheTreeAndListsEveryPhotograph) {
  photograph("in/anna/1.jpg", 120, 130);
  photograph("in/anna/2.jpg", 120, 320);
  photograph("in/flat.jpeg", 120, 60);
  write("in/bert/broken.jpg", "not a picture");
  write("in/bert/empty.png");
  write("in/.hidden/3.jpg", "x");
  const AlignmentCounts counts = align_folder(job()).counts;
  EXPECT_EQ(counts.photographs, 5);
  EXPECT_EQ(counts.aligned, 2);
  EXPECT_EQ(counts.crops, 2);
  EXPECT_EQ(counts.several_faces, 1);
  EXPECT_EQ(counts.no_face, 1);
  EXPECT_EQ(counts.bad_images, 2);
  const auto list = lines();
  EXPECT_EQ(list.at("flat.jpeg")["decision"], "no_face");
  EXPECT_EQ(list.at("bert/empty.png")["reason"], "empty (0 bytes)");
  EXPECT_EQ(list.at("anna/2.jpg")["faces_found"], 3);
  EXPECT_EQ(list.at("anna/2.jpg")["faces"][0]["box"], Json::parse("[200.0, 0.0, 270.0, 80.0]"));
  EXPECT_EQ(list.at("anna/1.jpg")["faces"][0]["file"], "anna/1.jpg");
  EXPECT_FALSE(fs::exists(path("out/bert"))) << "no folder without a crop";
  const Image aligned = crop("anna/1.jpg"), original = smooth_photograph(120, 130);
  ASSERT_EQ(aligned.height, 112);
  for (const size_t i : {0u, 5000u, 30000u}) {
    const size_t x = i / 3 % 112, y = i / 3 / 112;
    EXPECT_NEAR(aligned.pixels[i], original.pixels[3 * (y * 130 + x) + i % 3], 6) << "the loss of two JPEG encodings";
  }
}

TEST_F(AlignFolder, PassesOverWhatFileManagersLeaveBehindAndSaysWhatOtherFilesAre) {
  photograph("in/a.jpg", 120, 130);
  for (const char* name : {"in/Thumbs.db", "in/desktop.ini", "in/__MACOSX/b.jpg", "in/@eaDir/c.jpg", "in/.DS_Store"}) {
    write(name, "x");
  }
  write("in/page.jpg", "<!DOCTYPE html><html>");
  const AlignmentCounts counts = align_folder(job()).counts;
  EXPECT_EQ(counts.photographs, 2);
  EXPECT_EQ(counts.bad_images, 1);
  EXPECT_NE(lines().at("page.jpg")["reason"].get<std::string>().find("an HTML page"), std::string::npos);
}

TEST_F(AlignFolder, CountsPhotographsThatAreTooSmallOrTruncatedApart) {
  photograph("in/whole.jpg", 120, 130);
  photograph("in/tiny.jpg", 19, 130);
  const std::string whole = read_text_file(path("in/whole.jpg"));
  write("in/cut.jpg", whole.substr(0, whole.size() * 2 / 3));
  const AlignmentCounts counts = align_folder(job()).counts;
  EXPECT_EQ(counts.aligned, 1);
  EXPECT_EQ(counts.too_small, 1);
  EXPECT_EQ(counts.truncated, 1);
  EXPECT_EQ(counts.no_face + counts.bad_images, 0);
  EXPECT_EQ(detector_.calls, 1);
  EXPECT_EQ(lines().at("tiny.jpg")["decision"], "too_small");
  EXPECT_EQ(lines().at("tiny.jpg")["height"], 19);
  EXPECT_EQ(lines().at("cut.jpg")["decision"], "truncated");
  EXPECT_NE(lines().at("cut.jpg")["reason"].get<std::string>().find("truncated JPEG"), std::string::npos);
}

TEST_F(AlignFolder, EndsWhereACropCannotBeWrittenAndBlamesNoPhotograph) {
  photograph("in/anna/1.jpg", 120, 130);
  photograph("first/a.jpg", 120, 130);
  AlignmentJob first = job();
  first.source = path("first");
  align_folder(first);
  write("out/anna", "a file where the folder of crops has to be");
  EXPECT_NE(message_of<Error>([&] { align_folder(job()); }).find(path("out/anna")), std::string::npos);
  EXPECT_FALSE(lines().contains("anna/1.jpg"));
  fs::remove(path("out/anna"));
  EXPECT_EQ(align_folder(job()).counts.aligned, 1) << "the next run does it";
}

TEST_F(AlignFolder, MakesCropsAgainThatSomebodyRemoved) {
  for (const char* name : {"in/a.jpg", "in/b\xff.jpg", "in/c.jpg"}) photograph(name, 120, 130);
  align_folder(job());
  const std::string manifest = read_text_file(path("out/manifest.jsonl"));
  fs::remove(path("out/a.jpg"));
  EXPECT_EQ(align_folder(job()).counts.done_before, 2);
  EXPECT_TRUE(fs::exists(path("out/a.jpg")));
  EXPECT_EQ(read_text_file(path("out/manifest.jsonl")), manifest);
}

TEST_F(AlignFolder, TellsOfTheCropsOfAllRuns) {
  photograph("in/a.jpg", 120, 130);
  align_folder(job());
  photograph("in/0/b.jpg", 120, 130);
  const std::vector<fs::path> expected{path("out/0/b.jpg"), path("out/a.jpg")};
  EXPECT_EQ(align_folder(job()).crops, expected);
}

TEST_F(AlignFolder, ManifestTakesLinesAfterItWasSorted) {
  AlignmentManifest manifest(folder_, "options");
  manifest.add({{"source", "b"}, {"decision", "no_face"}});
  manifest.sort();
  manifest.add({{"source", "a"}, {"decision", "no_face"}});
  const AlignmentManifest again(folder_, "options");
  EXPECT_TRUE(again.has("a") && again.has("b"));
}

TEST_F(AlignFolder, NamesTheLineOfAManifestThatSomebodyBroke) {
  photograph("in/a.jpg", 120, 130);
  align_folder(job());
  const std::string whole = read_text_file(path("out/manifest.jsonl")), header = whole.substr(0, whole.find('\n') + 1);
  for (const char* line : {"[]", "{}", "{\"source\": \"a.jpg\"}", "{\"source\": \"a.jpg\", \"decision\": 1}",
                           "{\"source\": \"a.jpg\", \"decision\": \"aligned\", \"faces\": 3}",
                           "{\"source\": \"a.jpg\", \"decision\": \"aligned\", \"faces\": [{\"file\": 3}]}",
                           "{\"source\": \"a.jpg\", \"decision\": \"aligned\", \"faces_found\": \"x\"}",
                           "{\"source\": \"a.jpg\", \"decision\": \"aligned\", \"faces_found\": 1e30}", "{\"source"}) {
    write("out/manifest.jsonl", header + line + "\n");
    EXPECT_NE(message_of<Error>([&] { align_folder(job()); }).find("line 2: not a line of"), std::string::npos) << line;
  }
}

TEST_F(AlignFolder, TakesNoOtherFileForItsManifest) {
  photograph("in/a.jpg", 120, 130);
  for (const char* text :
       {"{\"format\": 3}\n", "[]\n", "x\n", "{\"format\": \"massface-alignment-1\", \"options\": 2}\n"}) {
    write("out/manifest.jsonl", text);
    EXPECT_NE(message_of<Error>([&] { align_folder(job()); }).find("is not a manifest of massface"), std::string::npos);
  }
}

TEST_F(AlignFolder, ChoosesByTheRule) {
  photograph("in/a.jpg", 120, 320);
  AlignmentJob central = job(), all = job();
  central.destination = path("central");
  central.options.faces = "central";
  align_folder(central);
  all.options.faces = "all";
  all.options.format = "png";
  EXPECT_EQ(align_folder(all).counts.crops, 3);
  for (const char* file : {"out/a.png", "out/a_face2.png", "out/a_face3.png"})
    EXPECT_TRUE(fs::exists(path(file))) << file;
  EXPECT_NE(read_text_file(path("central/manifest.jsonl")).find("\"box\":[100.0"), std::string::npos);
}

TEST_F(AlignFolder, ContinuesWhereItWasStopped) {
  for (int i = 0; i < 12; ++i) photograph("in/" + std::to_string(i) + ".jpg", 120, 100 + i);
  align_folder(job());
  const std::string whole = read_text_file(path("out/manifest.jsonl"));
  // Killed while writing the sixth photograph's line; only the crops of the first five are kept.
  size_t end = 0;
  for (int line = 0; line < 6; ++line) end = whole.find('\n', end) + 1;
  std::ofstream(path("out/manifest.jsonl")) << whole.substr(0, end + 9);
  for (const auto& entry : fs::directory_iterator(path("out"))) {
    if (entry.path().extension() == ".jpg" && whole.substr(0, end).find(entry.path().filename()) == std::string::npos) {
      fs::remove(entry.path());
    }
  }
  const int before = detector_.calls;
  const AlignmentCounts counts = align_folder(job()).counts;
  EXPECT_EQ(counts.done_before, 5);
  EXPECT_EQ(counts.aligned, 12);
  EXPECT_EQ(detector_.calls - before, 7);
  EXPECT_EQ(read_text_file(path("out/manifest.jsonl")), whole);
  EXPECT_EQ(align_folder(job()).counts.done_before, 12);
  EXPECT_EQ(detector_.calls - before, 7);
  AlignmentJob other = job();
  other.options.size = "112x96";
  EXPECT_NE(message_of<Error>([&] { align_folder(other); }).find("was made with other options: size 112x112"),
            std::string::npos);
}

TEST_F(AlignFolder, WritesTheSameFilesOnAnyNumberOfThreads) {
  for (int i = 0; i < 20; ++i) photograph("in/" + std::to_string(i) + ".jpg", 120, 100 + 7 * i);
  AlignmentJob one = job(), four = job();
  four.destination = path("four");
  four.threads = 4;
  align_folder(one);
  align_folder(four);
  for (const auto& entry : fs::directory_iterator(path("out"))) {
    EXPECT_EQ(read_text_file(entry.path()), read_text_file(fs::path(path("four")) / entry.path().filename()));
  }
}

TEST_F(AlignFolder, StopsWhenASignalAsksItTo) {
  photograph("in/a.jpg", 120, 100);
  const StopSignal stop;
  std::raise(SIGTERM);
  EXPECT_THROW(align_folder(job()), Interrupted);
}

TEST_F(AlignFolder, TakesGivenLandmarksAndSaysWhereThereAreNone) {
  photograph("in/a.jpg", 240, 240);
  photograph("in/b.jpg", 240, 240);
  std::string csv =
      "file,score,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,mouth_left_x,mouth_left_y,"
      "mouth_right_x,mouth_right_y\r\na.jpg,1";
  for (const Point& p : template_points(224, 224)) csv += fmt::format(",{},{}", p.x, p.y);
  write("points.csv", csv + "\r\n");
  const auto landmarks = read_landmark_file(path("points.csv"));
  AlignmentJob given = job();
  given.detector = nullptr;
  given.landmarks = &landmarks;
  const AlignmentCounts counts = align_folder(given).counts;
  EXPECT_EQ(counts.aligned, 1);
  EXPECT_EQ(counts.no_landmarks, 1);
  EXPECT_EQ(lines().at("b.jpg")["decision"], "no_landmarks");
  const Image original = smooth_photograph(240, 240);
  EXPECT_NEAR(crop("a.jpg").pixels[3 * (50 * 112 + 60)], original.pixels[3 * (100 * 240 + 120)], 6);
}

TEST_F(AlignFolder, KeepsTwoPhotographsThatDifferInTheirEndingApart) {
  photograph("in/a.jpg", 120, 100);
  photograph("in/a.jpeg", 120, 100);
  EXPECT_EQ(align_folder(job()).counts.crops, 2);
  EXPECT_EQ(lines().at("a.jpg")["faces"][0]["file"], "a.jpg") << "named like the photograph itself";
  EXPECT_EQ(lines().at("a.jpeg")["faces"][0]["file"], "a.jpeg.jpg");
  EXPECT_TRUE(fs::exists(path("out/a.jpg")) && fs::exists(path("out/a.jpeg.jpg")));
}

TEST_F(AlignFolder, RefusesWhatCannotBe) {
  const auto refusal = [](const AlignmentJob& job) { return message_of<Error>([&] { align_folder(job); }); };
  EXPECT_NE(refusal(job()).find("no such folder"), std::string::npos);
  fs::create_directories(path("in"));
  EXPECT_NE(refusal(job()).find("it contains no photographs"), std::string::npos);
  photograph("in/a.jpg", 120, 100);
  AlignmentJob within = job();
  within.destination = path("in/out");
  EXPECT_NE(refusal(within).find("lies within the source"), std::string::npos);
  within.destination = path("in");
  EXPECT_NE(refusal(within).find("lies within the source"), std::string::npos);
  write("other/manifest.jsonl", "{\"format\": \"something\"}\n");
  within.destination = path("other");
  EXPECT_NE(refusal(within).find("not a manifest of massface align"), std::string::npos);
  for (const auto& [size, fill] : std::vector<std::pair<std::string, std::string>>{
           {"112", "0,0,0"}, {"112x", "0,0,0"}, {"8x8", "0,0,0"}, {"112x112", "0,0"}, {"112x112", "0,0,256"}}) {
    AlignmentJob odd = job();
    odd.options.size = size;
    odd.options.fill = fill;
    EXPECT_NE(refusal(odd).find(size == "112x112" ? "fill is" : "size is"), std::string::npos) << size << " " << fill;
  }
}

TEST_F(AlignFolder, ReadsTheLandmarksItWrites) {
  FivePoints points = template_points(448, 448);
  write("points.csv", landmark_header() + landmark_line("a/b c.jpg", points) + landmark_line("d.jpg", {}));
  const auto read = read_landmark_file(path("points.csv"));
  ASSERT_EQ(read.size(), 2u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(read.at("a/b c.jpg")[i].x, points[i].x, 0.0051);
    EXPECT_NEAR(read.at("a/b c.jpg")[i].y, points[i].y, 0.0051);
    EXPECT_EQ(read.at("d.jpg")[i].x, 0);
  }
}

TEST_F(AlignFolder, NamesTheLineOfALandmarkFileThatIsWrong) {
  const auto refusal = [&](const std::string& text) {
    return message_of<Error>([&] { read_landmark_file(write("points.csv", text)); });
  };
  const std::string header =
      "file,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,mouth_left_x,mouth_left_y,mouth_right_x,mouth_"
      "right_y\n";
  EXPECT_NE(refusal("").find("is empty"), std::string::npos);
  EXPECT_NE(refusal("file,left_eye_x\n").find("no column \"left_eye_y\""), std::string::npos);
  EXPECT_NE(refusal(header + "a.jpg,1,2\n").find("line 2: 3 fields"), std::string::npos);
  EXPECT_NE(refusal(header + "a.jpg,1,2,3,4,5,6,7,8,9,nan\n").find("line 2: \"nan\" is not a number"),
            std::string::npos);
  EXPECT_NE(refusal(header + "a.jpg,1,2,3,4,5,6,7,8,9,1\na.jpg,1,2,3,4,5,6,7,8,9,1\n").find("line 3: a second line"),
            std::string::npos);
}

}  // namespace
}  // namespace massface
