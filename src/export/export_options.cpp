#include "export/export_options.h"

#include "core/error.h"
#include "export/calibration.h"

namespace massface {

namespace {

// Whether an option is set that only quantisation reads.
bool is_for_int8(const QuantizationOptions& options) {
  const QuantizationOptions unset;
  const EvaluationOptions& evaluation = options.evaluation;
  return !options.calibration.empty() || options.calibration_images != unset.calibration_images ||
         !options.pairs.empty() || !options.images.empty() || options.max_loss != unset.max_loss ||
         evaluation.flip != unset.evaluation.flip || !evaluation.folds.empty() || evaluation.resize ||
         evaluation.center_crop || evaluation.subtract_mean;
}

}  // namespace

void QuantizationOptions::describe(OptionTable& table) {
  table.add(
      "calibration", calibration,
      "With --int8: face images like those that the network will see, folders of people or a packed set. They set "
      "the ranges of the 8-bit numbers; they should not be of the pairs.");
  table.add("calibration_images", calibration_images, {kLeastCalibrationImages, 100000},
            "With --int8: number of images to take from the calibration set, spread over it.");
  table.add(
      "pairs", pairs,
      "With --int8: pairs that the accuracy before and after is measured on, in the format of LFW's pairs.txt, or "
      "an insightface .bin.");
  table.add("images", images, "With --int8: folder of the images that the pairs name, or a packed set of it.");
  table.add("max_loss", max_loss, {0, 100},
            "With --int8: percentage points of accuracy that may be lost; if more are, no file is written.");
  evaluation.describe(table);
}

void ExportOptions::describe(OptionTable& table) {
  table.add_choice("format", format, {"onnx", "torch"},
                   "onnx: a graph for onnxruntime, OpenCV and other runtimes. torch: a state dictionary, which "
                   "torch.load reads.");
  table.add("preprocessing", preprocessing,
            "The ONNX graph takes bytes, uint8 [batch, height, width, 3] RGB, and converts and normalises them itself. "
            "Otherwise it takes normalised numbers, float [batch, 3, height, width].");
  table.add("unit_length", unit_length, "The ONNX graph scales its embeddings to unit length.");
  table.add_choice(
      "runtime", runtime, {"onnxruntime", "opencv"},
      "The runtime that the ONNX graph should be fast in. All runtimes read both forms, which differ in how "
      "PReLU is written; each is about twice as fast in its runtime as the other form.");
  table.add("int8", int8, "The ONNX graph computes in 8 bits, weights and activations alike.");
  quantization.describe(table);
}

void require_consistent(const ExportOptions& options) {
  const QuantizationOptions& quantization = options.quantization;
  require(
      options.format == "onnx" || (!options.preprocessing && !options.unit_length && !options.int8 &&
                                   options.runtime == ExportOptions().runtime),
      "--format torch writes the weights alone; --preprocessing, --unit-length, --runtime and --int8 are for --format "
      "onnx");
  if (!options.int8) {
    require(
        !is_for_int8(quantization),
        "--calibration, --pairs, --images, --max-loss and the options of the evaluation (--flip, --folds, --resize, "
        "--center-crop, --subtract-mean) are for --int8; add it, or leave them out");
    return;
  }
  require(!quantization.calibration.empty(),
          "--int8 needs --calibration, a set of face images like those that the network will see: folders of people or "
          "a packed set");
  require(!quantization.pairs.empty(),
          "--int8 needs --pairs and --images, as `massface evaluate` takes them: the file is written only if at most "
          "{} percentage points of accuracy are lost (--max-loss)",
          quantization.max_loss);
  quantization.evaluation.other_size();  // throws if the options contradict each other
}

}  // namespace massface
