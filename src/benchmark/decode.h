#pragma once

#include <cstdint>

namespace massface {

// Decoding speed for JPEGs of 112x112 pixels, all threads together.
struct DecodeBenchmark {
  double images_per_second;       // as in the pipeline: header, checks, ImageDecoder::decode_into
  double bare_images_per_second;  // the limit: tjDecompress2 alone in a loop, with the size known beforehand
  double fraction_of_bare;        // median over the turns; the target is at least 0.9
  int64_t images;                 // number of images decoded to measure images_per_second
};

// Decodes num_images different JPEGs (4:2:0, about 5 kB, photo-like: shapes with edges, shading and noise) again and
// again for `seconds`, at least three times. The two ways of decoding take turns, so that a change in the machine's
// speed affects both. Rates are medians over the turns; the fraction is the median of the turns' own fractions.
// threads, num_images: at least 1.
DecodeBenchmark benchmark_decode(int64_t threads, int64_t num_images, double seconds);

}  // namespace massface
