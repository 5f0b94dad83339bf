#include "pool/set_embedding.h"

#include <torch/torch.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/stopwatch.h"
#include "distributed/agreement.h"
#include "model/embed_images.h"
#include "pipeline/bad_image_limit.h"

namespace massface {
namespace {

constexpr double kSecondsBetweenLines = 60;

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

void BadImageList::add(UnreadableImage image) {
  if (known_.insert(image.image).second) unreported_.push_back(std::move(image));
}

void BadImageList::add_from(SharedBatches& batches) {
  for (UnreadableImage& image : batches.take_bad_images()) add(std::move(image));
}

std::vector<UnreadableImage> BadImageList::take() { return std::exchange(unreported_, {}); }

EmbeddedSet embed_set(const PhaseContext& phase, const std::vector<ImageIndex>& images, BadImageList& bad) {
  const TrainingSetup& setup = phase.setup;
  const Dataset& dataset = *setup.training;
  std::vector<ImageIndex> wanted;
  std::ranges::copy_if(images, std::back_inserter(wanted),
                       [&](ImageIndex image) { return !bad.known().contains(image); });
  EmbeddedSet set{.embeddings = torch::empty({0, setup.model.backbone.embedding_size})};
  std::vector<int64_t> labels;  // of the readable images
  if (!wanted.empty()) {
    Progress progress(phase.options().name, std::ssize(wanted));
    EmbeddedImages embedded = embed_images(Embedder(setup.model), dataset, wanted,
                                           {.other_size = setup.recipe.pipeline.other_size(),
                                            .threads = setup.threads,
                                            .progress =
                                                [&](int64_t done) {
                                                  throw_if_stopped(*setup.processes);
                                                  progress.show(done);
                                                },
                                            .processes = setup.processes});
    ReadableRows readable = readable_unit_rows(embedded);
    for (UnreadableImage& image : embedded.unreadable) {
      image.image = wanted[static_cast<size_t>(image.image)];
      bad.add(image);
    }
    if (!embedded.unreadable.empty()) {
      require_few_bad_images(dataset, setup.recipe.dataset.max_bad_fraction, std::ssize(bad.known()),
                             embedded.unreadable.back());
    }
    require(std::ssize(bad.known()) < dataset.size(),
            "none of the {} images to train on can be read; `massface inspect` lists the reasons", dataset.size());
    for (const int64_t row : readable.rows) {
      set.images.push_back(wanted[static_cast<size_t>(row)]);
      labels.push_back(dataset.identity_of(set.images.back()));
    }
    set.embeddings = std::move(readable.embeddings);
    set.seconds_waited = embedded.load_seconds;
  }
  set.labels = torch::tensor(labels, torch::kLong);
  return set;
}

}  // namespace massface
