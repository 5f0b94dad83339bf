#pragma once

#include "loss/classifier.h"

namespace massface {

// "AdaFace: Quality Adaptive Margin for Face Recognition", arXiv:2204.00964, equations 10 to 15: the length of an
// embedding stands for the quality of its image. With z in [-1, 1], how far the length is from the mean of all lengths
// in units of their deviation / h, the right identity's logit is s (cos(theta - m z) - m z - m), the others' s
// cos(theta): a good image has a margin that is added to the cosine, a bad one a margin that is added to the angle, and
// counts less where it is hard. The angle is kept within 0 to pi. No gradient passes through z.
//
// The mean and the deviation of the lengths are moving averages over the steps, "norm_mean" and "norm_deviation", which
// begin at 20 and 100 as in the authors' code.
// Options: scale, margin (default 0.4) and their warm-ups, sub_centers, norm_concentration (h), norm_rate. Throws Error
// for a margin outside 0 to 1.
std::shared_ptr<Classifier> make_adaface(const ClassifierOptions& options, const ClassifierRows& rows,
                                         int64_t embedding_size, uint64_t seed);

}  // namespace massface
