#include "pipeline/batch_loader.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/testing_folder.h"
#include "dataset/pack_dataset.h"
#include "image/encode.h"
#include "pipeline/batch_maker.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<uint8_t>;

// Levels that depend on the image and on the position, so that shifts and flips are visible.
Image picture(ImageIndex image, int64_t height = 4, int64_t width = 6) {
  Image result{.height = height, .width = width};
  for (int64_t i = 0; i < height * width * 3; ++i) result.pixels.push_back(static_cast<uint8_t>(image * 10 + i % 97));
  return result;
}

// Identities of images in memory; single images can be replaced by other bytes, and reading can be observed.
class MemoryDataset : public Dataset {
 public:
  explicit MemoryDataset(const std::vector<int64_t>& images_of_identity) {
    std::vector<std::string> names;
    std::vector<IdentityIndex> identity_of_image;
    for (const int64_t count : images_of_identity) {
      for (int64_t i = 0; i < count; ++i) {
        bytes_.push_back(encode_png(picture(static_cast<ImageIndex>(bytes_.size()))));
        identity_of_image.push_back(static_cast<IdentityIndex>(names.size()));
      }
      names.push_back("identity " + std::to_string(names.size()));
    }
    set_identities(std::move(names), std::move(identity_of_image));
  }

  uint64_t fingerprint() const override { return 0; }
  std::string image_name(ImageIndex image) const override { return "faces/" + std::to_string(image) + ".png"; }
  std::vector<uint8_t> read_bytes(ImageIndex image) const override {
    if (on_read) on_read(image);
    return bytes_[static_cast<size_t>(image)];
  }
  void set_bytes(ImageIndex image, Bytes bytes) { bytes_[static_cast<size_t>(image)] = std::move(bytes); }

  std::function<void(ImageIndex)> on_read;

 private:
  std::vector<Bytes> bytes_;
};

// Step s takes the images s * batch_size, s * batch_size + 1, ..., wrapping around.
class CircleSampler : public Sampler {
 public:
  CircleSampler(int64_t num_images, int64_t batch_size) : num_images_(num_images), batch_size_(batch_size) {}
  std::vector<ImageIndex> batch(int64_t step) const override {
    std::vector<ImageIndex> images;
    for (int64_t i = 0; i < batch_size_; ++i) images.push_back((step * batch_size_ + i) % num_images_);
    return images;
  }
  int64_t batch_size() const override { return batch_size_; }
  int64_t batches_per_epoch() const override { return num_images_ / batch_size_; }

 private:
  int64_t num_images_;
  int64_t batch_size_;
};

PipelineOptions unchanged(int64_t threads = 1) {
  PipelineOptions options;
  options.decode_threads = threads;
  options.prefetch_batches = 1;
  options.flip = false;
  return options;
}

PipelineOptions everything(int64_t threads) {
  PipelineOptions options;
  options.decode_threads = threads;
  options.prefetch_batches = 3;
  options.crop_padding = 2;
  options.brightness = options.contrast = options.saturation = 0.4;
  return options;
}

template <typename T>
std::vector<T> values_of(const Tensor& tensor) {
  return {tensor.data_ptr<T>(), tensor.data_ptr<T>() + tensor.numel()};
}

struct BatchLoaderTest : testing::Test {
  BatchLoader load(const PipelineOptions& options, double max_bad_fraction = 0.5, int64_t first_step = 0,
                   int64_t end_step = 1000) {
    return {{dataset, sampler, 4, 6}, options, max_bad_fraction, 17, first_step, end_step};
  }

  MemoryDataset dataset{{3, 5, 2}};
  CircleSampler sampler{10, 4};
};

TEST_F(BatchLoaderTest, GivesTheSamplersImagesWithTheirLabels) {
  auto loader = load(unchanged());
  loader.next();
  const Batch batch = loader.next();
  EXPECT_EQ(batch.indices, (std::vector<ImageIndex>{4, 5, 6, 7}));
  EXPECT_EQ(values_of<int64_t>(batch.labels), (std::vector<int64_t>{1, 1, 1, 1}));
  EXPECT_EQ(batch.images.sizes(), (std::vector<int64_t>{4, 4, 6, 3}));
  Bytes expected;
  for (const ImageIndex image : {4, 5, 6, 7}) {
    const auto pixels = picture(image).pixels;
    expected.insert(expected.end(), pixels.begin(), pixels.end());
  }
  EXPECT_EQ(values_of<uint8_t>(batch.images), expected);
  EXPECT_EQ(values_of<int64_t>(loader.next().labels), (std::vector<int64_t>{2, 2, 0, 0}));
}

