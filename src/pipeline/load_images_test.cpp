#include "pipeline/load_images.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "image/decode.h"
#include "image/encode.h"

namespace massface {
namespace {

struct LoadImages : testing::Test {
  LoadImages() : folder(std::filesystem::path(testing::TempDir()) / "massface_load_images") {
    std::filesystem::create_directories(folder);
  }
  ~LoadImages() override { std::filesystem::remove_all(folder); }

  ImageSource write(const std::string& name, const std::vector<uint8_t>& bytes) {
    write_file_atomically(folder / name, bytes);
    return {folder / name};
  }
  // Writes a PNG whose pixels all have one level.
  ImageSource write_level(uint8_t level, int64_t height = 2, int64_t width = 3) {
    const Image image{.height = height,
                      .width = width,
                      .pixels = std::vector<uint8_t>(static_cast<size_t>(height * width * 3), level)};
    return write(std::to_string(level) + ".jpg", encode_png(image));  // the name does not matter
  }

  std::filesystem::path folder;
};

TEST_F(LoadImages, KeepsTheOrderOfTheFilesOnAnyNumberOfThreads) {
  std::vector<ImageSource> paths;
  for (int level = 0; level < 60; ++level) paths.push_back(write_level(static_cast<uint8_t>(level)));
  for (const int64_t threads : {1, 4, 100}) {
    const Tensor images = load_images(paths, 2, 3, OtherSize::kError, threads).images;
    ASSERT_EQ(images.sizes(), (std::vector<int64_t>{60, 2, 3, 3}));
    for (int64_t i = 0; i < 60 * 18; ++i) ASSERT_EQ(images.data_ptr<uint8_t>()[i], i / 18);
  }
  EXPECT_EQ(load_images({}, 2, 3, OtherSize::kError, 4).images.numel(), 0);
}

TEST_F(LoadImages, ListsBadFilesAndLoadsTheOthers) {
  const std::vector<ImageSource> paths{
      write_level(1), write("a.png", {}), {folder / "missing.jpg"}, write_level(2), write("b.png", {'x'})};
  for (const int64_t threads : {1, 4}) {
    const LoadedImages loaded = load_images(paths, 2, 3, OtherSize::kError, threads);
    ASSERT_EQ(loaded.unreadable.size(), 3u);
    EXPECT_EQ(loaded.unreadable[0].image, 1);
    EXPECT_EQ(loaded.unreadable[0].name, paths[1].name);
    EXPECT_EQ(loaded.unreadable[0].reason, "empty (0 bytes)");
    EXPECT_EQ(loaded.unreadable[1].image, 2);
    EXPECT_NE(loaded.unreadable[1].reason.find("missing.jpg"), std::string::npos);
    EXPECT_EQ(loaded.unreadable[2].image, 4);
    const uint8_t* pixels = loaded.images.data_ptr<uint8_t>();
    const std::vector<int> first{pixels[0], pixels[18], pixels[36], pixels[54], pixels[72]};
    EXPECT_EQ(first, (std::vector<int>{1, 0, 0, 2, 0}));
  }
}

TEST_F(LoadImages, ResizesOnlyWhenAskedTo) {
  const auto path = write_level(9, 20, 30);
  try {
    load_images({path}, 2, 3, OtherSize::kError, 1);
    FAIL() << "nothing was thrown";
  } catch (const BadImage&) {
    FAIL() << "an image of another size is not a damaged one";
  } catch (const Error& error) {
    EXPECT_EQ(
        std::string(error.what()),
        path.name +
            ": 30 x 20 pixels (width x height), but the network takes 3 x 2. Align the faces with `massface "
            "align`; if they are aligned, resize them (--resize, or pipeline.resize=true in a recipe) or crop their "
            "middle (--center-crop, or pipeline.center_crop=true)");
  }
  const Tensor images = load_images({path}, 2, 3, OtherSize::kResize, 1).images;
  EXPECT_EQ(images.sizes(), (std::vector<int64_t>{1, 2, 3, 3}));
  EXPECT_EQ(images.data_ptr<uint8_t>()[17], 9);
}

TEST_F(LoadImages, TakesTheMiddleOnlyWhenAskedTo) {
  // A frame of 0 around 1 x 2 pixels of 200.
  Image framed{.height = 3, .width = 4, .pixels = std::vector<uint8_t>(36, 0)};
  std::fill_n(framed.pixels.begin() + 3 * 5, 6, uint8_t{200});
  const ImageSource path = write("framed.png", encode_png(framed));
  const Tensor images = load_images({path}, 1, 2, OtherSize::kCenterCrop, 1).images;
  EXPECT_EQ(images.sizes(), (std::vector<int64_t>{1, 1, 2, 3}));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(images.data_ptr<uint8_t>()[i], 200);
  // An image that is wide enough but not high enough is refused.
  EXPECT_EQ(message_of<Error>([&] { load_images({path}, 4, 4, OtherSize::kCenterCrop, 1); }),
            path.name +
                ": 4 x 3 pixels (width x height), too small to crop the network's 4 x 4 from its middle. Align the "
                "faces with `massface align`");
}

TEST_F(LoadImages, ReadsBytesInMemoryBesideFiles) {
  const std::vector<uint8_t> bytes = encode_png({.height = 1, .width = 1, .pixels = {7, 8, 9}});
  const std::vector<ImageSource> sources{write_level(5, 1, 1), {"set.bin: image 1", bytes, /*is_file=*/false}};
  const Tensor images = load_images(sources, 1, 1, OtherSize::kError, 2).images;
  EXPECT_EQ(images.data_ptr<uint8_t>()[2], 5);
  EXPECT_EQ(images.data_ptr<uint8_t>()[5], 9);
  const ImageSource empty{"set.bin: image 1", std::span(bytes).first(0), false};
  EXPECT_EQ(to_line(load_images({empty}, 1, 1, OtherSize::kError, 1).unreadable.at(0)),
            "set.bin: image 1: empty (0 bytes)");
}

}  // namespace
}  // namespace massface
