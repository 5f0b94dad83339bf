#include "pool/set_embedding.h"

#include <torch/torch.h>

#include "core/log.h"
#include "core/stop_signal.h"
#include "core/stopwatch.h"
#include "model/embedder.h"
#include "sampling/sequential_sampler.h"

namespace massface {
namespace {

constexpr int64_t kBatch = 64;
constexpr double kSecondsBetweenLines = 60;

PipelineOptions without_augmentation(PipelineOptions options) {
  options.flip = false;
  options.crop_padding = 0;
  options.brightness = options.contrast = options.saturation = 0;
  return options;
}

Batch next_of(BatchLoader& loader, BadImageList& bad) {
  try {
    Batch batch = loader.next();
    bad.add_from(loader);
    return batch;
  } catch (...) {
    bad.add_from(loader);
    throw;
  }
}

// Logs one line per minute while embedding takes minutes.
class Progress {
 public:
  Progress(const std::string& phase, int64_t images) : phase_(phase), images_(images) {}

  void show(int64_t done) {
    if (since_line_.seconds() < kSecondsBetweenLines) return;
    since_line_ = Stopwatch();
    log_info("phase {}: {} of {} images embedded, {:.0f} images/s", phase_, done, images_,
             static_cast<double>(done) / watch_.seconds());
  }

 private:
  const std::string& phase_;
  int64_t images_;
  Stopwatch watch_, since_line_;
};

}  // namespace

void BadImageList::add_from(BatchLoader& loader) {
  for (BadImageReport& report : loader.take_bad_images()) {
    if (known_.insert(report.image).second) unreported_.push_back(std::move(report));
  }
}

std::vector<BadImageReport> BadImageList::take() { return std::exchange(unreported_, {}); }

EmbeddedSet embed_set(const PhaseContext& phase, const std::vector<ImageIndex>& images, BadImageList& bad) {
  const TrainingSetup& setup = phase.setup;
  const SequentialSampler sampler(images, kBatch);
  const int64_t batches = sampler.batches_per_epoch();
  BatchLoader loader({*setup.training, sampler, setup.model.input.height, setup.model.input.width},
                     without_augmentation(setup.recipe.pipeline), setup.recipe.dataset.max_bad_fraction, phase.seed(),
                     0, batches, bad.known());
  const Embedder embedder(setup.model);
  EmbeddedSet set{.embeddings =
                      torch::empty({static_cast<int64_t>(images.size()), setup.model.backbone.embedding_size})};
  std::vector<int64_t> readable;  // positions in `images`
  Progress progress(phase.options().name, static_cast<int64_t>(images.size()));
  for (int64_t i = 0; i < batches; ++i) {
    if (stop_was_asked_for()) throw Interrupted();
    const Batch batch = next_of(loader, bad);
    const auto begin = i * kBatch, end = begin + static_cast<int64_t>(batch.indices.size());
    set.embeddings.slice(0, begin, end).copy_(embedder.embed(batch.images, Flip::kNone, kBatch));
    for (int64_t position = begin; position < end; ++position) {
      // The image that replaces an unreadable one is already in the set at its own position.
      const auto image = images[static_cast<size_t>(position)];
      if (batch.indices[static_cast<size_t>(position - begin)] == image) readable.push_back(position);
    }
    progress.show(end);
  }
  std::vector<int64_t> labels;
  for (const int64_t position : readable) {
    set.images.push_back(images[static_cast<size_t>(position)]);
    labels.push_back(setup.training->identity_of(set.images.back()));
  }
  if (readable.size() < images.size()) {
    set.embeddings = set.embeddings.index_select(0, torch::tensor(readable, torch::kLong));
  }
  set.labels = torch::tensor(labels, torch::kLong);
  set.seconds_waited = loader.seconds_waited();
  return set;
}

}  // namespace massface
