#pragma once

#include <cstdint>
#include <vector>

namespace massface {

// The folds, from 0, of pairs that come without folds, as insightface has them: ten folds of consecutive pairs. If one
// of them would lack matched or mismatched pairs, the pairs of each kind are dealt out in order instead, to ten folds
// or as many as the rarer kind has pairs. same: whether each pair is matched.
std::vector<int64_t> dealt_folds(const std::vector<bool>& same);

}  // namespace massface
