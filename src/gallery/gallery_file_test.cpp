#include "gallery/gallery_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/random.h"
#include "core/testing_folder.h"
#include "core/testing_text.h"

namespace massface {
namespace {

constexpr int64_t kDimensions = 96;

struct Galleries : TestingFolder {
  const std::string file = path("g.mfg");
  const GalleryFacts facts{.weights = "w.safetensors", .conditions = "weights 1", .dimensions = kDimensions};

  GalleryFile make() {
    GalleryFile::create(file, facts);
    return GalleryFile(file, GalleryFile::Mode::kWrite);
  }
  static GalleryFace face(const std::string& person, uint64_t seed) {
    GalleryFace face{.person = person, .file = person + ".jpg", .place = "{}", .quality = 0.5};
    Random random(seed, RandomStream::kSyntheticImage);
    for (int64_t i = 0; i < kDimensions; ++i) face.embedding.push_back(random.normal());
    return face;
  }
  std::string error_of_opening(GalleryFile::Mode mode = GalleryFile::Mode::kRead) {
    return message_of<Error>([&] { GalleryFile(file, mode); });
  }
  bool is_in_file(const std::vector<float>& embedding) {
    const auto bytes = read_file(file);
    const auto* begin = reinterpret_cast<const uint8_t*>(embedding.data());
    return !std::ranges::search(bytes, std::span(begin, 64)).empty();
  }
};

TEST_F(Galleries, KeepPeopleAndTheirFaces) {
  const std::string odd = "O'Neil; \"DROP\" / \n x";
  {
    GalleryFile gallery = make();
    EXPECT_EQ(gallery.add({face("bob", 1), face("ada", 2), face("bob", 3), face("bob", 1), face(odd, 1)}),
              (std::vector<bool>{true, true, true, false, true}));
    EXPECT_EQ(gallery.add({face("bob", 3)}), (std::vector<bool>{false})) << "the same face added twice";
  }
  const GalleryFile gallery(file, GalleryFile::Mode::kRead);
  EXPECT_EQ(gallery.facts().weights, "w.safetensors");
  EXPECT_EQ(gallery.num_faces(), 4);
  const auto people = gallery.people();
  ASSERT_EQ(people.size(), 3u);
  EXPECT_EQ(people[0].name, odd);
  EXPECT_EQ(people[1].name, "ada");
  EXPECT_EQ(people[2].faces, 2);
  int64_t seen = 0;
  gallery.for_each_face([&](const StoredFace& stored) {
    if (stored.face.file != "ada.jpg") return;
    ++seen;
    EXPECT_EQ(stored.face.person, "ada");
    EXPECT_EQ(stored.face.embedding, face("ada", 2).embedding);
    EXPECT_EQ(stored.face.quality, 0.5);
    EXPECT_EQ(gallery.file_of(stored.id), "ada.jpg");
  });
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(gallery.file_of(99), "");
  EXPECT_EQ(gallery.fault(), "");
}

TEST_F(Galleries, LeaveNoTraceOfAPersonWhoIsRemoved) {
  GalleryFile gallery = make();
  std::vector<GalleryFace> faces;
  for (uint64_t i = 0; i < 200; ++i) faces.push_back(face("person " + std::to_string(i % 20), i));
  gallery.add(faces);
  EXPECT_EQ(gallery.remove("person 7"), 10);
  EXPECT_FALSE(is_in_file(faces[7].embedding));
  EXPECT_FALSE(is_in_file(faces[187].embedding));
  EXPECT_TRUE(is_in_file(faces[8].embedding)) << "otherwise the search would find nothing at all";
  EXPECT_EQ(gallery.num_faces(), 190);
  // The same photograph under a wrong name and under the right one: to correct a name is no failure.
  gallery.add({face("wrong", 8)});
  EXPECT_EQ(gallery.remove("wrong"), 1);
  EXPECT_TRUE(is_in_file(faces[8].embedding));
  const std::string nobody = message_of<Error>([&] { gallery.remove("person 7"); });
  EXPECT_NE(nobody.find("has nobody called person 7"), std::string::npos) << nobody;
}

TEST_F(Galleries, RemoveNothingWhileSomebodyReads) {
  GalleryFile gallery = make();
  gallery.add({face("ada", 1)});
  const GalleryFile reader(file, GalleryFile::Mode::kRead);
  reader.for_each_face([&](const StoredFace&) {
    gallery.add({face("bob", 2)});  // after the reader's state
    EXPECT_NE(message_of<Error>([&] { gallery.remove("ada"); }).find("nothing is removed"), std::string::npos);
  });
  EXPECT_EQ(gallery.num_faces(), 2);
  EXPECT_EQ(gallery.remove("ada"), 1);
}

TEST_F(Galleries, RefuseWhatTheyCannotCompare) {
  const GalleryFile gallery = make();
  gallery.require_same(facts);
  const std::string other = message_of<Error>([&] {
    gallery.require_same({.weights = "x.safetensors", .conditions = "weights 2", .dimensions = kDimensions});
  });
  EXPECT_NE(other.find("embeddings of w.safetensors (weights 1)"), std::string::npos) << other;
  EXPECT_NE(other.find("x.safetensors (weights 2)"), std::string::npos) << other;
  EXPECT_NE(message_of<Error>([&] { GalleryFile::create(file, facts); }).find("exists already"), std::string::npos);
}

TEST_F(Galleries, SayWhatIsWrongWithAFile) {
  EXPECT_NE(error_of_opening().find("no such gallery"), std::string::npos);
  write("g.mfg",
        "this is a text that is long enough to be taken for a header, but it is none, and never was one at all");
  EXPECT_NE(error_of_opening().find("not a gallery"), std::string::npos) << error_of_opening();
  std::filesystem::remove(file);
  {
    GalleryFile gallery = make();
    std::vector<GalleryFace> faces;
    for (uint64_t i = 0; i < 300; ++i) faces.push_back(face("p" + std::to_string(i), i));
    gallery.add(faces);
  }
  auto bytes = read_file(file);
  auto newer = bytes;
  newer[63] = 9;  // user_version, big-endian at 60
  write_file_atomically(file, newer);
  EXPECT_NE(error_of_opening().find("a gallery of version 9"), std::string::npos) << error_of_opening();
  auto other = bytes;
  other[68] = 1;  // application_id at 68
  write_file_atomically(file, other);
  EXPECT_NE(error_of_opening().find("another SQLite database"), std::string::npos);
  // Pages of noise behind the first ones.
  for (size_t i = 12288; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 2654435761u >> 7);
  write_file_atomically(file, bytes);
  const std::string damaged = message_of<Error>([&] {
    const GalleryFile gallery(file, GalleryFile::Mode::kRead);
    require(gallery.fault().empty(), "damaged: {}", gallery.fault());
  });
  EXPECT_NE(damaged.find("damaged"), std::string::npos) << damaged;
}

// A child adds one person after another and writes each into a file once add() has returned, until it is killed.
TEST_F(Galleries, LoseNothingThatWasAcknowledgedWhenAWriterIsKilled) {
  make();
  const std::string acknowledged = path("acknowledged");
  Random random(5, RandomStream::kSyntheticImage);
  for (int kill_number = 0; kill_number < 20; ++kill_number) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      GalleryFile gallery(file, GalleryFile::Mode::kWrite);
      std::ofstream list(acknowledged, std::ios::app);
      for (uint64_t i = 0;; ++i) {
        const std::string name = fmt::format("{}-{}", kill_number, i);
        gallery.add({face(name, 2 * i), face(name, 2 * i + 1)});
        list << name << std::endl;
      }
    }
    ::usleep(static_cast<useconds_t>(5000 + random.below(20000)));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  const GalleryFile gallery(file, GalleryFile::Mode::kWrite);
  EXPECT_EQ(gallery.fault(), "");
  std::set<std::string> present;
  for (const StoredPerson& person : gallery.people()) {
    EXPECT_EQ(person.faces, 2) << "half of an addition";
    present.insert(person.name);
  }
  std::ifstream list(acknowledged);
  int64_t lines = 0;
  for (std::string name; std::getline(list, name); ++lines) EXPECT_TRUE(present.contains(name)) << name;
  EXPECT_LE(std::ssize(present), lines + 20) << "at most one more per kill";
}

}  // namespace
}  // namespace massface
