#include "evaluation/evaluate_pairs.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>

#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "core/testing_places.h"
#include "dataset/pack_dataset.h"
#include "dataset/packed_writer.h"
#include "evaluation/testing_faces.h"
#include "image/encode.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// Two folds, each with two matched and two mismatched pairs over its own two people with two images each. The two
// images of a person have the same content, so any network that distinguishes images at all is right.
struct EvaluatePairs : testing::Test {
  EvaluatePairs() {
    fs::remove_all(images);
    for (int person = 0; person < 4; ++person) {
      for (int number = 1; number <= 2; ++number) write(path_of(person, number), encode_png(noise_image(person)));
    }
    set.name = "small";
    set.images = images;
    set.pairs.num_folds = 2;
    for (const int fold : {0, 1}) {
      const int a = 2 * fold;
      const int b = a + 1;
      add(path_of(a, 1), path_of(a, 2), true, fold);
      add(path_of(b, 1), path_of(b, 2), true, fold);
      add(path_of(a, 1), path_of(b, 1), false, fold);
      add(path_of(a, 2), path_of(b, 2), false, fold);
    }
  }
  ~EvaluatePairs() override { fs::remove_all(images); }

  // Returns the name that the pairs use, whatever the format of the file.
  static std::string path_of(int person, int number) { return fmt::format("P{0}/P{0}_{1:04}.jpg", person, number); }

  void write(const std::string& name, const std::vector<uint8_t>& bytes) {
    fs::create_directories((images / name).parent_path());
    write_file_atomically(images / name, bytes);
  }
  void add(const std::string& first, const std::string& second, bool same, int64_t fold) {
    set.pairs.pairs.push_back({first, second, same, fold});
  }
  EvaluationReport evaluate() { return evaluate_pairs(embedder, set, options); }

  const fs::path images = fs::path(testing::TempDir()) / "massface_evaluate_pairs";
  const Embedder embedder{tiny_model()};
  VerificationSet set;
  EvaluationOptions options{.threads = 2};
};

TEST_F(EvaluatePairs, MeasuresAFolderOfImages) {
  const auto report = evaluate();
  EXPECT_EQ(report.verification.name, "small");
  EXPECT_EQ(report.verification.num_pairs, 8);
  EXPECT_EQ(report.verification.accuracy, 1.0);
  EXPECT_EQ(report.verification.auc, 1.0);
  EXPECT_EQ(report.num_images, 8);  // each once, though each is in two pairs
  EXPECT_EQ(report.pairs_left_out, 0);
  EXPECT_GT(report.seconds, 0);
}

TEST_F(EvaluatePairs, SeesAMislabelledPair) {
  std::swap(set.pairs.pairs[0].same, set.pairs.pairs[2].same);  // of fold 0
  const auto report = evaluate();
  EXPECT_EQ(report.verification.folds[0].accuracy, 0.5);
  EXPECT_LT(report.verification.auc, 1.0);
}

TEST_F(EvaluatePairs, GivesTheDistancesOfImagesEmbeddedOneByOne) {
  for (const std::string flip : {"concatenate", "sum", "none"}) {
    options.flip = flip;
    options.batch = 3;
    const auto report = evaluate();
    ASSERT_EQ(report.distances.distance_squared.size(), 8u);
    const auto embed = [&](int person) {
      Image image = noise_image(person);
      const Tensor pixels = torch::from_blob(image.pixels.data(), {1, kTinySize, kTinySize, 3}, torch::kUInt8).clone();
      return embedder.embed(pixels, parse_flip(flip))[0];
    };
    for (const int fold : {0, 1}) {
      const double expected = (embed(2 * fold) - embed(2 * fold + 1)).pow(2).sum().item<double>();
      EXPECT_GT(expected, 1e-3);
      EXPECT_NEAR(report.distances.distance_squared[4 * fold + 0], 0, 1e-6) << flip;
      EXPECT_NEAR(report.distances.distance_squared[4 * fold + 2], expected, 1e-4 * expected) << flip;
      EXPECT_NEAR(report.distances.distance_squared[4 * fold + 3], expected, 1e-4 * expected) << flip;
    }
  }
}

