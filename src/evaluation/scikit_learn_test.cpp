// Compared with scikit-learn 1.9.1 on scores that both make from the same formulas:
//
//   m = np.array([((i*i*31) % 1009) / 1009 * 1.6 for i in range(500)]).astype(np.float32)
//   n = np.array([0.7 + ((i*i*37) % 997) / 997 * 2.6 for i in range(2000)]).astype(np.float32)
//   d, y = np.concatenate([m, n]), np.r_[np.ones(500), np.zeros(2000)]
//   far, tar, _ = roc_curve(y, -d, drop_intermediate=False);  roc_auc_score(y, -d);  fmr, fnmr, _ = det_curve(y, -d)
#include <gtest/gtest.h>

#include <vector>

#include "evaluation/threshold_table.h"
#include "evaluation/verification.h"

namespace massface {
namespace {

PairDistances formula_scores() {
  PairDistances pairs;
  const auto add = [&](double distance, bool same) {
    pairs.distance_squared.push_back(static_cast<float>(distance));
    pairs.same.push_back(same ? 1 : 0);
    pairs.fold.push_back(0);
  };
  for (int i = 0; i < 500; ++i) add((i * i * 31 % 1009) / 1009.0 * 1.6, true);
  for (int i = 0; i < 2000; ++i) add(0.7 + (i * i * 37 % 997) / 997.0 * 2.6, false);
  return pairs;
}

TEST(ScikitLearn, HasTheSameRocCurve) {
  const std::vector<RocPoint> curve = roc_curve(formula_scores());
  ASSERT_EQ(curve.size(), 1000u);
  struct Point {
    size_t index;
    double far, tar;
  };
  double far = 0, tar = 0;
  for (const RocPoint& point : curve) {
    far += point.false_accept_rate;
    tar += point.true_accept_rate;
  }
  EXPECT_NEAR(far, 296.2715, 1e-9);
  EXPECT_NEAR(tar, 703.288, 1e-9);
  for (const Point& expected : std::vector<Point>{
           {0, 0, 0}, {1, 0, 0.002}, {333, 0.082, 0.584}, {500, 0.2105, 0.79}, {666, 0.333, 1}, {999, 1, 1}}) {
    EXPECT_NEAR(curve[expected.index].false_accept_rate, expected.far, 1e-12) << expected.index;
    EXPECT_NEAR(curve[expected.index].true_accept_rate, expected.tar, 1e-12) << expected.index;
  }
}

TEST(ScikitLearn, HasTheSameAreaUnderIt) {
  EXPECT_NEAR(verify(formula_scores(), "formulas").auc, 0.90744500, 1e-12);
  EXPECT_NEAR(area_under_curve(ScoreHistogram::of(formula_scores())), 0.90744500, 1e-5);
}

// The highest FMR of at most 1e-1, and 1e-2, among the points of the DET curve, and the FNMR there.
TEST(ScikitLearn, HasTheSameDetCurve) {
  const ThresholdTable table = make_threshold_table(ScoreHistogram::of(formula_scores()));
  EXPECT_DOUBLE_EQ(table.rows[0].false_matches.rate, 0.1);
  EXPECT_DOUBLE_EQ(table.rows[0].false_non_matches.rate, 0.376);
  EXPECT_DOUBLE_EQ(table.rows[1].false_matches.rate, 0.0095);
  EXPECT_DOUBLE_EQ(table.rows[1].false_non_matches.rate, 0.558);
}

}  // namespace
}  // namespace massface
