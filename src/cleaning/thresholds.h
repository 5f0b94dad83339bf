#pragma once

#include <cstdint>
#include <vector>

namespace massface {

// The threshold for wrong labels and what it rests on (docs/cleaning.md, "The thresholds").
struct WrongLabelThreshold {
  double similarity = -1;     // images below it are findings
  double wrong_fraction = 0;  // w: the estimated fraction of wrong labels in the set
  double false_share = 0;     // the estimated fraction of right labels among the findings
};

// own: the similarities of images to their person. strangers: similarities of images to other people, not empty.
// Neither holds NaN. With fewer than 100 images in `own`, the threshold is the median stranger.
WrongLabelThreshold wrong_label_threshold(std::vector<float> own, std::vector<float> strangers, double max_false_share);

// Gumbel's law, which the similarity to the nearest of many strangers follows.
struct NearestStrangerLaw {
  double location = 1;
  double scale = 0;

  // The similarity that the nearest stranger reaches with this probability, at most 1.
  double threshold(double probability) const;
  // The law of the nearest of `factor` times as many strangers.
  NearestStrangerLaw of_more_strangers(double factor) const;
};

// Fits the law to the median and the upper quartile of the similarities, without NaN. With fewer than 8 of them,
// nothing reaches a threshold.
NearestStrangerLaw fit_nearest_strangers(std::vector<float> similarities);

// Returns the value below which this fraction of the values lie. values: sorted, not empty.
double quantile(const std::vector<float>& values, double fraction);

}  // namespace massface
