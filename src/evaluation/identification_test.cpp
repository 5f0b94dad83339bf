#include "evaluation/identification.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/testing_text.h"
#include "evaluation/templates.h"

namespace massface {
namespace {

// Unit vectors in a plane.
Tensor at_degrees(const std::vector<double>& degrees) {
  Tensor rows = at::empty({std::ssize(degrees), 2});
  for (size_t i = 0; i < degrees.size(); ++i) {
    rows[static_cast<int64_t>(i)][0] = std::cos(degrees[i] * M_PI / 180);
    rows[static_cast<int64_t>(i)][1] = std::sin(degrees[i] * M_PI / 180);
  }
  return rows;
}

// Worked out by hand: six subjects at 0, 10, ... 50 degrees, the first with a second template at 90.
TEST(IdentifyProbes, RanksSubjectsByTheirMostSimilarTemplate) {
  const Tensor gallery = at_degrees({0, 10, 20, 30, 40, 50, 90});
  const std::vector<std::string> subjects{"a", "b", "c", "d", "e", "f", "a"};
  // 1: b at 12 degrees. 4: a at 71, of which the second template is nearer than f. 2: b at 16, after c. 6: a at 42.
  const IdentificationResult result =
      identify_probes(gallery, subjects, at_degrees({12, 71, 16, 42, 33}), {"b", "a", "b", "a", "nobody"});
  EXPECT_EQ(result.gallery_templates, 7);
  EXPECT_EQ(result.gallery_subjects, 6);
  EXPECT_EQ(result.mated, 4);
  EXPECT_EQ(result.unmated, 1);
  EXPECT_DOUBLE_EQ(result.rank_1.rate, 0.5);   // 12 and 71
  EXPECT_DOUBLE_EQ(result.rank_5.rate, 0.75);  // not 42, where a is the last
  ASSERT_EQ(result.rows.size(), 3u);
  EXPECT_FALSE(result.rows[0].threshold_cosine.has_value()) << "one unmated probe tells nothing";
}

// 100 strangers whose nearest subject is at 1, 2, ... 100 degrees: 10 of them are nearer than 11 degrees.
TEST(IdentifyProbes, HoldsTheRateOfFalsePositives) {
  std::vector<double> degrees;
  std::vector<std::string> people;
  for (int i = 1; i <= 100; ++i) {
    degrees.push_back(180 + i);
    people.push_back("stranger " + std::to_string(i));
  }
  for (const double mated : {5.0, 10.0, 12.0, 60.0}) {
    degrees.push_back(mated);
    people.emplace_back("a");
  }
  const IdentificationResult result = identify_probes(at_degrees({0, 180}), {"a", "b"}, at_degrees(degrees), people);
  EXPECT_EQ(result.unmated, 100);
  EXPECT_DOUBLE_EQ(result.rank_1.rate, 1);
  const IdentificationRow& tenth = result.rows[0];
  ASSERT_TRUE(tenth.threshold_cosine.has_value());
  EXPECT_NEAR(*tenth.threshold_cosine, std::cos(11 * M_PI / 180), 1e-6);
  EXPECT_DOUBLE_EQ(tenth.false_positives.rate, 0.1);
  EXPECT_DOUBLE_EQ(tenth.true_positives.rate, 0.5);  // 5 and 10 degrees
  EXPECT_FALSE(result.rows[1].threshold_cosine.has_value());
}

TEST(IdentifyProbes, CountsTiesAgainstTheProbe) {
  const IdentificationResult result = identify_probes(at_degrees({30, 30}), {"a", "b"}, at_degrees({30}), {"a"});
  EXPECT_EQ(result.rank_1.rate, 0);
  EXPECT_EQ(result.rank_5.rate, 1);
  EXPECT_TRUE(result.rows.empty());
  EXPECT_NE(message_of<Error>([] {
              identify_probes(at_degrees({30}), {""}, at_degrees({30}), {"a"});
            }).find("needs the column \"subject\""),
            std::string::npos);
}

// Two frames of one video and a photograph: (1, 0) and (3, 0) make (2, 0), and with (0, 2) that is the diagonal.
TEST(AverageTemplates, AveragesMediaFirst) {
  const std::vector<TemplateImage> images{{"t", "ada", "video", "1.jpg"},
                                          {"u", "bob", "", "2.jpg"},
                                          {"t", "ada", "video", "3.jpg"},
                                          {"t", "ada", "photo", "4.jpg"},
                                          {"lost", "cyd", "", "5.jpg"}};
  const Tensor rows = at::tensor({1.0f, 0.0f, 0.0f, 5.0f, 3.0f, 0.0f, 0.0f, 2.0f, 9.0f, 9.0f}).view({5, 2});
  const Templates templates = average_templates(rows, images, {false, false, false, false, true});
  EXPECT_EQ(templates.ids, (std::vector<std::string>{"t", "u"}));
  EXPECT_EQ(templates.subjects, (std::vector<std::string>{"ada", "bob"}));
  EXPECT_EQ(templates.lost, (std::vector<std::string>{"lost"}));
  EXPECT_EQ(templates.num_images, 4);
  const auto half = static_cast<float>(std::sqrt(0.5));
  EXPECT_TRUE(at::allclose(templates.embeddings, at::tensor({half, half, 0.0f, 1.0f}).view({2, 2})));
  int64_t left_out = 0;
  const PairDistances distances = distances_of(templates, {{"t", "u", false}, {"t", "lost", false}}, &left_out);
  EXPECT_EQ(left_out, 1);
  ASSERT_EQ(distances.distance_squared.size(), 1u);
  EXPECT_NEAR(distances.distance_squared[0], 2 - 2 * half, 1e-6);
  EXPECT_NE(message_of<Error>([&] {
              distances_of(templates, {{"t", "x", false}}, &left_out);
            }).find("template x"),
            std::string::npos);
  EXPECT_NE(
      message_of<Error>([&] {
        average_templates(rows.slice(0, 0, 2), {{"t", "ada", "", "1.jpg"}, {"t", "bob", "", "2.jpg"}}, {false, false});
      }).find("is of two subjects, ada and bob"),
      std::string::npos);
}

}  // namespace
}  // namespace massface
