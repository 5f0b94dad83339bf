#include "cleaning/same_picture.h"

#include <gtest/gtest.h>

#include "image/decode.h"
#include "image/encode.h"
#include "image/resize.h"
#include "synthetic/faces.h"

namespace massface {
namespace {

TEST(SamePicture, SurvivesCompressionAndSize) {
  const Image face = draw_synthetic_face(1, 3, 0), other = draw_synthetic_face(1, 3, 1);
  const PictureKey key = picture_key(face);
  EXPECT_TRUE(are_same_picture(key, key));
  EXPECT_TRUE(are_same_picture(key, picture_key(ImageDecoder().decode(encode_jpeg(face, 30)))));
  EXPECT_TRUE(are_same_picture(key, picture_key(resize(face, 50, 50))));
  Image darker = face;
  for (uint8_t& value : darker.pixels) value = static_cast<uint8_t>(value / 2 + 10);
  EXPECT_TRUE(are_same_picture(key, picture_key(darker)));
  EXPECT_FALSE(are_same_picture(key, picture_key(other)));
}

TEST(SamePicture, PicturesOfOneColourAreNotComparable) {
  const Image grey{.height = 40, .width = 40, .pixels = std::vector<uint8_t>(4800, 90)};
  EXPECT_FALSE(are_same_picture(picture_key(grey), picture_key(grey)));
}

}  // namespace
}  // namespace massface
