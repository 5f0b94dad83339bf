#include "dataset/joined_dataset.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/testing_folder.h"
#include "dataset/inspect.h"
#include "dataset/overlap.h"
#include "dataset/pack_dataset.h"
#include "dataset/testing_records.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

struct JoinedDatasetTest : TestingFolder {
  JoinedDatasetTest() {
    for (const char* image : {"one/ada/1.jpg", "one/bob/1.jpg", "two/ada/0.jpg", "two/cyd/1.jpg"}) write(image, image);
  }
};

// The counterpart of OpenDatasetTest.JoinsTheIdentitiesOfSeveralRoots, which joins folders.
TEST_F(JoinedDatasetTest, JoinsAPackedSetAndAFolderAsTwoFolders) {
  PackedWriter writer(path("one.mfp"), false);
  for (const char* identity : {"ada", "bob"}) {
    writer.begin_identity(identity);
    const std::string image = std::string("one/") + identity + "/1.jpg";
    writer.add_image("1.jpg", std::vector<uint8_t>(image.begin(), image.end()));
  }
  writer.finish();
  const auto folders = open_dataset(path("one") + ":" + path("two"));
  const auto joined = open_dataset(path("one.mfp") + ":" + path("two"));
  EXPECT_EQ(joined->fingerprint(), folders->fingerprint());
  EXPECT_EQ(joined->identity_of_image(), folders->identity_of_image());
  EXPECT_EQ(joined->identity_of_image(), (std::vector<IdentityIndex>{0, 0, 1, 2}));
  for (ImageIndex image = 0; image < 4; ++image) {
    EXPECT_EQ(joined->read_bytes(image), folders->read_bytes(image));
    EXPECT_EQ(joined->file_name(image), folders->file_name(image));
  }
  EXPECT_EQ(joined->image_name(0), path("one.mfp") + ":ada/1.jpg");
  EXPECT_EQ(joined->image_name(1), path("two") + "/ada/0.jpg");
}

Names identities_of_joined(const Dataset& set) {
  Names names;
  for (IdentityIndex i = 0; i < set.num_identities(); ++i) names.push_back(set.identity_name(i));
  return names;
}

struct SameNamesTest : TestingFolder {
  // Two sets of strangers, both numbered from 0.
  SameNamesTest() {
    for (const char* image : {"a/0/1.jpg", "a/1/1.jpg", "b/0/1.jpg", "b/1/1.jpg", "b/2/1.jpg"}) write(image, image);
  }
  std::shared_ptr<const Dataset> open(SameNames same_names) { return open_dataset(roots, false, same_names); }
  void write_records(const std::string& place, float last_label) {
    TestingRecords set;
    set.add(0, {7}, encode_jpeg(sample::gradient(4, 4), 80));
    set.add(1, {last_label}, encode_jpeg(sample::gradient(4, 5), 80));
    write(place + ".idx", set.index);
    write(place + ".rec", text_of(set.records));
  }
  const std::string roots = path("a") + ":" + path("b");
};

TEST_F(SameNamesTest, AreRefusedIfAllAreNumbersUntilTheUserSaysWhatTheyMean) {
  EXPECT_EQ(message_of<Error>([&] { open(SameNames::kAsk); }),
            path("a") + " has 2 identities and " + path("b") +
                " has 3; of the names that both have, 2 are numbers, such as 0. If equal numbers "
                "mean the same person, choose dataset.same_names=merge; if not, dataset.same_names=separate (verbs "
                "without a recipe: --same-names merge or separate)");
  const auto merged = open(SameNames::kMerge);
  EXPECT_EQ(identities_of_joined(*merged), (Names{"0", "1", "2"}));
  EXPECT_EQ(merged->shared_names().merged, 2);
  const auto separate = open(SameNames::kSeparate);
  EXPECT_EQ(identities_of_joined(*separate), (Names{"a:0", "a:1", "b:0", "b:1", "b:2"}));
  EXPECT_EQ(separate->identity_of_image(), (std::vector<IdentityIndex>{0, 1, 2, 3, 4}));
  EXPECT_EQ(separate->image_name(2), path("b/0/1.jpg"));
  EXPECT_EQ(separate->shared_names().names, 2);
  EXPECT_EQ(separate->shared_names().merged, 0);
}

TEST_F(SameNamesTest, ThatAreNumbersNeedAChoiceEvenIfOthersAreNames) {
  write("a/ada/1.jpg");
  write("b/ada/1.jpg");
  EXPECT_TRUE(has(message_of<Error>([&] { open(SameNames::kAsk); }), "of the names that both have, 2 are numbers"));
  const auto joined = open(SameNames::kMerge);
  EXPECT_EQ(joined->num_identities(), 4);
  EXPECT_EQ(joined->shared_names().merged, 3);
  EXPECT_NE(summary_table(inspect_dataset(*joined, false, 1))
                .find("merged names          3 in several of the joined sets, each taken for one person\n"),
            std::string::npos);
}

TEST_F(SameNamesTest, OfOneRootAreNotShared) {
  EXPECT_EQ(open_dataset(path("a"), false)->shared_names().names, 0);
  fs::remove_all(folder_ / "b" / "0");
  fs::remove_all(folder_ / "b" / "1");
  EXPECT_EQ(open(SameNames::kAsk)->num_identities(), 3) << "no name is in both";
}

// Records name people by numbers, from 0 in every file.
TEST_F(SameNamesTest, OfRecordFilesAreKeptApart) {
  write_records("one/train", 8);
  write_records("two/train", 120);
  const std::string both = path("one/train.rec") + ":" + path("two/train.rec");
  const auto joined = open_dataset(both);
  EXPECT_EQ(identities_of_joined(*joined),
            (Names{"one/train.rec:007", "one/train.rec:008", "two/train.rec:007", "two/train.rec:120"}));
  EXPECT_EQ(joined->shared_names().names, 1);
  EXPECT_EQ(joined->shared_names().merged, 0);
  EXPECT_EQ(identities_of_joined(*open_dataset(path("one/train.rec"))), (Names{"7", "8"}));
  EXPECT_EQ(identities_of_joined(*open_dataset(both, true, SameNames::kMerge)), (Names{"007", "008", "120"}));
  EXPECT_EQ(open_dataset(path("one/train.rec") + ":" + path("a"))->num_identities(), 4);
  pack_dataset(*joined, path("both.mfp"), {});
  EXPECT_EQ(open_dataset(path("both.mfp"))->fingerprint(), joined->fingerprint());
}

TEST_F(SameNamesTest, AreStillComparedWithThoseOfPairs) {
  write("a/ada/1.jpg");
  const auto separate = open(SameNames::kSeparate);
  EXPECT_EQ(overlapping_identities(*separate, {.pairs = {{"ada/ada_0001.jpg", "bob/bob_0001.jpg"}}}), Names{"a:ada"});
}

TEST_F(SameNamesTest, AreQualifiedByWhatStaysWhenAllSetsAreMoved) {
  EXPECT_EQ(distinct_ends({"/data/one/train.rec", "/data/two/train.rec"}), (Names{"one/train.rec", "two/train.rec"}));
  EXPECT_EQ(distinct_ends({"/data/faces/", "/train"}), (Names{"faces", "train"}));
  EXPECT_EQ(distinct_ends({"/a", "/b/a"}), (Names{"a", "b/a"}));
}

}  // namespace
}  // namespace massface
