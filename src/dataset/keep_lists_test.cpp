#include "dataset/keep_lists.h"

#include <gtest/gtest.h>

#include "core/files.h"
#include "core/testing_folder.h"
#include "dataset/dataset.h"

namespace massface {
namespace {

class KeepLists : public TestingFolder {
 protected:
  KeepLists() {
    for (const char* image : {"one/ada/1.jpg", "one/bob/1.jpg", "two/1.jpg", "folder/eve/1.jpg"}) write(image);
    write("one/list.csv", "image,label\n./ada/1.jpg,ada\nbob/1.jpg,bob\n");
    write("two/list.csv", path("two") + "/1.jpg\tada");
  }
};

TEST_F(KeepLists, TheCopiesAreTheSameSetAfterTheListsAreGone) {
  const std::string before = path("one/list.csv") + ":" + path("two/list.csv") + ":" + path("folder");
  for (const SameNames same_names : {SameNames::kAsk, SameNames::kSeparate}) {
    const std::string folder = path(same_names == SameNames::kAsk ? "asked" : "separated");
    const auto listed = open_dataset(before, false, same_names);
    const std::string kept = keep_lists(before, folder);
    EXPECT_TRUE(kept.ends_with(":" + path("folder"))) << kept;
    std::filesystem::rename(path("one/list.csv"), path("one/moved"));
    const auto copied = open_dataset(kept, false, same_names);
    std::filesystem::rename(path("one/moved"), path("one/list.csv"));
    EXPECT_EQ(copied->fingerprint(), listed->fingerprint());
    EXPECT_EQ(copied->num_identities(), same_names == SameNames::kAsk ? 3 : 4);
    for (ImageIndex image = 0; image < listed->size(); ++image) {
      EXPECT_TRUE(std::filesystem::equivalent(copied->image_name(image), listed->image_name(image)));
    }
    EXPECT_EQ(open_dataset(keep_lists(kept, path("again")), false, same_names)->fingerprint(), listed->fingerprint());
  }
}

TEST_F(KeepLists, WhatIsNoListStays) {
  EXPECT_EQ(keep_lists(path("folder"), path("kept")), path("folder"));
  EXPECT_EQ(keep_lists("", path("kept")), "");
  EXPECT_FALSE(std::filesystem::exists(path("kept")));
}

}  // namespace
}  // namespace massface
