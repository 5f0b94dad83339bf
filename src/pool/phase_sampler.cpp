#include "pool/phase_sampler.h"

#include <torch/torch.h>

#include "core/error.h"
#include "core/log.h"
#include "core/stopwatch.h"
#include "kernels/unit_rows.h"
#include "mining/nearest_neighbours.h"

namespace massface {
namespace {

constexpr const char* kNeighbours = "sampler.neighbours";

// Number of images, spread over all images of an identity, whose mean embedding represents it.
constexpr int64_t kImagesOfIdentity = 8;

// Number of neighbours kept per identity, in units of the group's size. Towards the end of an epoch most neighbours are
// already taken; with a few times the group's size, it is rare that none is left before then.
constexpr int64_t kNeighboursOfPlace = 4;

std::vector<ImageIndex> some_images_of(const Dataset& dataset, const std::vector<IdentityIndex>& identities) {
  std::vector<ImageIndex> images;
  for (const IdentityIndex identity : identities) {
    const int64_t all = dataset.num_images_of(identity), count = std::min(all, kImagesOfIdentity);
    for (int64_t i = 0; i < count; ++i) images.push_back(dataset.first_image_of(identity) + i * all / count);
  }
  return images;
}

// The mean embedding of each identity that has a readable image.
struct MeanFaces {
  std::vector<IdentityIndex> identities;  // [N], ascending
  Tensor directions;                      // float32 [N, D], of unit length
};

MeanFaces mean_faces(const EmbeddedSet& set) {
  MeanFaces faces;
  std::vector<Tensor> sums;
  for (int64_t i = 0; i < set.embeddings.size(0); ++i) {
    const auto identity = set.labels[i].item<int64_t>();
    if (faces.identities.empty() || faces.identities.back() != identity) {
      faces.identities.push_back(identity);
      sums.push_back(set.embeddings[i].clone());
    } else {
      sums.back() += set.embeddings[i];
    }
  }
  faces.directions = unit_rows(at::stack(sums));
  return faces;
}

// Returns the most similar identities of each identity: int64 [identities, M], most similar first, padded with -1.
Tensor find_neighbours(const PhaseContext& phase, BadImageList& bad) {
  const Dataset& dataset = *phase.setup.training;
  const IdentitySamplerOptions& options = phase.options().objective.batch.by_identity;
  const auto images = some_images_of(dataset, identities_with_images(dataset, options.min_images));
  log_info("phase {}: looking for similar identities in {} images", phase.options().name, images.size());
  const Stopwatch watch;
  const EmbeddedSet set = embed_set(phase, images, bad);
  if (!set.embeddings.isfinite().all().item<bool>()) {
    throw Failure(
        fmt::format("phase {}: the network's embeddings are not finite, so similar identities cannot be found",
                    phase.options().name));
  }
  const MeanFaces faces = mean_faces(set);
  const auto nearest = nearest_neighbours(faces.directions, kNeighboursOfPlace * options.similar_identities);
  Tensor table =
      torch::full({dataset.num_identities(), kNeighboursOfPlace * options.similar_identities}, -1, torch::kLong);
  auto entries = table.accessor<int64_t, 2>();
  for (size_t i = 0; i < nearest.size(); ++i) {
    int64_t column = 0;
    for (const int64_t other : nearest[i]) {
      entries[faces.identities[i]][column++] = faces.identities[static_cast<size_t>(other)];
    }
  }
  log_info("phase {}: similar identities found in {:.1f} s", phase.options().name, watch.seconds());
  return table;
}

IdentityNeighbours list_of(const Tensor& table) {
  IdentityNeighbours neighbours(static_cast<size_t>(table.size(0)));
  const auto entries = table.accessor<int64_t, 2>();
  for (int64_t i = 0; i < table.size(0); ++i) {
    for (int64_t j = 0; j < table.size(1) && entries[i][j] >= 0; ++j) {
      neighbours[static_cast<size_t>(i)].push_back(entries[i][j]);
    }
  }
  return neighbours;
}

}  // namespace

PhaseSampler::PhaseSampler(const PhaseContext& phase, const Objective& objective)
    : phase_(phase),
      objective_(objective),
      sampler_(objective.make_sampler(*phase.setup.training, phase.seed(), /*neighbours=*/{})),
      neighbours_(torch::empty({0, 0}, torch::kLong)) {}

void PhaseSampler::prepare(BadImageList& bad) {
  if (!seeks_similar()) return;
  if (neighbours_.size(0) == 0) neighbours_ = find_neighbours(phase_, bad);
  sampler_ = objective_.make_sampler(*phase_.setup.training, phase_.seed(), list_of(neighbours_));
}

NamedTensors PhaseSampler::state() const {
  NamedTensors state;
  if (seeks_similar()) state.tensors = {{kNeighbours, neighbours_}};
  return state;
}

void PhaseSampler::restore(const NamedTensors& state) {
  if (!seeks_similar()) return;
  const Tensor& table = state.at(kNeighbours);
  const int64_t identities = phase_.setup.training->num_identities();
  require(table.dim() == 2 && table.scalar_type() == at::kLong && (table.size(0) == 0 || table.size(0) == identities) &&
              (table.numel() == 0 || table.max().item<int64_t>() < identities),
          "the checkpoint's {} is not a table of {} identities: was the data set changed?", kNeighbours, identities);
  neighbours_ = table;
}

}  // namespace massface
