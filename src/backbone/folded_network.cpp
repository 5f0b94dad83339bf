#include "backbone/folded_network.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "backbone/weight_layout.h"
#include "kernels/channel_rows.h"
#include "kernels/strips.h"

namespace massface {
namespace {

// The number of pixels that a stage processes at a time: with 128 channels these are 400 kB, less than a second-level
// cache. After the global convolution, where an image is one pixel, these are all images that a thread has, up to this
// number.
constexpr int64_t kPixelsAtOnce = 784;

std::vector<float> copied_values(const Tensor& tensor) {
  if (!tensor.defined()) return {};
  const float* data = tensor.const_data_ptr<float>();
  return {data, data + tensor.numel()};
}

FoldedPointwise pointwise_of(const ConvUnit& unit, Storage storage) {
  const ConvUnit::Parts parts = unit.parts();
  const int64_t columns = unit.shape().out_channels, depth = parts.weight.numel() / columns;
  const float* weight = channels_last_memory(parts.weight);
  using Weight = std::variant<PackedMatrix, PackedPairs>;
  return {.weight = storage == Storage::kFloat32 ? Weight(PackedMatrix(weight, depth, columns, 1, depth))
                                                 : Weight(PackedPairs(weight, depth, columns, 1, depth)),
          .bias = copied_values(parts.folded_bias),
          .slope = copied_values(parts.slope)};
}

FoldedDepthwise depthwise_of(const ConvUnit& unit) {
  const ConvUnit::Parts parts = unit.parts();
  return {.weights = tap_major(parts.weight),
          .bias = copied_values(parts.folded_bias),
          .slope = copied_values(parts.slope),
          .stride = unit.shape().stride};
}

// Cuts the layers into stages.
class StageBuilder {
 public:
  StageBuilder(const std::vector<NetworkLayer>& layers, std::array<int64_t, 2> image_size, Storage storage)
      : layers_(layers), size_(image_size), storage_(storage) {}

  // Returns nothing if a layer does not fit into any stage.
  std::vector<FoldedStage> build() {
    std::vector<FoldedStage> stages;
    while (next_ < std::ssize(layers_)) {
      std::optional<FoldedStage> stage = take();
      if (!stage) return {};
      stages.push_back(std::move(*stage));
    }
    return stages;
  }

 private:
  using Kind = ConvShape::Kind;

  Kind kind(int64_t layer) const {
    if (layer >= std::ssize(layers_) || !layers_[layer].unit->parts().folded_bias.defined()) return Kind::kOther;
    const ConvShape& shape = layers_[layer].unit->shape();
    const Kind kind = shape.kind(size_);
    const bool whole_pairs = storage_ == Storage::kFloat32 || shape.in_channels % 2 == 0;
    return kind == Kind::kPointwise && !whole_pairs ? Kind::kOther : kind;
  }
  const ConvUnit& pass() {
    const ConvUnit& unit = *layers_[next_++].unit;
    size_ = unit.output_size(size_);
    return unit;
  }

  std::optional<FoldedStage> take() {
    FoldedStage stage{.storage = storage_};
    const int64_t first = next_;
    stage.channels = layers_[first].unit->shape().in_channels;
    if (kind(next_) == Kind::kStem) {
      if (first > 0) return std::nullopt;
      stage.image_size = size_;
      stage.expand = pointwise_of(pass(), Storage::kFloat32);
      stage.channels = 3;
    }
    std::tie(stage.height, stage.width) = std::tuple(size_[0], size_[1]);
    if (kind(next_) == Kind::kGlobalDepthwise && next_ == first) {
      stage.global = depthwise_of(pass());
    } else {
      if (!stage.expand && kind(next_) == Kind::kPointwise) stage.expand = pointwise_of(pass(), storage_);
      if (kind(next_) == Kind::kDepthwise) stage.depthwise = depthwise_of(pass());
      // A 1x1 layer before a depthwise one widens for it, and so begins the next stage.
      if (stage.depthwise && kind(next_) == Kind::kPointwise && kind(next_ + 1) != Kind::kDepthwise) {
        stage.project = pointwise_of(pass(), storage_);
      }
    }
    if (next_ == first) return std::nullopt;
    return finish(std::move(stage), first);
  }

