#pragma once

#include <cstdint>

namespace massface {

// JPEGs of 112x112 decoded a second, by the threads together.
struct DecodeBenchmark {
  double images_per_second;       // as the pipeline does it: header, checks, ImageDecoder::decode_into
  double bare_images_per_second;  // the limit: tjDecompress2 alone in a loop, its size known beforehand
  double fraction_of_bare;        // the target is at least 0.9
  int64_t images;                 // decoded for images_per_second
};

// Decodes num_images different JPEGs (4:2:0, about 5 kB, photo-like: shapes with edges, shading and noise) again and
// again for so many seconds, at least three times, both ways by turns so that a change of the machine's speed meets
// both. Rates are medians over the turns; the fraction is the median of each turn's own.
// threads, num_images: at least 1.
DecodeBenchmark benchmark_decode(int64_t threads, int64_t num_images, double seconds);

}  // namespace massface
