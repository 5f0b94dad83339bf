#include "gallery/gallery_file.h"

#include <SQLiteCpp/SQLiteCpp.h>
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
constexpr const char* kPlace =
    R"({"box": [0, 0, 9, 9], "landmarks": [[1, 2], [3, 2], [2, 3], [1, 4], [3, 4]], "score": 1})";

struct Galleries : TestingFolder {
  const std::string file = path("g.mfg");
  const GalleryFacts facts{.weights = "w.safetensors", .conditions = "weights 1", .dimensions = kDimensions};

  GalleryFile make() {
    GalleryFile::create(file, facts);
    return GalleryFile(file, GalleryFile::Mode::kWrite);
  }
  static GalleryFace face(const std::string& person, uint64_t seed) {
    GalleryFace face{.person = person, .file = person + ".jpg", .place = kPlace, .quality = 0.5};
    Random random(seed, RandomStream::kSyntheticImage);
    for (int64_t i = 0; i < kDimensions; ++i) face.embedding.push_back(random.normal());
    return face;
  }
  int64_t remove(const std::string& person) { return GalleryFile(file, GalleryFile::Mode::kAlone).remove(person); }
  std::string error_of_removing(const std::string& person) {
    return message_of<Error>([&] { remove(person); });
  }
  // Changes the gallery behind its back.
  void run(const std::string& statement) {
    SQLite::Database database(file, SQLite::OPEN_READWRITE);
    database.exec(statement);
  }
  std::string fault() { return GalleryFile(file, GalleryFile::Mode::kRead).fault(); }
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
  std::vector<GalleryFace> faces;
  for (uint64_t i = 0; i < 200; ++i) faces.push_back(face("person " + std::to_string(i % 20), i));
  make().add(faces);
  EXPECT_EQ(remove("person 7"), 10);
  EXPECT_FALSE(is_in_file(faces[7].embedding));
  EXPECT_FALSE(is_in_file(faces[187].embedding));
  EXPECT_TRUE(is_in_file(faces[8].embedding)) << "otherwise the search would find nothing at all";
  EXPECT_EQ(GalleryFile(file, GalleryFile::Mode::kRead).num_faces(), 190);
  // The same photograph under a wrong name and under the right one: to correct a name is no failure.
  GalleryFile(file, GalleryFile::Mode::kWrite).add({face("wrong", 8)});
  EXPECT_EQ(remove("wrong"), 1);
  EXPECT_TRUE(is_in_file(faces[8].embedding));
  EXPECT_NE(error_of_removing("person 7").find("has nobody called person 7"), std::string::npos);
}

// Who has it open may need the pages that would be overwritten, although nothing was written since.
TEST_F(Galleries, RemoveNothingWhileSomebodyHasThemOpen) {
  make().add({face("ada", 1), face("bob", 2)});
  {
    const GalleryFile reader(file, GalleryFile::Mode::kRead);
    EXPECT_NE(error_of_removing("ada").find("another program has it open"), std::string::npos);
    EXPECT_EQ(reader.num_faces(), 2);
  }
  EXPECT_EQ(remove("ada"), 1);
}

// The rows of an index lead to the faces that are removed, and to the bytes that are then looked for.
TEST_F(Galleries, RemoveNothingThatTheyCouldNotProve) {
  make().add({face("ada", 1), face("ada", 2), face("bob", 3)});
  run("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name "
      "= "
      "'people') WHERE name = 'sqlite_autoindex_faces_1'");
  EXPECT_NE(error_of_removing("ada").find("damaged"), std::string::npos);
}

TEST_F(Galleries, SayWhatIsWrongWithTheirRows) {
  const auto made = [&] {
    std::filesystem::remove(file);
    make().add({face("ada", 1), face("bob", 2)});
  };
  made();
  run("UPDATE faces SET embedding = zeroblob(length(embedding)) WHERE id = 2");
  EXPECT_NE(fault().find("the embedding of face 2 is not the one"), std::string::npos) << fault();
  const std::string reading =
      message_of<Error>([&] { GalleryFile(file, GalleryFile::Mode::kRead).for_each_face([](const StoredFace&) {}); });
  EXPECT_NE(reading.find("damaged: the embedding of face 2"), std::string::npos) << reading;
  made();
  run("DELETE FROM people WHERE name = 'ada'");
  EXPECT_NE(fault().find("is of nobody"), std::string::npos) << fault();
  made();
  run("UPDATE faces SET place = '{}' WHERE id = 1");
  EXPECT_NE(fault().find("the place or the quality of face 1"), std::string::npos) << fault();
  made();
  run("DROP TABLE facts");
  EXPECT_NE(error_of_opening().find("damaged"), std::string::npos) << error_of_opening();
  std::ofstream(file, std::ios::trunc);
  EXPECT_NE(error_of_opening().find("not a gallery"), std::string::npos) << error_of_opening();
}

TEST_F(Galleries, RefuseAFaceOfNobody) {
  make().add({face("ada", 1), face("bob", 2)});
  run("PRAGMA foreign_keys = OFF; UPDATE faces SET person = 7 WHERE id = 2");
  const GalleryFile gallery(file, GalleryFile::Mode::kRead);
  EXPECT_NE(message_of<Error>([&] { gallery.for_each_face([](const StoredFace&) {}); }).find("face 2 is of nobody"),
            std::string::npos);
  EXPECT_NE(message_of<Error>([&] { gallery.require_undamaged(); }).find("is of nobody"), std::string::npos);
}

TEST_F(Galleries, SayInWhichOptionTheyDiffer) {
  GalleryFile::create(file, {.weights = "w", .conditions = "weights 1, flip sum\x1b", .dimensions = kDimensions});
  const GalleryFile gallery(file, GalleryFile::Mode::kRead);
  const std::string message = message_of<Error>(
      [&] { gallery.require_same({.weights = "w", .conditions = "weights 1, flip none", .dimensions = kDimensions}); });
  EXPECT_NE(message.find("of the same weights with other options: flip sum\\x1b in the gallery, flip none now"),
            std::string::npos)
      << message;
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
