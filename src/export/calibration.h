#pragma once

#include <map>
#include <string>

#include "export/onnx_interpreter.h"
#include "model/model.h"
#include "pipeline/other_size.h"

namespace massface {

// The fewest images that ranges are measured on.
inline constexpr int64_t kLeastCalibrationImages = 32;

// Returns `count` images of the set, or all if it has fewer, spread evenly over it: uint8 [N, H, W, 3]. Unreadable
// images are left out with a warning. Throws Error if fewer than kLeastCalibrationImages remain, and as load_images()
// does for images of another size.
Tensor load_calibration_images(const std::string& set, int64_t count, const InputFormat& input, OtherSize other_size,
                               int64_t threads);

// The interval of a value that 8 bits represent; it contains 0.
struct ActivationRange {
  double low = 0;
  double high = 0;
};
using ActivationRanges = std::map<std::string, ActivationRange>;  // by the value's name

// Measures the range of every float value of the graph: from the mean over the images of the least number in an image
// to that of the greatest. Rare extremes would widen the steps for all others (Jacob et al., "Quantization and training
// of neural networks for efficient integer-arithmetic-only inference", CVPR 2018, section 3.1). images: uint8 [N, H, W,
// 3].
ActivationRanges measure_ranges(const OnnxInterpreter& graph, const InputFormat& input, const Tensor& images);

}  // namespace massface
