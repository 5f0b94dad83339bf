#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace massface {

// Which layers' outputs a pass keeps until the backward pass and which it computes again, if not all can be kept (Chen,
// Xu, Zhang and Guestrin, "Training deep nets with sublinear memory cost", 2016, with segments by size). The first
// layers, which are the largest, are cut into segments. The last output of a segment is kept; the others are stored in
// one area that all segments share, which the backward pass fills again for each segment but the last.
struct ActivationLayout {
  struct Segment {
    int64_t begin, end;  // layers [begin, end)
  };
  std::vector<int64_t> place;     // offset of each layer's output in the memory, in numbers
  std::vector<Segment> segments;  // segments with an output in the shared area, in order
  int64_t numbers = 0;            // the size of the memory
  double work_again = 0;          // the work of the layers that are computed a second time

  // Returns the segment that must be in the shared area in the backward pass of this layer, or -1 if there is none.
  int64_t segment_of(int64_t layer) const;
};

// Returns the layout that keeps all outputs if `budget` numbers suffice, else the one with the least work to do again,
// or nothing if no layout fits. sizes: the numbers in each layer's output. work: the cost of computing it, in any unit.
std::optional<ActivationLayout> lay_out_activations(const std::vector<int64_t>& sizes, const std::vector<double>& work,
                                                    int64_t budget);

// Returns the smallest budget, in numbers, for which there is a layout.
int64_t least_activation_budget(const std::vector<int64_t>& sizes);

}  // namespace massface
