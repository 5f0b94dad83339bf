#include "align/before_after_sheet.h"

#include "align/testing_photographs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "image/encode.h"
#include "image/orientation.h"

namespace massface {
namespace {

constexpr int64_t kLeft = 8, kTop = 8;  // of the first photograph

class BeforeAfterSheet : public TestingFolder {
 protected:
  static Image plain(int64_t height, int64_t width, uint8_t value) {
    Image image{.height = height, .width = width};
    image.pixels.assign(static_cast<size_t>(height * width * 3), value);
    return image;
  }
  std::filesystem::path file(const std::string& name, const std::vector<uint8_t>& bytes) {
    write_file_atomically(folder_ / name, bytes);
    return folder_ / name;
  }
  // A photograph twice as large as shown: landmarks at (100 + 40 k, 120), a box from (50, 60) to (350, 300).
  CutOutFace face() {
    CutOutFace face{.photograph = file("photograph.png", encode_png(plain(448, 448, 100))),
                    .width = 448,
                    .face = {.box = {50, 60, 350, 300}},
                    .crop = file("crop.png", encode_png(plain(112, 112, 30)))};
    for (size_t k = 0; k < 5; ++k) face.face.landmarks[k] = {100 + 40.0 * static_cast<double>(k), 120};
    return face;
  }
  static std::array<int, 3> at(const Image& sheet, int64_t x, int64_t y) {
    const uint8_t* p = sheet.pixels.data() + 3 * (y * sheet.width + x);
    return {p[0], p[1], p[2]};
  }
};

const std::array<int, 3> kGreen{40, 230, 90}, kPlain{100, 100, 100}, kGrey{240, 240, 240};

TEST_F(BeforeAfterSheet, DrawsBoxAndLandmarksAndTheCropBelow) {
  const Image sheet = before_after_sheet({face()});
  EXPECT_EQ(sheet.width, 224 + 16);
  EXPECT_EQ(sheet.height, 224 + 112 + 24);
  for (const int64_t x : {50, 70, 90, 110, 130}) EXPECT_EQ(at(sheet, kLeft + x, kTop + 60), kGreen) << x;
  EXPECT_EQ(at(sheet, kLeft + 60, kTop + 60), kPlain);
  EXPECT_EQ(at(sheet, kLeft + 25, kTop + 100), kGreen) << "the box's left side";
  EXPECT_EQ(at(sheet, kLeft + 175, kTop + 100), kGreen) << "its right side";
  EXPECT_EQ(at(sheet, kLeft + 100, kTop + 30), kGreen) << "its top";
  EXPECT_EQ(at(sheet, kLeft + 100, kTop + 150), kGreen) << "its bottom";
  EXPECT_EQ(at(sheet, kLeft + 100, kTop + 160), kPlain);
  EXPECT_EQ(at(sheet, kLeft + 112, kTop + 224 + 8 + 56), (std::array<int, 3>{30, 30, 30}));
  EXPECT_EQ(at(sheet, kLeft + 20, kTop + 224 + 8 + 56), kGrey) << "next to the crop";
}

TEST_F(BeforeAfterSheet, ShowsPhotographsUpright) {
  CutOutFace lying = face();
  // 100 high and 200 wide as stored, 200 high and 100 wide when upright.
  lying.photograph = file("lying.jpg", with_orientation(encode_jpeg(plain(100, 200, 100), 95), 6));
  lying.width = 100;
  lying.face = {.box = {-1e30f, -5, 1e30f, 7}, .landmarks = {{{50, 100}, {50, 100}, {50, 100}, {50, 100}, {50, 100}}}};
  const Image sheet = before_after_sheet({lying});
  EXPECT_EQ(at(sheet, kLeft + 112, kTop + 112), kGreen);
  EXPECT_EQ(at(sheet, kLeft + 20, kTop + 112), kGrey);
  EXPECT_EQ(at(sheet, kLeft + 70, kTop + 112), kPlain);
}

TEST_F(BeforeAfterSheet, GoesOnWithoutWhatCannotBeRead) {
  std::vector<CutOutFace> faces(30, face());
  faces[0].photograph = path("nowhere.jpg");
  faces[1].crop = file("damaged.png", {1, 2, 3});
  const Image sheet = before_after_sheet(faces);
  EXPECT_EQ(sheet.width, 6 * 232 + 8);
  EXPECT_EQ(sheet.height, 4 * (224 + 112 + 24));
  EXPECT_EQ(at(sheet, kLeft + 50, kTop + 60), kGrey);
  EXPECT_EQ(at(sheet, kLeft + 232 + 50, kTop + 60), kGreen);
}

}  // namespace
}  // namespace massface
