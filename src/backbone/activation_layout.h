#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace massface {

// Which layers' outputs a pass keeps until the backward pass and which it computes again, when not all may be kept
// (Chen, Xu, Zhang and Guestrin, "Training deep nets with sublinear memory cost", 2016, with segments by size): the
// first layers, which are the largest, are cut into segments. The last output of a segment is kept, the others lie in
// one area that all segments share; the backward pass fills it again for each segment but the last.
struct ActivationLayout {
  struct Segment {
    int64_t begin, end;  // layers [begin, end)
  };
  std::vector<int64_t> place;     // of each layer's output: numbers from the beginning of the memory
  std::vector<Segment> segments;  // those with an output in the shared area, in their order
  int64_t numbers = 0;            // of memory, in all
  double work_again = 0;          // of the layers that are computed a second time

  // The segment that must be in the area when this layer goes backward; -1: none.
  int64_t segment_of(int64_t layer) const;
};

// sizes: numbers of each layer's output. work: the cost of computing it, in any unit. All outputs are kept where
// `budget` numbers suffice; else the layout of the least work again. Nothing where no layout fits.
std::optional<ActivationLayout> lay_out_activations(const std::vector<int64_t>& sizes, const std::vector<double>& work,
                                                    int64_t budget);

// The least budget that has a layout.
int64_t least_activation_budget(const std::vector<int64_t>& sizes);

}  // namespace massface
