#include "dataset/dataset.h"

#include <gtest/gtest.h>

#include <memory>

namespace massface {
namespace {

// Image i holds the one byte i.
class ThreeIdentities : public Dataset {
 public:
  ThreeIdentities() { set_identities({"ada", "bob", "cyd"}, {0, 0, 1, 2, 2, 2}); }
  uint64_t fingerprint() const override { return 7; }
  std::string image_name(ImageIndex image) const override { return "image " + std::to_string(image); }
  std::vector<uint8_t> read_bytes(ImageIndex image) const override { return {static_cast<uint8_t>(image)}; }
};

TEST(Dataset, KnowsTheImagesOfEachIdentity) {
  const ThreeIdentities dataset;
  EXPECT_EQ(dataset.size(), 6);
  EXPECT_EQ(dataset.num_identities(), 3);
  EXPECT_EQ(dataset.first_image_of(1), 2);
  EXPECT_EQ(dataset.num_images_of(1), 1);
  EXPECT_EQ(dataset.first_image_of(2), 3);
  EXPECT_EQ(dataset.num_images_of(2), 3);
  EXPECT_EQ(dataset.identity_of(5), 2);
}

TEST(Dataset, RefusesImagesThatAreNotGroupedByIdentity) {
  struct Interleaved : ThreeIdentities {
    Interleaved() { set_identities({"ada", "bob"}, {0, 1, 0}); }
  };
  struct Gap : ThreeIdentities {
    Gap() { set_identities({"ada", "bob", "cyd"}, {0, 2}); }
  };
  struct NoImage : ThreeIdentities {
    NoImage() { set_identities({"ada", "bob"}, {0, 0}); }
  };
  EXPECT_DEATH(Interleaved(), "grouped by identity");
  EXPECT_DEATH(Gap(), "grouped by identity");
  EXPECT_DEATH(NoImage(), "every identity has an image");
}

TEST(SelectIdentities, RenumbersAndKeepsTheOrder) {
  const auto base = std::make_shared<ThreeIdentities>();
  const auto selection = select_identities(base, {2, 0});
  EXPECT_EQ(selection->num_identities(), 2);
  EXPECT_EQ(selection->identity_name(0), "ada");
  EXPECT_EQ(selection->identity_name(1), "cyd");
  EXPECT_EQ(selection->identity_of_image(), (std::vector<IdentityIndex>{0, 0, 1, 1, 1}));
  EXPECT_EQ(selection->image_name(2), "image 3");
  EXPECT_EQ(selection->read_bytes(4), (std::vector<uint8_t>{5}));
}

TEST(SelectIdentities, HasAFingerprintOfItsOwn) {
  const auto base = std::make_shared<ThreeIdentities>();
  const uint64_t without_bob = select_identities(base, {0, 2})->fingerprint();
  EXPECT_EQ(without_bob, select_identities(base, {0, 2})->fingerprint());
  EXPECT_NE(without_bob, select_identities(base, {0, 1})->fingerprint());
  EXPECT_NE(without_bob, base->fingerprint());
}

}  // namespace
}  // namespace massface
