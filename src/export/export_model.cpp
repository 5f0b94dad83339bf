#include "export/export_model.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/threads.h"
#include "evaluation/evaluate_pairs.h"
#include "evaluation/read_verification_set.h"
#include "export/calibration.h"
#include "export/compared_embeddings.h"
#include "export/graph_embedder.h"
#include "export/graph_of_model.h"
#include "export/model_metadata.h"
#include "export/onnx_file.h"
#include "export/quantize.h"
#include "tensor_file/torch_file.h"
#include "tensor_file/torch_writer.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// The faces of the comparison: more than one, and a number that no runtime's blocks divide.
constexpr int64_t kComparedFaces = 7;

void require_finite(const Model& model, const fs::path& weights) {
  for (const auto& [name, tensor] : to_tensors(model).tensors) {
    require(tensor.isfinite().all().item<bool>(),
            "{}: its tensor {} holds numbers that are not finite; a network with such weights has no embeddings",
            printable(weights.native()), name);
  }
}

// Returns the network's accuracy and the graph's on the same pairs.
QuantizationReport measure_loss(const Model& model, const std::string& bytes, const VerificationSet& set,
                                const EvaluationOptions& options) {
  log_info("measuring the accuracy of the network");
  const VerificationResult before = evaluate_pairs(Embedder(model), set, options).verification;
  log_info("measuring the accuracy of its graph in 8 bits, in the program's interpreter");
  const GraphEmbedder graph(bytes, model.input);
  const VerificationResult after = evaluate_pairs(graph, set, options).verification;
  return {.set = before.name,
          .accuracy_before = before.accuracy,
          .accuracy_after = after.accuracy,
          .least_cosine = least_cosine(model, graph, faces_to_compare(model.input, kComparedFaces), kComparedFaces)};
}

// What quantisation reads. It is opened before anything is computed, so that a mistake in it costs no time.
struct QuantizationSets {
  VerificationSet pairs;
  Tensor faces;  // to calibrate with

  static QuantizationSets open(const QuantizationOptions& options, const InputFormat& input) {
    const EvaluationOptions& evaluation = options.evaluation;
    QuantizationSets sets{.pairs = read_verification_set(options.pairs, options.images, "")};
    require_measurable(sets.pairs, evaluation);
    sets.faces = load_calibration_images(options.calibration, options.calibration_images, input,
                                         evaluation.other_size(), resolve_threads(evaluation.threads));
    return sets;
  }
};

// Returns the bytes of the file.
std::string export_onnx(const fs::path& weights, const ExportOptions& options, ExportReport& report) {
  std::optional<QuantizationSets> sets;
  if (options.int8) sets = QuantizationSets::open(options.quantization, report.model.input);
  OnnxGraph graph = graph_of(report.model, {.preprocessing = options.preprocessing,
                                            .unit_length = options.unit_length,
                                            .split_prelu = options.runtime != "opencv"});
  graph.metadata = metadata_of(report.model, weights, options);
  std::string bytes = encode_onnx(graph);
  report.input = graph.input;
  report.output = graph.output;
  report.least_cosine = require_same_embeddings(report.model, bytes);
  if (!options.int8) return bytes;

  bytes = encode_onnx(quantize(graph, measure_ranges(OnnxInterpreter(graph), report.model.input, sets->faces)));
  QuantizationReport loss = measure_loss(report.model, bytes, sets->pairs, options.quantization.evaluation);
  loss.calibration_images = sets->faces.size(0);
  report.quantization = loss;
  const double most = options.quantization.max_loss, lost = 100 * (loss.accuracy_before - loss.accuracy_after);
  require(
      lost <= most,
      "in 8 bits the accuracy on {} falls from {:.2f} to {:.2f} %, by more than {} points; nothing was written. Use "
      "more calibration images that resemble those of the pairs (--calibration, --calibration-images), accept the "
      "loss (--max-loss), or leave out --int8",
      printable(loss.set), 100 * loss.accuracy_before, 100 * loss.accuracy_after, most);
  return bytes;
}

// Returns the bytes of the file.
std::vector<uint8_t> export_torch(const Model& model) {
  const NamedTensors tensors = to_tensors(model);
  std::vector<uint8_t> bytes = encode_torch_file(tensors);
  const NamedTensors read = decode_torch_file(bytes, "the state dictionary");
  bool is_same = read.tensors.size() == tensors.tensors.size();
  for (size_t i = 0; is_same && i < tensors.tensors.size(); ++i) {
    const auto& [name, tensor] = tensors.tensors[i];
    is_same = read.tensors[i].first == name && read.tensors[i].second.equal(tensor.cpu());
  }
  if (!is_same) throw Failure("the state dictionary that was to be written does not hold the network's weights");
  return bytes;
}

}  // namespace

double require_same_embeddings(const Model& model, const std::string& onnx_bytes) {
  const Tensor faces = faces_to_compare(model.input, kComparedFaces);
  const GraphEmbedder graph(onnx_bytes, model.input);
  const double alone = least_cosine(model, graph, faces.slice(0, 0, 2), 1);
  const double least = std::min(alone, least_cosine(model, graph, faces, kComparedFaces));
  // Not least < kLeastCosine: a cosine that is not a number fails too.
  if (!(least >= kLeastCosine)) {
    throw Failure(fmt::format(
        "the graph that was to be written does not compute what the network computes: the least cosine of their "
        "embeddings is {:.6f}, not at least {}. Nothing was written",
        least, kLeastCosine));
  }
  return least;
}

ExportReport export_model(const fs::path& weights, const fs::path& out, const ExportOptions& options) {
  require_consistent(options);
  ExportReport report{.model = load_model(weights)};
  const QuantizationOptions& quantization = options.quantization;
  std::vector<fs::path> inputs{weights};
  for (const std::string& path : {quantization.calibration, quantization.pairs, quantization.images}) {
    if (!path.empty()) inputs.emplace_back(path);
  }
  require_writable_file(out, inputs);
  require_finite(report.model, weights);
  report.fingerprint = fingerprint_of_model(report.model);
  if (options.format == "onnx") {
    const std::string bytes = export_onnx(weights, options, report);
    report.num_bytes = bytes.size();
    write_file_atomically(out, bytes);
  } else {
    const std::vector<uint8_t> bytes = export_torch(report.model);
    report.num_bytes = bytes.size();
    write_file_atomically(out, bytes);
  }
  return report;
}

}  // namespace massface
