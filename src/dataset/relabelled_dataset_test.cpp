#include "dataset/relabelled_dataset.h"

#include <gtest/gtest.h>

#include "core/testing_text.h"

namespace massface {
namespace {

// ada: c, d; bob: a; cyd: b, e. Image i holds the one byte i.
class FiveImages : public Dataset {
 public:
  FiveImages() { set_identities({"ada", "bob", "cyd"}, {0, 0, 1, 2, 2}); }
  uint64_t fingerprint() const override { return 7; }
  std::string image_name(ImageIndex image) const override { return "faces/" + file_name(image); }
  std::string file_name(ImageIndex image) const override { return {"cdabe"[image]}; }
  std::vector<uint8_t> read_bytes(ImageIndex image) const override { return {static_cast<uint8_t>(image)}; }
};

// "ada: c d, bob: a"
std::string contents(const Dataset& set) {
  std::string text;
  for (IdentityIndex i = 0; i < set.num_identities(); ++i) {
    text += (text.empty() ? "" : ", ") + set.identity_name(i) + ":";
    for (int64_t k = 0; k < set.num_images_of(i); ++k) text += " " + set.file_name(set.first_image_of(i) + k);
  }
  return text;
}

TEST(RelabelledDataset, MovesLeavesOutAndRenames) {
  const auto base = std::make_shared<FiveImages>();
  // a goes to ada, d to a new person, cyd's b is left out; bob has nothing left.
  const auto set = relabel_images(base, {{"cyd", "ada", "bob", "aaa"}, {1, 3, 1, -1, 0}});
  EXPECT_EQ(contents(*set), "aaa: d, ada: a c, cyd: e");
  EXPECT_EQ(set->size(), 4);
  EXPECT_EQ(set->read_bytes(1), std::vector<uint8_t>{2});
  EXPECT_EQ(set->image_name(1), "faces/a");
}

TEST(RelabelledDataset, TheLabelsOfASetGiveTheSameSet) {
  const auto base = std::make_shared<FiveImages>();
  const auto same = relabel_images(base, labels_of(*base));
  EXPECT_EQ(contents(*same), contents(*base));
  // A function of the names alone: as a packed set of these images would have it.
  const auto moved = relabel_images(base, {{"ada", "bob", "cyd"}, {0, 0, 1, 2, 1}});
  EXPECT_NE(moved->fingerprint(), same->fingerprint());
  EXPECT_EQ(moved->fingerprint(), relabel_images(base, {{"cyd", "bob", "ada"}, {2, 2, 1, 0, 1}})->fingerprint());
}

TEST(RelabelledDataset, RefusesToBeEmpty) {
  const auto base = std::make_shared<FiveImages>();
  EXPECT_EQ(message_of<Error>([&] {
              relabel_images(base, {{"ada"}, {-1, -1, -1, -1, -1}});
            }),
            "no image of the set is left");
}

}  // namespace
}  // namespace massface
