#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/channel_rows.h"
#include "kernels/packing.h"

namespace massface {

// The rows of a batch (one row per pixel), cut into strips that are distributed over threads. A channel's sums are
// taken strip by strip and added in the order of the strips, in double. Strips depend on the shape alone, so the sums
// do not depend on the number of threads.
struct Strips {
  int64_t rows;        // in total
  int64_t strip_rows;  // of each strip but the last

  int64_t count() const { return (rows + strip_rows - 1) / strip_rows; }
  int64_t begin(int64_t strip) const { return strip * strip_rows; }
  int64_t end(int64_t strip) const { return std::min(rows, (strip + 1) * strip_rows); }
};

// Returns at most 64 strips, each of whole tiles of a matrix product.
Strips strips_of(int64_t rows);

// The number of parts that strips are distributed over: one per thread.
inline int64_t num_parts() { return at::get_num_threads(); }
// The first strip of a part, or the number of strips for `parts`, their number.
inline int64_t first_strip(const Strips& strips, int64_t part, int64_t parts) { return part * strips.count() / parts; }
// The row after the last one of a part: up to here, its thread goes on from strip to strip.
inline int64_t end_of_part(const Strips& strips, int64_t part) {
  return std::min(strips.rows, strips.begin(first_strip(strips, part + 1, num_parts())));
}
// Calls use(strip, part) for every strip, where part is in 0 .. num_parts() - 1. The strips of one part are processed
// one after another in one thread.
template <class Use>
void over_strips(const Strips& strips, const Use& use) {
  // Asked here once: in a thread that LibTorch has not yet initialised, at::get_num_threads() may be 1.
  const int64_t parts = num_parts();
  at::parallel_for(0, parts, 1, [&](int64_t first, int64_t last) {
    for (int64_t part = first; part < last; ++part) {
      const int64_t end = first_strip(strips, part + 1, parts);
      for (int64_t strip = first_strip(strips, part, parts); strip < end; ++strip) use(strip, part);
    }
  });
}

// Returns scratch memory of `floats` floats for each part.
std::vector<AlignedFloats> scratch_of_parts(int64_t floats);

// The moments of a layer's output over the batch, by which BatchNorm normalises.
struct ChannelMoments {
  std::vector<float> mean, variance;  // [channels]; the variance divided by the number of rows
};

class MomentStrips {
 public:
  MomentStrips(const Strips& strips, int64_t channels);

  // Adds the next rows of the strip, x [rows, channels].
  void add(int64_t strip, ConstValues x, int64_t rows);
  ChannelMoments merge() const;

 private:
  float* sums(int64_t strip) { return sums_.data() + strip * 3 * channels_; }

  Strips strips_;
  int64_t channels_;
  std::vector<float> sums_;  // per strip: its first row, the sums of the differences from it and of their squares
  std::vector<uint8_t> begun_;
};

// Sums over the batch from which the gradients of BatchNorm and PReLU are computed (kernels/channel_rows.h).
struct GradientSums {
  std::vector<float> shift, scale, slope;  // [channels]; slope is empty if there is no PReLU
};

class GradientStrips {
 public:
  GradientStrips(const Strips& strips, int64_t channels);

  void add(int64_t strip, ConstValues g, ConstValues x, const ChannelActivation& activation, const float* mean,
           int64_t rows);
  GradientSums merge(bool has_slope) const;

 private:
  int64_t count_, channels_;
  std::vector<float> sums_;
};

}  // namespace massface