TEST_F(BatchLoaderTest, GivesTheSameBatchesWithAnyNumberOfThreads) {
  dataset.set_bytes(5, {});
  dataset.set_bytes(9, {1, 2, 3});
  // Some images take longer, so that threads finish in another order than they started.
  dataset.on_read = [](ImageIndex image) { std::this_thread::sleep_for(std::chrono::microseconds(image % 3 * 100)); };
  auto one = load(everything(1)), four = load(everything(4));
  std::set<uint64_t> different;
  for (int step = 0; step < 40; ++step) {
    const Batch a = one.next(), b = four.next();
    EXPECT_EQ(a.indices, b.indices) << step;
    EXPECT_EQ(values_of<int64_t>(a.labels), values_of<int64_t>(b.labels)) << step;
    EXPECT_EQ(values_of<uint8_t>(a.images), values_of<uint8_t>(b.images)) << step;
    const auto bad_a = one.take_bad_images(), bad_b = four.take_bad_images();
    ASSERT_EQ(bad_a.size(), bad_b.size()) << step;
    for (size_t i = 0; i < bad_a.size(); ++i) EXPECT_EQ(bad_a[i].image, bad_b[i].image);
    different.insert(hash64(values_of<uint8_t>(a.images)));
  }
  EXPECT_EQ(different.size(), 40u);  // augmentation differs from step to step
}

TEST_F(BatchLoaderTest, GivesTheSameBatchesFromImagesThatAreDecodedAlready) {
  dataset.set_bytes(5, {});
  dataset.set_bytes(9, {1, 2, 3});
  const PipelineOptions options = everything(2);
  const DecodedImages decoded = decode_all(dataset, 4, 6, options, at::kCPU);
  EXPECT_EQ(decoded.bad.size(), 2u);
  auto files = load(options);
  BatchLoader memory({.dataset = dataset, .sampler = sampler, .height = 4, .width = 6, .decoded = &decoded}, options,
                     0.5, 17, 0, 1000);
  for (int step = 0; step < 40; ++step) {
    const Batch a = files.next(), b = memory.next();
    EXPECT_EQ(a.indices, b.indices) << step;
    EXPECT_EQ(values_of<int64_t>(a.labels), values_of<int64_t>(b.labels)) << step;
    EXPECT_EQ(values_of<uint8_t>(a.images), values_of<uint8_t>(b.images)) << step;
    const auto bad_a = files.take_bad_images(), bad_b = memory.take_bad_images();
    ASSERT_EQ(bad_a.size(), bad_b.size()) << step;
    for (size_t i = 0; i < bad_a.size(); ++i) {
      EXPECT_EQ(bad_a[i].image, bad_b[i].image);
      EXPECT_EQ(bad_a[i].reason, bad_b[i].reason);
    }
  }
}

