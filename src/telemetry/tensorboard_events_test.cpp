#include "telemetry/tensorboard_events.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "telemetry/testing_reports.h"
#include "telemetry/tfrecord.h"

namespace massface {
namespace {

std::string hexadecimal(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return text;
}

// RFC 3720, appendix B.4, and the check value of the CRC catalogue.
TEST(Crc32c, GivesThePublishedValues) {
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
}

// The bytes expected below are those that TensorBoard 2.21's own RecordWriter and messages produce.
TEST(TfRecord, FramesAsTensorBoardDoes) {
  EXPECT_EQ(hexadecimal(tfrecord("abc")), "0300000000000000b099490e6162636e57f121");
}

TEST(TensorBoardEvents, AreTheBytesOfTensorBoardsMessages) {
  EXPECT_EQ(hexadecimal(version_event(1.5)), "09000000000000f83f1a0d627261696e2e4576656e743a32");
  EXPECT_EQ(hexadecimal(session_start_event(1.5, 301)), "09000000000000f83f10ad023a020801");
  EXPECT_EQ(hexadecimal(scalar_event(1.5, 300, {{"softmax/loss", 0.25}, {"a", -2}})),
            "09000000000000f83f10ac022a1f0a130a0c736f66746d61782f6c6f7373150000803e0a080a016115000000c0");
}

TEST(TensorBoardEvents, HaveACurveOfEachNumberUnderThePhasesName) {
  std::vector<std::string> tags;
  for (const auto& [tag, value] : scalars_of(triplet_report(3))) tags.push_back(tag);
  EXPECT_EQ(tags,
            (std::vector<std::string>{"triplet/loss", "triplet/learning_rate", "triplet/gradient_norm", "triplet/epoch",
                                      "triplet/images_per_second", "triplet/data_seconds", "triplet/active_fraction",
                                      "triplet/violating_fraction", "triplet/triplets_selected",
                                      "triplet/mining_milliseconds", "triplet/positive_mean_squared_l2",
                                      "triplet/negative_mean_squared_l2", "triplet/pool_mean_squared_l2"}));
  EXPECT_EQ(scalars_of(softmax_report(3)).back(), (Scalar{"softmax/accuracy", 0.5}));
  StepReport listed = triplet_report(3);
  listed.triplet->violating_fraction = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(scalars_of(listed).size(), tags.size() - 1);
}

TEST(TensorBoardEvents, HoldTheHistogramsOfATripletStep) {
  const auto histograms = histograms_of(triplet_report(3));
  ASSERT_EQ(histograms.size(), 2u);
  EXPECT_EQ(histograms[0].first, "triplet/positive_squared_l2");
  EXPECT_TRUE(histograms_of(softmax_report(3)).empty());
  const std::string message = histogram_event(1.5, 3, {histograms[0]});
  protozero::pbf_reader event(message);
  ASSERT_TRUE(event.next(5));
  protozero::pbf_reader summary = event.get_message();
  ASSERT_TRUE(summary.next(1));
  protozero::pbf_reader value = summary.get_message();
  ASSERT_TRUE(value.next(5));
  std::map<uint32_t, std::vector<double>> fields;
  for (protozero::pbf_reader histogram = value.get_message(); histogram.next();) {
    if (histogram.tag() <= 5) {
      fields[histogram.tag()] = {histogram.get_double()};
    } else {
      for (const double number : histogram.get_packed_double()) fields[histogram.tag()].push_back(number);
    }
  }
  // 64 distances in [0.7, 0.8), each counted as 0.75.
  EXPECT_NEAR(fields[1][0], 0.7, 1e-12);
  EXPECT_NEAR(fields[2][0], 0.8, 1e-12);
  EXPECT_EQ(fields[3][0], 64);
  EXPECT_NEAR(fields[4][0], 48, 1e-12);
  EXPECT_NEAR(fields[5][0], 36, 1e-12);
  EXPECT_NEAR(fields[6][7], 0.8, 1e-12);
  EXPECT_EQ(fields[7][7], 64);
  EXPECT_EQ(fields[7].size(), 40u);
}

void write_beside_an_older_file(const std::filesystem::path& folder, int64_t last_global_step) {
  std::filesystem::create_directories(folder);
  const auto older = folder / "older";
  std::ofstream(older) << "";
  EventFile(folder, last_global_step).append(last_global_step + 1, std::vector<Scalar>{{"a", 1}});
  std::filesystem::remove(older);
}

TEST(EventFile, BeginsWithItsVersionAndWhenResumedWithAPurge) {
  const TemporaryFolder folder;
  { EventFile(folder.path() / "new", 0).append(1, std::vector<Scalar>{{"a", 1}}); }
  write_beside_an_older_file(folder.path() / "resumed", 300);
  const auto fresh = read_only_event_file(folder.path() / "new");
  ASSERT_EQ(fresh.size(), 2u);
  EXPECT_EQ(fresh[0].version, "brain.Event:2");
  EXPECT_EQ(fresh[1].scalars, (std::map<std::string, float>{{"a", 1.f}}));
  const auto resumed = read_only_event_file(folder.path() / "resumed");
  ASSERT_EQ(resumed.size(), 3u);
  EXPECT_EQ(resumed[0].version, "brain.Event:2");
  EXPECT_EQ(resumed[1].session_status, 1);
  EXPECT_EQ(resumed[1].step, 301);
  EXPECT_EQ(resumed[2].step, 301);
}

TEST(EventFile, PurgesAllWhenARunKilledBeforeItsFirstCheckpointBeginsAgain) {
  const TemporaryFolder folder;
  write_beside_an_older_file(folder.path() / "again", 0);
  const auto again = read_only_event_file(folder.path() / "again");
  ASSERT_EQ(again.size(), 3u);
  EXPECT_EQ(again[1].session_status, 1);
  EXPECT_EQ(again[1].step, 1);
}

}  // namespace
}  // namespace massface
