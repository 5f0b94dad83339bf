#pragma once

#include <string>

#include "core/options.h"
#include "evaluation/evaluate_pairs.h"

namespace massface {

// What int8 needs to know about a network besides its weights, and the accuracy that it must keep.
struct QuantizationOptions {
  std::string calibration;  // images, as for open_dataset()
  int64_t calibration_images = 256;
  std::string pairs;      // the set that the loss is measured on, as `massface evaluate` takes it
  std::string images;     // of these pairs
  double max_loss = 0.3;  // percentage points of accuracy
  // How the pairs are measured. The size of calibration images is treated likewise.
  EvaluationOptions evaluation;

  void describe(OptionTable& table);
};

struct ExportOptions {
  std::string format = "onnx";  // or "torch"
  bool preprocessing = false;
  bool unit_length = false;
  std::string runtime = "onnxruntime";  // or "opencv"
  bool int8 = false;
  QuantizationOptions quantization;

  void describe(OptionTable& table);
};

// Throws Error for options that exclude each other, and for int8 without calibration images or pairs.
void require_consistent(const ExportOptions& options);

}  // namespace massface