  // Returns nothing if the stage has a residual that it cannot add: it must run from the first layer to the last.
  std::optional<FoldedStage> finish(FoldedStage stage, int64_t first) const {
    for (int64_t layer = first; layer < next_; ++layer) {
      const int64_t from = layers_[layer].residual_from;
      if (from < 0) continue;
      const bool whole = from == first && layer == next_ - 1 && stage.expand && stage.project &&
                         !layers_[layer].unit->parts().slope.defined() && !stage.image_size;
      if (!whole) return std::nullopt;
      stage.residual = true;
    }
    return stage;
  }

  const std::vector<NetworkLayer>& layers_;
  std::array<int64_t, 2> size_;
  Storage storage_;
  int64_t next_ = 0;
};

int64_t in_floats(const FoldedStage& stage) {
  if (stage.image_size) return (*stage.image_size)[0] * (*stage.image_size)[1] * stage.channels;
  return stage.height * stage.width * stage.channels;
}
int64_t out_floats(const FoldedStage& stage) { return stage.out_height() * stage.out_width() * stage.out_channels(); }

// Runs the stage for one image with all threads, which divide its rows among them.
void run_in_parts(const FoldedStage& stage, ConstValues in, Values out, std::vector<AlignedFloats>& scratch) {
  const int64_t rows = stage.out_height(), row = stage.out_width() * stage.out_channels();
  const int64_t parts = stage.global ? 1 : std::min<int64_t>(std::ssize(scratch), rows);
  at::parallel_for(0, parts, 1, [&](int64_t first, int64_t end) {
    for (int64_t part = first; part < end; ++part) {
      float* own = scratch[part].data();
      if (stage.global) {
        run_stage(stage, 1, in, out, own);
        continue;
      }
      const int64_t begin_row = part * rows / parts, end_row = (part + 1) * rows / parts;
      if (stage.residual) copy_values(in + begin_row * row, out + begin_row * row, (end_row - begin_row) * row);
      run_stage_rows(stage, begin_row, end_row, in, out, own);
    }
  });
}

}  // namespace

std::unique_ptr<FoldedNetwork> FoldedNetwork::of(const std::vector<NetworkLayer>& layers,
                                                 std::array<int64_t, 2> image_size, Storage storage) {
  std::vector<FoldedStage> stages = StageBuilder(layers, image_size, storage).build();
  if (stages.empty() || stages.back().out_height() * stages.back().out_width() != 1) return nullptr;
  return std::unique_ptr<FoldedNetwork>(new FoldedNetwork(std::move(stages), image_size, storage));
}

FoldedNetwork::FoldedNetwork(std::vector<FoldedStage> stages, std::array<int64_t, 2> image_size, Storage storage)
    : image_size_(image_size), storage_(storage) {
  for (FoldedStage& stage : stages) {
    const int64_t at_once = std::max<int64_t>(1, kPixelsAtOnce / (stage.height * stage.width));
    if (sections_.empty() || sections_.back().images_at_once != at_once) {
      sections_.push_back({.stages = {},
                           .images_at_once = at_once,
                           .last_moving = 0,
                           .in_floats = in_floats(stage),
                           .out_floats = 0,
                           .largest_floats = 0});
    }
    Section& section = sections_.back();
    section.out_floats = out_floats(stage);
    section.largest_floats = std::max(section.largest_floats, section.out_floats);
    scratch_floats_ = std::max(scratch_floats_, stage.scratch_floats());
    section.stages.push_back(std::move(stage));
  }
  for (Section& section : sections_) {
    const auto moving = std::find_if(section.stages.rbegin(), section.stages.rend(),
                                     [](const FoldedStage& stage) { return !stage.residual; });
    section.last_moving = moving == section.stages.rend() ? section.stages.size()
                                                          : static_cast<size_t>(section.stages.rend() - moving) - 1;
  }
}

bool FoldedNetwork::shares_images(int64_t batch, int64_t threads) {
  return threads > 1 && (batch == 1 || 4 * batch <= threads);
}

bool FoldedNetwork::takes(const Tensor& images) {
  return images.is_cpu() && images.scalar_type() == at::kFloat && images.dim() == 4 && images.size(1) == 3 &&
         images.size(0) >= 1 && images.is_contiguous(at::MemoryFormat::ChannelsLast) && !at::GradMode::is_enabled();
}

std::unique_ptr<FoldedNetwork::Workspace> FoldedNetwork::workspace() const {
  {
    const std::scoped_lock lock(mutex_);
    if (!free_.empty()) {
      auto workspace = std::move(free_.back());
      free_.pop_back();
      return workspace;
    }
  }
  auto workspace =
      std::make_unique<Workspace>(Workspace{.inputs = {}, .between = {}, .scratch = AlignedFloats(scratch_floats_)});
  for (const Section& section : sections_) {
    const auto buffer = [&](int64_t floats) { return AlignedFloats(section.images_at_once * floats); };
    workspace->inputs.push_back(buffer(section.in_floats));
    workspace->between.push_back({buffer(section.largest_floats), buffer(section.largest_floats)});
  }
  return workspace;
}

void FoldedNetwork::produce(size_t index, int64_t images, const float* in, Values out, Workspace& workspace) const {
  const Section& section = sections_[index];
  for (int64_t begin = 0; begin < images; begin += section.images_at_once) {
    const int64_t count = std::min(section.images_at_once, images - begin);
    const float* images_here = in + begin * sections_.front().in_floats;
    const Values to = out + begin * section.out_floats;
    Values here = values_in(workspace.inputs[index].data(), storage_);
    ConstValues from = images_here;
    if (index > 0) {
      produce(index - 1, count, images_here, here, workspace);
      from = here;
    }
    if (section.last_moving == section.stages.size()) {
      copy_values(from, to, count * section.in_floats);
      from = here = to;
    }
    std::array<Values, 2> between;
    for (size_t i = 0; i < 2; ++i) between[i] = values_in(workspace.between[index][i].data(), storage_);
    size_t other = 0;
    for (size_t i = 0; i < section.stages.size(); ++i) {
      const FoldedStage& stage = section.stages[i];
      if (!stage.residual) {
        here = i == section.last_moving ? to : between[other];
        other = 1 - other;
      }
      run_stage(stage, count, from, here, workspace.scratch.data());
      from = here;
    }
  }
}

void FoldedNetwork::produce_together(int64_t images, const float* in, Values out) const {
  int64_t largest = 0;
  for (const Section& section : sections_) largest = std::max(largest, section.largest_floats);
  std::vector<AlignedFloats> scratch = scratch_of_parts(scratch_floats_);
  std::array<AlignedFloats, 2> between{AlignedFloats(largest), AlignedFloats(largest)};
  for (int64_t image = 0; image < images; ++image) {
    ConstValues from = in + image * sections_.front().in_floats;
    size_t other = 0;
    for (const Section& section : sections_) {
      for (const FoldedStage& stage : section.stages) {
        const bool last = &section == &sections_.back() && &stage == &section.stages.back();
        const Values to = last ? out + image * section.out_floats : values_in(between[other].data(), storage_);
        other = 1 - other;
        run_in_parts(stage, from, to, scratch);
        from = to;
      }
    }
  }
}

Tensor FoldedNetwork::forward(const Tensor& images) const {
  const int64_t batch = images.size(0), channels = sections_.back().out_floats;
  Tensor result = at::empty({batch, channels}, storage_ == Storage::kFloat32 ? at::kFloat : at::kBFloat16);
  const float* in = images.const_data_ptr<float>();
  const Values out = values_in(static_cast<float*>(result.mutable_data_ptr()), storage_);
  if (shares_images(batch, at::get_num_threads())) {
    produce_together(batch, in, out);
    return result.to(at::kFloat);
  }
  const int64_t threads = std::min<int64_t>(at::get_num_threads(), batch);
  at::parallel_for(0, threads, 1, [&](int64_t first, int64_t last) {
    for (int64_t part = first; part < last; ++part) {
      const int64_t begin = part * batch / threads, end = (part + 1) * batch / threads;
      std::unique_ptr<Workspace> own = workspace();
      produce(sections_.size() - 1, end - begin, in + begin * sections_.front().in_floats, out + begin * channels,
              *own);
      const std::scoped_lock lock(mutex_);
      free_.push_back(std::move(own));
    }
  });
  return result.to(at::kFloat);
}

}  // namespace massface
