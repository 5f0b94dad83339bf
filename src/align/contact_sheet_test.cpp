#include "align/contact_sheet.h"

#include <gtest/gtest.h>

#include "align/testing_photographs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "image/encode.h"

namespace massface {
namespace {

class ContactSheet : public TestingFolder {
 protected:
  std::filesystem::path crop(int number, int64_t side = 20) {
    Image image{.height = side, .width = side};
    image.pixels.assign(static_cast<size_t>(side * side * 3), static_cast<uint8_t>(number));
    const auto file = folder_ / (std::to_string(number) + ".png");
    write_file_atomically(file, encode_png(image));
    return file;
  }
  static int at(const Image& sheet, int64_t x, int64_t y) {
    return sheet.pixels[static_cast<size_t>((y * sheet.width + x) * 3)];
  }
};

TEST_F(ContactSheet, ShowsCropsInRowsOfEight) {
  std::vector<std::filesystem::path> crops;
  for (int i = 0; i < 10; ++i) crops.push_back(crop(i));
  write("3.png", "damaged");
  crop(4, 40);  // of another size
  const Image sheet = contact_sheet(crops);
  EXPECT_EQ(sheet.width, 8 * 24 + 4);
  EXPECT_EQ(sheet.height, 2 * 24 + 4);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(at(sheet, 14 + i % 8 * 24, 14 + i / 8 * 24), i == 3 ? 128 : i) << i;
  EXPECT_EQ(at(sheet, 2, 2), 128);
  EXPECT_EQ(at(sheet, 14 + 5 * 24, 14 + 24), 128) << "no more";
}

TEST_F(ContactSheet, SpreadsOverAllOfMany) {
  std::vector<std::filesystem::path> crops(128, crop(7));
  crops[126] = crop(9);
  const Image sheet = contact_sheet(crops);
  EXPECT_EQ(sheet.height, 8 * 24 + 4);
  EXPECT_EQ(at(sheet, sheet.width - 10, sheet.height - 10), 9);
}

TEST_F(ContactSheet, OfNothingReadableIsAnError) {
  const auto file = crop(1);
  write("1.png", "damaged");
  EXPECT_THROW(contact_sheet({file}), Error);
}

}  // namespace
}  // namespace massface
