#include "synthetic/dataset.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <set>

#include "align/align_folder.h"
#include "align/landmark_file.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "dataset/verification_pairs.h"
#include "image/decode.h"
#include "synthetic/faces.h"
#include "synthetic/pairs.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

std::map<std::string, std::vector<uint8_t>> files_below(const fs::path& root) {
  std::map<std::string, std::vector<uint8_t>> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) files[fs::relative(entry.path(), root).native()] = read_file(entry.path());
  }
  return files;
}

struct SyntheticDatasetTest : testing::Test {
  SyntheticDatasetTest() : folder(fs::path(testing::TempDir()) / ("massface_synth_" + std::to_string(::getpid()))) {
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  ~SyntheticDatasetTest() override { fs::remove_all(folder); }
  fs::path folder;
  const SyntheticDatasetOptions small{.identities = 3,
                                      .images_per_identity = 2,
                                      .test_identities = 20,
                                      .test_images_per_identity = 2,
                                      .pairs_per_fold = 2,
                                      .seed = 4};
};

TEST_F(SyntheticDatasetTest, WritesFoldersOfPeopleAndPairs) {
  int64_t last = 0;
  const SyntheticDataset set =
      write_synthetic_dataset(folder / "deep" / "faces", small, [&](int64_t done, int64_t total) {
        EXPECT_EQ(done, last + 1);
        EXPECT_EQ(total, 46);
        last = done;
      });
  EXPECT_EQ(last, 46);
  EXPECT_EQ(set.identities, 3);
  EXPECT_EQ(set.test_identities, 20);
  EXPECT_EQ(set.images, 46);
  EXPECT_EQ(set.pairs, 40);
  EXPECT_EQ(set.pairs_file, folder / "deep" / "faces" / "pairs.txt");
  const auto files = files_below(folder / "deep" / "faces");
  EXPECT_EQ(files.size(), 47u);
  EXPECT_EQ(files.at("train/train000002/train000002_0002.jpg"), encode_synthetic_face(4, 2, 1));
  EXPECT_EQ(files.at("test/test000019/test000019_0001.jpg"), encode_synthetic_face(4, (int64_t{1} << 32) + 19, 0));
}

TEST_F(SyntheticDatasetTest, MoreTrainingPeopleLeaveTheRestAsItWas) {
  write_synthetic_dataset(folder / "a", small);
  SyntheticDatasetOptions more = small;
  more.identities = 5;
  write_synthetic_dataset(folder / "b", more);
  const auto b = files_below(folder / "b");
  EXPECT_EQ(b.size(), 51u);
  for (const auto& [name, bytes] : files_below(folder / "a")) EXPECT_EQ(bytes, b.at(name)) << name;
}

TEST_F(SyntheticDatasetTest, PhotographsComeWithLandmarksThatAlignBothParts) {
  SyntheticDatasetOptions options = small;
  options.photographs = true;
  const SyntheticDataset set = write_synthetic_dataset(folder / "scenes", options);
  EXPECT_EQ(set.landmarks_file, folder / "scenes" / "landmarks.csv");
  const auto landmarks = read_landmark_file(set.landmarks_file);
  EXPECT_EQ(landmarks.size(), 46u);
  EXPECT_EQ(read_text_file(set.pairs_file), synthetic_pairs_text(small));
  for (const auto& [part, photographs] : {std::pair{set.train_directory, 6}, {set.test_directory, 40}}) {
    const fs::path crops = folder / "crops" / part.filename();
    const AlignmentCounts counts =
        align_folder({.source = part, .destination = crops, .landmarks = &landmarks, .threads = 2}).counts;
    EXPECT_EQ(counts.aligned, photographs);
    EXPECT_EQ(counts.photographs, photographs);
  }
  // The aligned photograph shows the same face as the aligned set, up to the error of the set's simulated detector (the
  // eyes are off by a few pixels), however the camera was held.
  ImageDecoder decoder;
  for (int64_t person = 0; person < 20; ++person) {
    const std::string file = lfw_image_path(synthetic_test_name(person), 1);
    const Image crop = decoder.decode(read_file(folder / "crops" / "test" / file));
    const SyntheticFace face = photograph_synthetic_face(4, (int64_t{1} << 32) + person, 0);
    double sum = 0;
    for (size_t i = 0; i < crop.pixels.size(); ++i) {
      const size_t x = i / 3 % 112, y = i / 3 / 112;
      if (x >= 30 && x < 82 && y >= 40 && y < 100) sum += std::abs(crop.pixels[i] - face.image.pixels[i]);
    }
    EXPECT_LT(sum / (52 * 60 * 3), 22) << file;
  }
}

TEST_F(SyntheticDatasetTest, BystandersWithoutPhotographsAreRefused) {
  SyntheticDatasetOptions options = small;
  options.bystanders = 0.5;
  const std::string message = message_of<Error>([&] { write_synthetic_dataset(folder / "x", options); });
  EXPECT_NE(message.find("Add --photographs"), std::string::npos) << message;
  EXPECT_FALSE(fs::exists(folder / "x"));
}

TEST_F(SyntheticDatasetTest, AFolderWithFilesIsRefusedAndKept) {
  fs::create_directories(folder / "mine");
  write_file_atomically(folder / "mine" / "letter.txt", "dear");
  for (const char* name : {"mine", "mine/"}) {
    const std::string message = message_of<Error>([&] { write_synthetic_dataset(folder / name, small); });
    EXPECT_NE(message.find("is not empty"), std::string::npos) << message;
  }
  EXPECT_NE(
      message_of<Error>([&] { write_synthetic_dataset(folder / "mine" / "letter.txt", small); }).find("not a folder"),
      std::string::npos);
  EXPECT_EQ(files_below(folder).size(), 1u);
  EXPECT_EQ(read_text_file(folder / "mine" / "letter.txt"), "dear");
}

TEST_F(SyntheticDatasetTest, AnEmptyFolderAndAFinalSlashAreFine) {
  fs::create_directories(folder / "empty");
  write_synthetic_dataset((folder / "empty").native() + "/", small);
  EXPECT_EQ(files_below(folder).size(), 47u);
  write_synthetic_dataset((folder / "new").native() + "/", small);
  EXPECT_TRUE(fs::exists(folder / "new" / "pairs.txt"));
  EXPECT_EQ(files_below(folder).size(), 94u);
}

TEST_F(SyntheticDatasetTest, AFullDiskLeavesNoFolder) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        ::setenv("MASSFACE_FAILPOINT", "synth.image:full:9", 1);
        try {
          write_synthetic_dataset(folder / "full", small);
        } catch (const Failure&) {
          std::exit(fs::exists(folder / "full") || fs::exists(folder / "full.partial") ? 3 : 1);
        }
      },
      testing::ExitedWithCode(1), "");
}

