#pragma once

#include "loss/classifier.h"

namespace massface {

// "SphereFace: Deep Hypersphere Embedding for Face Recognition", arXiv:1704.08063, equation 7: the right identity's
// logit is |x| psi(theta), psi(theta) = (-1)^k cos(m theta) - 2k in [k pi / m, (k + 1) pi / m], the others'
// |x| cos(theta). Annealed as the authors train it: |x| (lambda cos(theta) + psi(theta)) / (1 + lambda).
// Options: margin (a whole number, default 4), lambda_start, lambda_decay, lambda_end. Throws Error for a margin that
// is not 1, 2, 3 or 4, and for a lambda that would grow.
std::shared_ptr<Classifier> make_sphereface(const ClassifierOptions& options, const ClassifierRows& rows,
                                            int64_t embedding_size, uint64_t seed);

}  // namespace massface