TEST_F(EvaluatePairs, CallsOnlyTheWholeOfViewTwoLfw) {
  set.pairs.is_lfw_view2 = true;
  EXPECT_EQ(evaluate().verification.name, "LFW");
  options.folds = "1-2";
  EXPECT_EQ(evaluate().verification.name, "LFW");
  options.folds = "2";
  EXPECT_EQ(evaluate().verification.name, set.name + " fold 2");
  set.pairs.is_lfw_view2 = false;
  set.name = "LFW";
  EXPECT_EQ(evaluate().verification.name, "pairs fold 2");
  set.name = "lfw";
  options.folds = "";
  EXPECT_EQ(evaluate().verification.name, "pairs");
}

TEST_F(EvaluatePairs, EmbedsOnlyTheImagesOfTheFoldsAskedFor) {
  options.folds = "2";
  fs::remove_all(images / "P0");  // of fold 1
  const auto report = evaluate();
  EXPECT_EQ(report.num_images, 4);
  EXPECT_EQ(report.verification.num_pairs, 4);
  EXPECT_EQ(report.verification.folds.at(0).fold, 1);
  EXPECT_TRUE(report.absent.missing.empty());
}

TEST_F(EvaluatePairs, LeavesOutPairsWithAMissingImageAndSaysSoInTheName) {
  fs::remove(images / path_of(1, 2));
  set.pairs.is_lfw_view2 = true;
  testing::internal::CaptureStderr();
  const auto report = evaluate();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("2 of 8 pairs are left out because of 1 missing image (P1/P1_0002.jpg)"), std::string::npos)
      << log;
  EXPECT_EQ(report.absent.missing, std::vector<std::string>{"P1/P1_0002.jpg"});
  EXPECT_EQ(report.pairs_left_out, 2);
  EXPECT_EQ(report.verification.num_pairs, 6);
  EXPECT_EQ(report.verification.accuracy, 1.0);
  EXPECT_EQ(report.num_images, 7);
  EXPECT_EQ(report.verification.name, set.name + " (2 pairs missing)");
  set.pairs.pairs.erase(set.pairs.pairs.begin() + 3);
  EXPECT_EQ(evaluate().verification.name, set.name + " (1 pair missing)");
}

TEST_F(EvaluatePairs, RefusesWhenMoreThanHalfOfThePairsAreMissing) {
  fs::remove_all(images / "P0");
  fs::remove(images / path_of(3, 1));
  const std::string message = message_of<Error>([&] { evaluate(); });
  EXPECT_NE(message.find("small: 5 of 8 pairs, more than half, have no usable image below"), std::string::npos)
      << message;
  EXPECT_NE(message.find("3 missing images (P0/P0_0001.jpg, P0/P0_0002.jpg, P3/P3_0001.jpg)"), std::string::npos)
      << message;
  EXPECT_THROW(require_measurable(set, options), Error);
}

TEST_F(EvaluatePairs, MeasuresTheHalfThatIsThere) {
  fs::remove_all(images / "P0");
  fs::remove_all(images / "P1");
  const auto report = evaluate();
  EXPECT_EQ(report.verification.name, "small (4 pairs missing)");
  EXPECT_EQ(report.verification.folds.size(), 1u);
}

TEST_F(EvaluatePairs, AdvisesTheFoldsThatAreWhole) {
  fs::remove_all(images / "P0");
  fs::remove_all(images / "P1");
  add(path_of(0, 1), path_of(1, 2), false, 0);
  const std::string message = message_of<Error>([&] { evaluate(); });
  EXPECT_NE(message.find("All images of fold 2 are present: use --folds 2 to measure only those."), std::string::npos)
      << message;
}

TEST_F(EvaluatePairs, FindsImagesOfAnotherExtension) {
  fs::rename(images / "P0/P0_0001.jpg", images / "P0/P0_0001.png");
  fs::rename(images / "P1/P1_0001.jpg", images / "P1/P1_0001.jpeg");
  fs::rename(images / "P1/P1_0002.jpg", images / "P1/P1_0002.JPG");
  const auto report = evaluate();
  EXPECT_EQ(report.pairs_left_out, 0);
  EXPECT_EQ(report.verification.accuracy, 1.0);
}

TEST_F(EvaluatePairs, LeavesOutAnUnreadableImageAndKeepsTheOthersOfItsChunk) {
  const std::string text = "<html>";
  write(path_of(2, 1), {text.begin(), text.end()});
  const auto report = evaluate();
  ASSERT_EQ(report.absent.unreadable.size(), 1u);
  EXPECT_EQ(report.absent.unreadable[0].name, "P2/P2_0001.jpg");
  EXPECT_NE(report.absent.unreadable[0].reason.find("not a JPEG, PNG or WebP"), std::string::npos);
  EXPECT_EQ(report.num_images, 7);
  EXPECT_EQ(report.verification.name, "small (2 pairs missing)");
  EXPECT_EQ(report.verification.accuracy, 1.0);
}

