#pragma once

#include "loss/classifier.h"

namespace massface {

// The mean cross-entropy of a softmax whose columns are divided among processes: no process has a whole row of logits.
// They tell each other five numbers an image: the largest logit, the sum of exponentials, the right identity's logit,
// and for the accuracy the largest logit without margin and whether it is right; with label smoothing also the sum of
// the logits and their number.
//
// Returns the loss and the accuracy of this process's share of the batch (distributed/shares.h): the shares add up to
// the means. The gradient is that of the whole loss with respect to this process's logits.
LossOutput split_cross_entropy(const ClassifierLogits& logits, const ActiveRows& active, double label_smoothing,
                               Processes& processes);

}  // namespace massface
