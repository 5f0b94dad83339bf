#pragma once

#include "loss/classifier.h"

namespace massface {

// "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", arXiv:1801.07698, equation 3: the right identity's
// logit is s cos(theta + m), the others' s cos(theta). Past theta = pi - m, where cos(theta + m) would rise again, it
// continues to fall as s (cos(theta) - m sin(m)), as in the authors' code.
// Options: scale, margin (radians, default 0.5) and their warm-ups. Throws Error for a margin outside 0 to pi / 2.
std::shared_ptr<Classifier> make_arcface(const ClassifierOptions& options, const ClassifierRows& rows,
                                         int64_t embedding_size, uint64_t seed);

}  // namespace massface
