#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/channel_rows.h"
#include "kernels/packing.h"

namespace massface {

// The rows of a batch (one row a pixel) in strips, which threads share. A channel's sums are taken strip by strip and
// added in the order of the strips, in double: strips depend on the shape alone, so the sums do not depend on the
// number of threads.
struct Strips {
  int64_t rows;        // in all
  int64_t strip_rows;  // of each but the last

  int64_t count() const { return (rows + strip_rows - 1) / strip_rows; }
  int64_t begin(int64_t strip) const { return strip * strip_rows; }
  int64_t end(int64_t strip) const { return std::min(rows, (strip + 1) * strip_rows); }
};

// At most 64, each whole tiles of a matrix product.
Strips strips_of(int64_t rows);

// use(strip, part) for every strip; those of one part follow each other in one thread. Parts are 0 .. num_parts() - 1.
inline int64_t num_parts() { return at::get_num_threads(); }
template <class Use>
void over_strips(const Strips& strips, const Use& use) {
  const int64_t count = strips.count();
  const int64_t parts = num_parts();
  at::parallel_for(0, parts, 1, [&](int64_t first, int64_t last) {
    for (int64_t part = first; part < last; ++part) {
      for (int64_t strip = part * count / parts; strip < (part + 1) * count / parts; ++strip) use(strip, part);
    }
  });
}

// Memory for each part.
std::vector<AlignedFloats> scratch_of_parts(int64_t floats);

// Of a layer's output over the batch: what BatchNorm normalises by.
struct ChannelMoments {
  std::vector<float> mean, variance;  // [channels]; the variance divided by the number of rows
};

class MomentStrips {
 public:
  MomentStrips(const Strips& strips, int64_t channels);

  // The next rows of the strip: x [rows, channels].
  void add(int64_t strip, ConstValues x, int64_t rows);
  ChannelMoments merge() const;

 private:
  float* sums(int64_t strip) { return sums_.data() + strip * 3 * channels_; }

  Strips strips_;
  int64_t channels_;
  std::vector<float> sums_;  // a strip: its first row, the sums of what differs from that, and of its square
  std::vector<uint8_t> begun_;
};

// Sums over the batch that the gradients of BatchNorm and PReLU are made of: kernels/channel_rows.h.
struct GradientSums {
  std::vector<float> shift, scale, slope;  // [channels]; slope is empty where there is no PReLU
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