// Root may write anywhere, so the test runs as another user. It ends with _exit() because a sanitizer that looks for
// leaks at exit may not look into a process that has changed its user.
TEST_F(SyntheticDatasetTest, AFolderThatCannotBeMadeIsTheUsersMistake) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec);
        if (::geteuid() == 0 && ::seteuid(65534) != 0) ::_exit(3);
        const std::string message = message_of<Error>([&] { write_synthetic_dataset(folder / "faces", small); });
        std::fputs(message.c_str(), stderr);
        ::_exit(0);
      },
      testing::ExitedWithCode(0), "cannot write into the folder .*massface_synth_[0-9]*: Permission denied");
}

TEST_F(SyntheticDatasetTest, WhatTheProgressThrowsEndsTheDrawingAndLeavesNoFolder) {
  EXPECT_THROW(write_synthetic_dataset(folder / "faces", small,
                                       [](int64_t done, int64_t) {
                                         if (done == 5) throw Failure("stop");
                                       }),
               Failure);
  EXPECT_TRUE(fs::is_empty(folder));
}

TEST_F(SyntheticDatasetTest, AKilledRunLeavesNoFolderAndCanBeRepeated) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const fs::path shared = fs::path(testing::TempDir()) / "massface_synth_killed";
  EXPECT_EXIT(
      {
        fs::remove_all(shared);
        ::setenv("MASSFACE_FAILPOINT", "synth.image:kill:9", 1);
        write_synthetic_dataset(shared / "faces", small);
      },
      testing::KilledBySignal(SIGKILL), "");
  EXPECT_FALSE(fs::exists(shared / "faces"));
  EXPECT_TRUE(fs::exists(shared / "faces.partial"));
  write_synthetic_dataset(shared / "faces", small);
  EXPECT_FALSE(fs::exists(shared / "faces.partial"));
  EXPECT_EQ(files_below(shared / "faces").size(), 47u);
  fs::remove_all(shared);
}