TEST_F(BatchLoaderTest, RefusesADecodedImageOfAnotherSizeWhenABatchAsksForIt) {
  dataset.set_bytes(6, encode_png(picture(6, 8, 8)));
  const DecodedImages decoded = decode_all(dataset, 4, 6, unchanged(), at::kCPU);
  const auto mistake_of = [](BatchLoader& loader) -> std::string {
    EXPECT_EQ(loader.next().indices.size(), 4u);
    try {
      loader.next();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  auto files = load(unchanged());
  BatchLoader memory({.dataset = dataset, .sampler = sampler, .height = 4, .width = 6, .decoded = &decoded},
                     unchanged(), 0.5, 17, 0, 1000);
  const std::string message = mistake_of(memory);
  EXPECT_NE(message.find("massface align"), std::string::npos) << message;
  EXPECT_EQ(message, mistake_of(files));
}

TEST(KeepsDecoded, OnAGpuWhereItTakesHalfOfWhatIsFree) {
  EXPECT_TRUE(keeps_decoded("auto", 50, 100, /*on_gpu=*/true));
  EXPECT_FALSE(keeps_decoded("auto", 51, 100, true));
  EXPECT_FALSE(keeps_decoded("auto", 1, 100, /*on_gpu=*/false));
  EXPECT_FALSE(keeps_decoded("off", 1, 100, true));
  EXPECT_TRUE(keeps_decoded("on", 100, 100, false));
  EXPECT_TRUE(keeps_decoded("on", 100, 0, false));  // the free memory is unknown
  EXPECT_THROW(keeps_decoded("on", 101, 100, true), Error);
}

TEST_F(BatchLoaderTest, ContinuesAtAnyStepWithTheBatchThatItWouldHaveGiven) {
  auto whole = load(everything(2)), rest = load(everything(2), 0.5, 3);
  for (int step = 0; step < 3; ++step) whole.next();
  const Batch expected = whole.next(), resumed = rest.next();
  EXPECT_EQ(resumed.indices, expected.indices);
  EXPECT_EQ(values_of<uint8_t>(resumed.images), values_of<uint8_t>(expected.images));
}

TEST_F(BatchLoaderTest, AugmentsByTheOptions) {
  auto options = unchanged();
  options.flip = true;
  auto loader = load(options);
  int flipped = 0, same = 0;
  for (int step = 0; step < 10; ++step) {
    const Batch batch = loader.next();
    for (size_t i = 0; i < 4; ++i) {
      const auto pixels = picture(batch.indices[i]).pixels;
      const uint8_t* first = batch.images.data_ptr<uint8_t>() + i * 72;
      same += std::equal(first, first + 18, pixels.begin());           // the first row of 6 pixels
      flipped += std::equal(first, first + 3, pixels.begin() + 15) &&  // begins with its last pixel
                 std::equal(first + 15, first + 18, pixels.begin());
    }
  }
  EXPECT_EQ(same + flipped, 40);
  EXPECT_GT(same, 5);
  EXPECT_GT(flipped, 5);
}

TEST_F(BatchLoaderTest, ReplacesABadImageByAnotherOfItsIdentity) {
  dataset.set_bytes(5, {'<', 'h', 't', 'm', 'l'});
  auto loader = load(unchanged());
  loader.next();
  const Batch batch = loader.next();
  EXPECT_EQ(batch.indices[0], 4);
  EXPECT_NE(batch.indices[1], 5);
  EXPECT_GE(batch.indices[1], 3);
  EXPECT_LE(batch.indices[1], 7);
  EXPECT_EQ(values_of<int64_t>(batch.labels), (std::vector<int64_t>{1, 1, 1, 1}));
  EXPECT_EQ(values_of<uint8_t>(batch.images[1]), picture(batch.indices[1]).pixels);
  // The replacement is always the same: steps 1 and 6 have the same images.
  for (int step = 2; step < 6; ++step) loader.next();
  EXPECT_EQ(loader.next().indices, batch.indices);
}

TEST_F(BatchLoaderTest, ReplacesAnIdentityWithoutReadableImagesByAnotherWithItsLabel) {
  dataset.set_bytes(8, {});
  dataset.set_bytes(9, {});
  auto loader = load(unchanged());
  loader.next();
  loader.next();
  const Batch batch = loader.next();  // 8, 9, 0, 1
  for (const size_t position : {0, 1}) {
    EXPECT_LT(batch.indices[position], 8);
    EXPECT_EQ(batch.labels[static_cast<int64_t>(position)].item<int64_t>(),
              dataset.identity_of(batch.indices[position]));
    EXPECT_EQ(values_of<uint8_t>(batch.images[static_cast<int64_t>(position)]),
              picture(batch.indices[position]).pixels);
  }
}

TEST_F(BatchLoaderTest, ReportsEveryBadImageOnceAndWithItsBatch) {
  dataset.set_bytes(6, {});
  dataset.set_bytes(4, {'a', 'b'});
  auto loader = load(unchanged(4));
  loader.next();
  EXPECT_TRUE(loader.take_bad_images().empty());
  loader.next();
  const auto reports = loader.take_bad_images();
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].image, 4);
  EXPECT_EQ(reports[0].reason, "not a JPEG, PNG or WebP (first bytes 61 62)");
  EXPECT_EQ(reports[1].image, 6);
  EXPECT_EQ(reports[1].reason, "empty (0 bytes)");
  for (int step = 2; step < 12; ++step) loader.next();
  EXPECT_TRUE(loader.take_bad_images().empty());
}

