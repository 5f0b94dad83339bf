#pragma once

#include "loss/classifier.h"

namespace massface {

// "CosFace: Large Margin Cosine Loss for Deep Face Recognition", arXiv:1801.09414, equation 4: the right identity's
// logit is s (cos(theta) - m), the others' s cos(theta).
// Options: scale, margin (default 0.35) and their warm-ups. Throws Error for a margin outside 0 to 1.
std::shared_ptr<Classifier> make_cosface(const ClassifierOptions& options, const ClassifierRows& rows,
                                         int64_t embedding_size, uint64_t seed);

}  // namespace massface
