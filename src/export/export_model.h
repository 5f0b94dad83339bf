#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "export/export_options.h"
#include "export/onnx_graph.h"
#include "model/model.h"

namespace massface {

// What became of a network's accuracy in 8 bits.
struct QuantizationReport {
  std::string set;             // the name of the result: "LFW"
  double accuracy_before = 0;  // of the network, 0 to 1
  double accuracy_after = 0;   // of the graph
  double least_cosine = 0;     // between their embeddings of the same faces
  int64_t calibration_images = 0;
};

// What was written.
struct ExportReport {
  Model model;  // that was exported
  std::string fingerprint;
  uint64_t num_bytes = 0;
  // For the format onnx.
  OnnxValue input, output;
  double least_cosine = 0;  // between the embeddings of the network and those of the float graph
  std::optional<QuantizationReport> quantization;
};

// Writes the network of these weights to the file `out`. The file appears only when its bytes have been read back and
// compared with the network: as an ONNX graph by its embeddings, computed by OnnxInterpreter, as a state dictionary by
// every bit. Throws Error for options that exclude each other, for weights that are not finite, for a file that cannot
// be created or would replace an input, and if 8 bits cost more accuracy than options.quantization.max_loss; Failure if
// the comparison fails, or if the disk is full.
ExportReport export_model(const std::filesystem::path& weights, const std::filesystem::path& out,
                          const ExportOptions& options);

// Throws Failure if the graph of these bytes does not embed faces as the model does, alone and in a batch. Returns the
// least cosine.
double require_same_embeddings(const Model& model, const std::string& onnx_bytes);

}  // namespace massface
