#include "recognition/recognizer.h"

#include "align/detector_weights.h"
#include "align/memory_budget.h"
#include "checkpoint/run_weights.h"
#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/threads.h"
#include "kernels/device.h"
#include "kernels/precision.h"

namespace massface {
namespace {

AlignmentOptions alignment_of(const RecognizerOptions& options, const InputFormat& input, const std::string& faces) {
  AlignmentOptions alignment{
      .size = fmt::format("{}x{}", input.height, input.width), .faces = faces, .max_side = options.max_side};
  alignment.detector.min_face = options.min_face;
  return alignment;
}

}  // namespace

std::string conditions_of(const Model& model, Flip flip) {
  return fmt::format("weights {}, flip {}", hex(hash64(encode_safetensors(to_tensors(model)))),
                     flip_names()[static_cast<size_t>(flip)]);
}

void RecognizerOptions::describe_weights(OptionTable& table) {
  table.add("checkpoint", checkpoint,
            "Weights of the run directory to use: last, best, the name of a finished phase, or step-000000120 (empty: "
            "the result of the run).");
}

void RecognizerOptions::describe(OptionTable& table) {
  describe_weights(table);
  table.add("aligned", aligned, "The images are crops, as `massface align` writes them; no faces are looked for.");
  table.add("resize", resize, "With --aligned: resize crops of another size than the network's input.");
  table.add("center_crop", center_crop, "With --aligned: use the middle of crops that are larger than the input.");
  table.add("min_face", min_face, {.min = 12, .max = 10000},
            "Shorter side of the smallest face to look for, in pixels.");
  table.add("max_side", max_side, {.min = 64, .max = 65536},
            "Photographs with a longer side are reduced to it before faces are looked for.");
  table.add("detector", detector,
            "File with MTCNN's weights (mtcnn.safetensors), if they are not found automatically.");
  table.add_choice(
      "flip", flip, {"auto", "none", "sum", "concatenate"},
      "How to use the embedding of the mirrored face. auto: as the weights' table of thresholds has it, or "
      "sum without one.");
  table.add("device", device, "auto, cpu or cuda:N.");
  table.add_choice("precision", precision, precision_names(), "Precision of the network's layers.");
  table.add("threads", threads, {.min = 0, .max = 1024}, "Number of threads (0: one per available core).");
}

Recognizer::Recognizer(const RecognizerOptions& options, const std::string& faces) {
  require(!options.model.empty(), "--model is not given: the weights of a network, or a run directory");
  require(options.aligned || (!options.resize && !options.center_crop),
          "--resize and --center-crop are for crops (--aligned); photographs are aligned to the network's input");
  require(!options.resize || !options.center_crop,
          "--resize and --center-crop both treat crops of another size; choose one");
  weights_ = find_run_weights(options.model, options.checkpoint);
  flip_ = options.flip == "auto" ? flip_of_table(weights_) : parse_flip(options.flip);
  const int64_t threads = set_compute_threads(options.threads);
  Model model = load_model(weights_);
  const at::Device device = resolve_device(options.device);
  model.network->to(device);
  const bool bf16 = infers_in_bf16(options.precision, device, model.backbone.kernels);
  embedder_ = std::make_unique<Embedder>(model, bf16);
  FaceReaderOptions reading{.aligned = options.aligned,
                            .other_size = other_size_of(options.resize, options.center_crop),
                            .alignment = alignment_of(options, model.input, faces),
                            .threads = threads,
                            .memory_bytes = default_photograph_memory()};
  if (options.aligned) {
    search_conditions_ = options.resize ? "given crops, resized" : "given crops";
  } else {
    const NamedTensors detector = find_detector_weights(options.detector);
    detector_ = std::make_unique<Mtcnn>(detector, reading.alignment.detector);
    search_conditions_ = fmt::format("detector {}, faces {}, min_face {}, max_side {}",
                                     fingerprint_of_detector(detector), faces, options.min_face, options.max_side);
  }
  // The middle of a crop is what a photograph is aligned to for a smaller input, so that both can be compared.
  conditions_ = fmt::format("{}, {}{}", conditions_of(model, flip_), bf16 ? "bf16" : "fp32",
                            options.resize ? ", resized crops" : "");
  reader_ = std::make_unique<FaceReader>(model.input, detector_.get(), std::move(reading));
  log_info("{}: {}, {}-d, flip {}, {}", printable(weights_.native()), model.backbone.name,
           model.backbone.embedding_size, flip_names()[static_cast<size_t>(flip_)],
           describe_precision(bf16, device, model.backbone.kernels));
}

}  // namespace massface
