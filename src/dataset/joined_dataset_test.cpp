#include "dataset/joined_dataset.h"

#include <gtest/gtest.h>

#include "core/testing_folder.h"
#include "dataset/pack_dataset.h"

namespace massface {
namespace {

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

}  // namespace
}  // namespace massface