TEST_F(EvaluatePairs, RefusesAnImageOfAnotherSizeUnlessAskedToResize) {
  write(path_of(2, 1), encode_png(noise_image(2, kTinySize + 16)));
  EXPECT_NE(message_of<Error>([&] { evaluate(); }).find("massface align"), std::string::npos)
      << message_of<Error>([&] { evaluate(); });
  options.resize = true;
  EXPECT_EQ(evaluate().pairs_left_out, 0);
}

TEST_F(EvaluatePairs, RefusesAFolderThatIsNotThere) {
  set.images = images / "nowhere";
  EXPECT_NE(message_of<Error>([&] { evaluate(); }).find("nowhere: the images folder of small is not a folder"),
            std::string::npos);
  EXPECT_THROW(require_measurable(set, options), Error);
}

TEST_F(EvaluatePairs, RefusesAFoldThatIsNotThere) {
  options.folds = "1-5";
  EXPECT_EQ(message_of<Error>([&] { evaluate(); }), "folds: 1-5 asks for fold 5, but the pairs have 2");
  EXPECT_THROW(require_measurable(set, options), Error);
}

TEST_F(EvaluatePairs, TakesTheMiddleOfLargerImagesWhenAskedTo) {
  // Two images of one person that agree in the centre and differ around it.
  const auto framed = [](int person, uint8_t frame) {
    const Image middle = noise_image(person);
    Image image{kTinySize, kTinySize + 16, std::vector<uint8_t>(3 * kTinySize * (kTinySize + 16), frame)};
    for (int64_t row = 0; row < kTinySize; ++row) {
      std::copy_n(middle.pixels.begin() + 3 * kTinySize * row, 3 * kTinySize,
                  image.pixels.begin() + 3 * ((kTinySize + 16) * row + 8));
    }
    return encode_png(image);
  };
  for (int person = 0; person < 4; ++person) {
    write(path_of(person, 1), framed(person, 0));
    write(path_of(person, 2), framed(person, 255));
  }
  const std::string complaint = message_of<Error>([&] { evaluate(); });
  EXPECT_NE(complaint.find("the network takes 32 x 32"), std::string::npos) << complaint;
  EXPECT_NE(complaint.find("--center-crop"), std::string::npos) << complaint;
  options.center_crop = true;
  const auto report = evaluate();
  EXPECT_EQ(report.verification.accuracy, 1.0);
  EXPECT_EQ(report.distances.distance_squared[0], 0.0);
  options.resize = true;
  EXPECT_NE(message_of<Error>([&] { evaluate(); }).find("choose one"), std::string::npos);
}

TEST_F(EvaluatePairs, MeasuresImagesInMemoryAsThoseInAFolder) {
  const auto expected = evaluate();
  std::map<std::string, std::string> index_of;
  for (VerificationPair& pair : set.pairs.pairs) {
    for (std::string* name : {&pair.first, &pair.second}) {
      const auto [index, is_new] = index_of.try_emplace(*name, std::to_string(index_of.size()));
      if (is_new) set.in_memory.push_back(read_file(images / *name));
      *name = index->second;
    }
  }
  set.images = "small.bin";
  EXPECT_EQ(evaluate().distances.distance_squared, expected.distances.distance_squared);
  set.in_memory[0] = {'x'};
  const auto report = evaluate();
  ASSERT_EQ(report.absent.unreadable.size(), 1u);
  EXPECT_NE(report.absent.unreadable[0].reason.find("small.bin: image 0: "), std::string::npos);
}

TEST_F(EvaluatePairs, MeasuresAPackedSetAsTheFolderItWasMadeOf) {
  fs::rename(images / "P0/P0_0001.jpg", images / "P0/P0_0001.png");
  const auto expected = evaluate();
  const TemporaryFolder folder;
  pack_dataset(*open_dataset(images.native()), folder / "one.mfp", {});
  pack_dataset(*open_dataset(images.native()), folder / "two.mfp", {.shard_size = "1"});
  for (const char* file : {"one.mfp", "two.mfp"}) {
    set.images = folder / file;
    set.dataset = open_dataset(set.images.native());
    EXPECT_EQ(evaluate().distances.distance_squared, expected.distances.distance_squared) << file;
    EXPECT_EQ(evaluate().num_images, 8);
  }
}