TEST_F(BatchLoaderTest, TakesAFileThatCannotBeReadForABadImage) {
  dataset.on_read = [](ImageIndex image) { require(image != 2, "faces/2.png: Permission denied"); };
  auto loader = load(unchanged());
  EXPECT_NE(loader.next().indices[2], 2);
  EXPECT_EQ(loader.take_bad_images().at(0).reason, "faces/2.png: Permission denied");
}

TEST_F(BatchLoaderTest, StopsAboveTheFractionOfBadImages) {
  dataset.set_bytes(1, {});
  dataset.set_bytes(5, {});
  auto at_limit = load(unchanged(), 0.2);
  for (int step = 0; step < 5; ++step) at_limit.next();
  auto above = load(unchanged(), 0.1);
  above.next();
  EXPECT_EQ(message_of<Error>([&] { above.next(); }),
            "2 of the dataset's 10 images were found unreadable, more than dataset.max_bad_fraction = 0.1 allows; the "
            "last is faces/5.png: empty (0 bytes). Repair or remove them (`massface inspect` lists them), or raise "
            "dataset.max_bad_fraction");
  const auto reports = above.take_bad_images();  // still available for the run directory
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[1].image, 5);
}

TEST_F(BatchLoaderTest, StopsWhereNothingCanBeRead) {
  for (ImageIndex image = 0; image < 10; ++image) dataset.set_bytes(image, {});
  auto strict = load(unchanged(), 0.2);
  EXPECT_NE(message_of<Error>([&] { strict.next(); }).find("3 of the dataset's 10 images"), std::string::npos);
  auto patient = load(unchanged(), 1);
  EXPECT_EQ(message_of<Error>([&] { patient.next(); }),
            "faces/0.png: unreadable (empty (0 bytes)), and so is every image that could replace it");
}

TEST_F(BatchLoaderTest, RefusesAnImageOfAnotherSizeAndNamesWhatToDo) {
  dataset.set_bytes(5, encode_png(picture(5, 8, 12)));
  auto loader = load(unchanged());
  loader.next();
  EXPECT_EQ(
      message_of<Error>([&] { loader.next(); }),
      "faces/5.png: 12 x 8 pixels (width x height), but the network takes 6 x 4. Align the faces with `massface "
      "align`; if they are aligned, resize them (--resize, or pipeline.resize=true in a recipe) or crop their middle "
      "(--center-crop, or pipeline.center_crop=true)");
  auto options = unchanged();
  options.resize = true;
  auto resizing = load(options);
  resizing.next();
  const Batch batch = resizing.next();
  EXPECT_EQ(batch.indices[1], 5);
  // The mean of the picture's pixels (0, 0), (0, 1), (1, 0) and (1, 1), in red: 50 + (0 + 3 + 36 + 39) / 4.
  EXPECT_EQ(batch.images[1][0][0][0].item<uint8_t>(), 70);
}

TEST_F(BatchLoaderTest, TakesADamagedImageThatAnnouncesAnotherSizeForABadOne) {
  auto bytes = encode_png(picture(5));
  bytes[19] ^= 1;  // the width, which the header's checksum covers
  dataset.set_bytes(5, bytes);
  auto loader = load(unchanged());
  loader.next();
  EXPECT_NE(loader.next().indices[1], 5);
}

TEST_F(BatchLoaderTest, RethrowsWhatAThreadThrewAtItsStep) {
  dataset.on_read = [](ImageIndex image) {
    if (image == 9) throw std::runtime_error("the disk is on fire");
  };
  auto loader = load(unchanged(4));
  loader.next();
  EXPECT_EQ(loader.next().indices[0], 4);
  try {
    loader.next();
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "the disk is on fire");
  }
}

TEST_F(BatchLoaderTest, EndsWhileItsThreadsAreAtWorkOrWaiting) {
  for (const int64_t threads : {1, 4}) {
    { auto unused = load(everything(threads)); }
    {
      auto used = load(everything(threads));
      used.next();
    }
    auto finished = load(everything(threads), 0.5, 0, 2);
    finished.next();
    finished.next();
  }
}

