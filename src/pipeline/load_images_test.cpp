#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "core/error.h"
#include "core/files.h"
#include "image/decode.h"
#include "image/encode.h"
#include "pipeline/batch_loader.h"

namespace massface {
namespace {

struct LoadImages : testing::Test {
  LoadImages() : folder(std::filesystem::path(testing::TempDir()) / "massface_load_images") {
    std::filesystem::create_directories(folder);
  }
  ~LoadImages() override { std::filesystem::remove_all(folder); }

  std::string write(const std::string& name, const std::vector<uint8_t>& bytes) {
    write_file_atomically(folder / name, bytes);
    return folder / name;
  }
  // A PNG of one level.
  std::string write_level(uint8_t level, int64_t height = 2, int64_t width = 3) {
    const Image image{.height = height,
                      .width = width,
                      .pixels = std::vector<uint8_t>(static_cast<size_t>(height * width * 3), level)};
    return write(std::to_string(level) + ".jpg", encode_png(image));  // the name does not matter
  }

  std::filesystem::path folder;
};

TEST_F(LoadImages, KeepsTheOrderOfTheFilesOnAnyNumberOfThreads) {
  std::vector<std::string> paths;
  for (int level = 0; level < 60; ++level) paths.push_back(write_level(static_cast<uint8_t>(level)));
  for (const int64_t threads : {1, 4, 100}) {
    const Tensor images = load_images(paths, 2, 3, false, threads);
    ASSERT_EQ(images.sizes(), (std::vector<int64_t>{60, 2, 3, 3}));
    for (int64_t i = 0; i < 60 * 18; ++i) ASSERT_EQ(images.data_ptr<uint8_t>()[i], i / 18);
  }
  EXPECT_EQ(load_images({}, 2, 3, false, 4).numel(), 0);
}

TEST_F(LoadImages, NamesTheFirstBadFile) {
  const std::vector<std::string> paths{write_level(1), write("a.png", {}), write("b.png", {'x'})};
  for (const int64_t threads : {1, 4}) {
    try {
      load_images(paths, 2, 3, false, threads);
      FAIL() << "nothing was thrown";
    } catch (const BadImage& bad) {
      EXPECT_EQ(std::string(bad.what()), paths[1] + ": empty (0 bytes)");
    }
  }
}

TEST_F(LoadImages, NamesAFileThatIsMissing) {
  try {
    load_images({folder / "missing.jpg"}, 2, 3, false, 1);
    FAIL() << "nothing was thrown";
  } catch (const BadImage&) {
    FAIL() << "a missing file is not a damaged one";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("missing.jpg"), std::string::npos);
  }
}

TEST_F(LoadImages, ResizesOnlyWhenAskedTo) {
  const auto path = write_level(9, 20, 30);
  try {
    load_images({path}, 2, 3, false, 1);
    FAIL() << "nothing was thrown";
  } catch (const BadImage&) {
    FAIL() << "an image of another size is not a damaged one";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()),
              path +
                  ": 30 x 20 pixels (width x height), but the network takes 3 x 2. Align the faces with `massface "
                  "align`, or resize what is aligned already (pipeline.resize=true in a recipe, --resize of evaluate)");
  }
  const Tensor images = load_images({path}, 2, 3, true, 1);
  EXPECT_EQ(images.sizes(), (std::vector<int64_t>{1, 2, 3, 3}));
  EXPECT_EQ(images.data_ptr<uint8_t>()[17], 9);
}

}  // namespace
}  // namespace massface