TEST_F(SyntheticDatasetTest, OfMoreImagesThanAnyDiskHoldsIsRefused) {
  const SyntheticDatasetOptions large{.identities = 999'999, .images_per_identity = 9'999};
  EXPECT_NE(message_of<Error>([&] { write_synthetic_dataset(folder / "large", large); })
                .find("a set has at most 100000000"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(folder / "large"));
}

TEST_F(SyntheticDatasetTest, PairsAreUniqueBalancedAndOfTestPeopleOnly) {
  const SyntheticDatasetOptions options;
  const fs::path file = folder / "pairs.txt";
  write_file_atomically(file, synthetic_pairs_text(options));
  const VerificationPairs pairs = read_verification_pairs(file);
  ASSERT_EQ(pairs.num_folds, 10);
  ASSERT_EQ(pairs.pairs.size(), 600u);
  EXPECT_FALSE(pairs.is_lfw_view2);
  std::set<std::pair<std::string, std::string>> seen;
  std::map<std::string, int64_t> fold_of_person;
  std::map<std::pair<int64_t, bool>, int> count;
  for (const VerificationPair& pair : pairs.pairs) {
    EXPECT_NE(pair.first, pair.second);
    EXPECT_TRUE(seen.insert(std::minmax(pair.first, pair.second)).second) << pair.first << " " << pair.second;
    ++count[{pair.fold, pair.same}];
    for (const std::string& path : {pair.first, pair.second}) {
      const std::string person = path.substr(0, path.find('/'));
      EXPECT_EQ(person.substr(0, 4), "test");
      EXPECT_EQ(fold_of_person.emplace(person, pair.fold).first->second, pair.fold) << person << " is in two folds";
    }
    EXPECT_EQ(pair.same, pair.first.substr(0, 10) == pair.second.substr(0, 10));
  }
  for (const auto& [key, n] : count) EXPECT_EQ(n, 30);
  EXPECT_EQ(count.size(), 20u);
}

TEST_F(SyntheticDatasetTest, EveryPairOfASmallSetCanBeDrawn) {
  // Each fold has two people with two images: two matched pairs, and four mismatched ones, of which two are taken.
  EXPECT_EQ(std::ranges::count(synthetic_pairs_text(small), '\n'), 1 + 10 * 4);
}

TEST_F(SyntheticDatasetTest, TooManyPairsAreRefusedWithTheNumberThatWouldDo) {
  SyntheticDatasetOptions options = small;
  options.pairs_per_fold = 7;  // 7 people have 7 matched pairs of their two images
  const std::string message = message_of<Error>([&] { write_synthetic_dataset(folder / "x", options); });
  EXPECT_NE(message.find("Raise --test-identities to 70"), std::string::npos) << message;
  EXPECT_FALSE(fs::exists(folder / "x"));
}

}  // namespace
}  // namespace massface