TEST_F(BatchLoaderTest, DoesNotDecodeTheRestOfABatchThatNobodyWillTake) {
  std::stop_source stop;
  int reads = 0;
  dataset.on_read = [&](ImageIndex) {
    if (++reads == 2) stop.request_stop();
  };
  BatchMaker maker({dataset, sampler, 4, 6}, unchanged(), 10, 17);
  maker.make(0, stop.get_token());
  EXPECT_EQ(reads, 2);
}

TEST_F(BatchLoaderTest, CountsTheSecondsOfWaitingOnly) {
  std::mutex mutex;
  std::condition_variable changed;
  bool second_begun = false;
  dataset.on_read = [&](ImageIndex image) {
    const std::lock_guard lock(mutex);
    second_begun = second_begun || image == 4;
    changed.notify_all();
  };
  auto loader = load(unchanged());
  {
    // The one thread begins the second batch once the first is ready.
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return second_begun; });
  }
  loader.next();
  EXPECT_EQ(loader.seconds_waited(), 0);
}

TEST_F(BatchLoaderTest, CountsTheSecondsItWaits) {
  dataset.on_read = [](ImageIndex) { std::this_thread::sleep_for(std::chrono::milliseconds(4)); };
  auto loader = load(unchanged());
  for (int step = 0; step < 5; ++step) loader.next();
  EXPECT_GT(loader.seconds_waited(), 0);
  EXPECT_LT(loader.seconds_waited(), 600);
}

TEST(PipelineOptions, AreKnownByTheirNames) {
  PipelineOptions options;
  OptionTable table;
  table.group("pipeline", [&] { options.describe(table); });
  for (const auto name : {"brightness", "contrast", "saturation"}) {
    table.set_from_text(std::string("pipeline.") + name, "0.25", "the command line");
  }
  table.set_from_text("pipeline.decode_threads", "3", "the command line");
  table.set_from_text("pipeline.prefetch_batches", "7", "the command line");
  table.set_from_text("pipeline.crop_padding", "5", "the command line");
  table.set_from_text("pipeline.resize", "true", "the command line");
  table.set_from_text("pipeline.flip", "false", "the command line");
  EXPECT_EQ(options.brightness + options.contrast + options.saturation, 0.75);
  EXPECT_EQ(options.decode_threads, 3);
  EXPECT_EQ(options.prefetch_batches, 7);
  EXPECT_EQ(options.crop_padding, 5);
  EXPECT_TRUE(options.resize);
  EXPECT_FALSE(options.flip);
  EXPECT_THROW(table.set_from_text("pipeline.prefetch_batches", "0", "x"), Error);
  EXPECT_THROW(table.set_from_text("pipeline.brightness", "1.5", "x"), Error);
}

TEST(BatchLoaderOfAPackedSet, GivesTheFoldersBatches) {
  const TemporaryFolder folder;
  for (ImageIndex image = 0; image < 10; ++image) {
    const fs::path identity = folder.path() / "faces" / (image < 4 ? "ada" : "bob");
    fs::create_directories(identity);
    write_file_atomically(identity / (std::to_string(image) + ".jpg"), encode_jpeg(picture(image), 80));
  }
  const auto faces = open_dataset((folder / "faces").native());
  pack_dataset(*faces, folder / "as_they_are.mfp", {});
  pack_dataset(*faces, folder / "decoded.mfp", {.decode = true, .shard_size = "1"});
  const CircleSampler sampler(10, 4);
  const auto batches = [&](const std::string& path) {
    const auto dataset = open_dataset(path);
    BatchLoader loader({*dataset, sampler, 4, 6}, everything(2), 0.5, 17, 0, 5);
    std::vector<Bytes> batches;
    for (int step = 0; step < 5; ++step) batches.push_back(values_of<uint8_t>(loader.next().images));
    return batches;
  };
  const auto expected = batches((folder / "faces").native());
  EXPECT_EQ(batches((folder / "as_they_are.mfp").native()), expected);
  EXPECT_EQ(batches((folder / "decoded.mfp").native()), expected);
  EXPECT_NE(expected[0], expected[1]);
}

}  // namespace
}  // namespace massface
