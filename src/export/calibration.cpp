#include "export/calibration.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "dataset/dataset.h"
#include "export/graph_embedder.h"
#include "pipeline/load_images.h"

namespace massface {
namespace {

constexpr int64_t kImagesPerPass = 16;

}  // namespace

Tensor load_calibration_images(const std::string& set, int64_t count, const InputFormat& input, OtherSize other_size,
                               int64_t threads) {
  const std::shared_ptr<const Dataset> dataset = open_dataset(set);
  const int64_t taken = std::min(count, dataset->size());
  std::vector<ImageSource> sources;
  for (int64_t i = 0; i < taken; ++i) sources.push_back(image_source(*dataset, i * dataset->size() / taken));
  const LoadedImages loaded = load_images(sources, input.height, input.width, other_size, threads);
  const int64_t readable = taken - std::ssize(loaded.unreadable);
  require(readable >= kLeastCalibrationImages,
          "{}: it has {} readable images; at least {} are needed to measure the ranges of the 8-bit numbers, and "
          "hundreds are better",
          printable(set), readable, kLeastCalibrationImages);
  if (taken < count)
    log_warning("{}: it has {} images to calibrate with, fewer than the {} asked for", printable(set), taken, count);
  if (loaded.unreadable.empty()) return loaded.images;
  log_warning("{}: {} of {} images cannot be read and are left out, such as {}", printable(set),
              loaded.unreadable.size(), taken, to_line(loaded.unreadable.front()));
  Tensor is_readable = at::ones({taken}, at::kBool);
  for (const UnreadableImage& image : loaded.unreadable) is_readable[image.image] = false;
  return loaded.images.index({is_readable});
}

ActivationRanges measure_ranges(const OnnxInterpreter& graph, const InputFormat& input, const Tensor& images) {
  ActivationRanges sums;
  const auto add = [&](const std::string& name, const Tensor& value) {
    if (value.scalar_type() != at::kFloat) return;
    const Tensor rows = value.flatten(1);
    sums[name].low += rows.amin(1).clamp_max(0).sum(at::kDouble).item<double>();
    sums[name].high += rows.amax(1).clamp_min(0).sum(at::kDouble).item<double>();
  };
  const int64_t count = images.size(0);
  for (int64_t begin = 0; begin < count; begin += kImagesPerPass) {
    const Tensor batch = images.slice(0, begin, std::min(begin + kImagesPerPass, count));
    graph.run(graph_input(graph.graph(), input, batch), add);
  }
  for (auto& [name, range] : sums) {
    range.low /= static_cast<double>(count);
    range.high /= static_cast<double>(count);
  }
  return sums;
}

}  // namespace massface