TEST_F(EvaluatePairs, LeavesOutWhatIsMissingOrDamagedInAPackedSet) {
  const TemporaryFolder folder;
  fs::remove(images / path_of(0, 2));
  pack_dataset(*open_dataset(images.native()), folder / "set.mfp", {});
  auto bytes = read_file(folder / "set.mfp");
  const auto damaged = read_file(images / path_of(2, 1));
  const auto found = std::ranges::search(bytes, damaged);
  found.begin()[100] ^= 1;  // P2_0002 has the same content, but comes later
  write_file_atomically(folder / "set.mfp", bytes);
  set.images = folder / "set.mfp";
  set.dataset = open_dataset(set.images.native());
  const auto report = evaluate();
  EXPECT_EQ(report.absent.missing, std::vector<std::string>{"P0/P0_0002.jpg"});
  ASSERT_EQ(report.absent.unreadable.size(), 1u);
  EXPECT_EQ(report.absent.unreadable[0].name, "P2/P2_0001.jpg");
  EXPECT_NE(report.absent.unreadable[0].reason.find("set.mfp:P2/P2_0001.jpg: "), std::string::npos);
  EXPECT_EQ(report.pairs_left_out, 4);
}

TEST_F(EvaluatePairs, RefusesAPackedSetWhoseImagesGoByOtherNames) {
  const TemporaryFolder folder;
  PackedWriter writer(folder / "set.mfp", false);
  for (const char* identity : {"P0", "P1", "P2", "P3"}) {
    writer.begin_identity(identity);
    for (int i = 0; i < 2; ++i) writer.add_image("", encode_png(noise_image(0)));
  }
  writer.finish();
  set.images = folder / "set.mfp";
  set.dataset = open_dataset(set.images.native());
  const std::string complaint = message_of<Error>([&] { require_measurable(set, options); });
  EXPECT_NE(complaint.find("set.mfp: no pair of small has both of its images in this set; P0/P0_0001.jpg is missing, "
                           "for instance, and the first image of the set is P0/. Pack the folders"),
            std::string::npos)
      << complaint;
}

TEST_F(EvaluatePairs, SubtractsAMeanOnlyWhenAskedTo) {
  const auto plain = evaluate();
  options.subtract_mean = true;
  const auto centered = evaluate();
  EXPECT_EQ(centered.verification.auc, 1.0);
  EXPECT_NEAR(centered.distances.distance_squared[0], 0, 1e-6);
  EXPECT_GT(centered.distances.distance_squared[2], 2 * plain.distances.distance_squared[2]);
}

TEST_F(EvaluatePairs, GivesASetOfMatchedPairsAloneNoAccuracy) {
  std::erase_if(set.pairs.pairs, [](const VerificationPair& pair) { return !pair.same; });
  testing::internal::CaptureStderr();
  const auto report = evaluate();
  EXPECT_NE(testing::internal::GetCapturedStderr().find("all of its pairs are matched"), std::string::npos);
  EXPECT_TRUE(std::isnan(report.verification.accuracy));
  EXPECT_TRUE(report.verification.folds.empty());
  EXPECT_EQ(report.verification.num_pairs, 4);
  EXPECT_EQ(report.distances.distance_squared.size(), 4u);
}

TEST(EvaluatePairsOnLfw, FindsAnUntrainedNetworkALittleBetterThanChance) {
  const fs::path faces = testing_data();
  if (!fs::exists(faces / "pairs.txt")) {
    GTEST_SKIP() << "needs LFW below " << faces << "; MASSFACE_DATA names another folder";
  }
  const Embedder embedder(make_model({.name = "mobilefacenet_massface"}, {}, 1));
  const VerificationSet set{"pairs", read_verification_pairs(faces / "pairs.txt"), faces / "lfw-112"};
  const auto report = evaluate_pairs(embedder, set, {.flip = "none", .folds = "1"});
  EXPECT_EQ(report.verification.name, "pairs fold 1");
  EXPECT_EQ(report.verification.num_pairs, 600);
  EXPECT_GT(report.verification.auc, 0.52);
  EXPECT_GT(report.verification.accuracy, 0.54);
  EXPECT_LT(report.verification.accuracy, 0.75);
}

}  // namespace
}  // namespace massface
