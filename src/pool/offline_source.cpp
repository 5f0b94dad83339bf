#include "pool/offline_source.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/stopwatch.h"
#include "dataset/base_indices.h"
#include "distributed/agreement.h"
#include "pool/pool_selection.h"
#include "pool/triplet_round.h"
#include "tensor_file/npy.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

// Returns the number of rounds in earlier phases: files are numbered throughout the run.
int64_t rounds_before(const PhaseContext& phase) {
  int64_t rounds = 0;
  for (int64_t i = 0; i < phase.phase_index; ++i) {
    const ObjectiveOptions& options = phase.setup.recipe.phases[static_cast<size_t>(i)].objective;
    if (options.mining.pool.pool != "offline") continue;
    const IdentitySampler sampler(*phase.setup.training, options.batch.by_identity, /*seed=*/0);
    const int64_t length = options.mining.pool.steps_of_round(sampler.batches_per_epoch());
    rounds += (phase.setup.steps_of_phase[static_cast<size_t>(i)] + length - 1) / length;
  }
  return rounds;
}

Tensor mapped(const Tensor& positions, const std::vector<ImageIndex>& images) {
  return torch::tensor(images, torch::kLong).index_select(0, positions);
}

Triplets mapped(const Triplets& triplets, const std::vector<ImageIndex>& images) {
  return {mapped(triplets.anchors, images), mapped(triplets.positives, images), mapped(triplets.negatives, images)};
}

// Maps indices of the whole set back to those of the training images.
Tensor unmapped(const Tensor& indices, const std::vector<ImageIndex>& whole) {
  return torch::searchsorted(torch::tensor(whole, torch::kLong), indices);
}

Triplets unmapped(const Triplets& triplets, const std::vector<ImageIndex>& whole) {
  return {unmapped(triplets.anchors, whole), unmapped(triplets.positives, whole), unmapped(triplets.negatives, whole)};
}

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string weights_fingerprint(const Model& model) { return hex(hash64(encode_safetensors(to_tensors(model)))); }

}  // namespace

OfflineSource::OfflineSource(const PhaseContext& phase, const Objective& objective)
    : phase_(phase),
      sampler_(objective.make_sampler(*phase.setup.training, phase.seed(), /*neighbours=*/{})),
      steps_of_round_(phase.options().objective.mining.pool.steps_of_round(sampler_->batches_per_epoch())),
      first_round_(rounds_before(phase)),
      whole_indices_(indices_in(*phase.setup.whole, *phase.setup.training)),
      bad_images_(phase.run.known_bad_images) {}

std::filesystem::path OfflineSource::file_of(int64_t round) const {
  return round_file(phase_.run.directory, first_round_ + round);
}

StepBatch OfflineSource::next(int64_t step) {
  StepBatch result;
  const int64_t round = step / steps_of_round_;
  if (restored_) continue_round(step);
  if (round != round_) result.pool = search_round(round, step);
  if (plan_ == nullptr) return result;
  result.batch = loader_->next();
  result.triplets = plan_->at(step)->triplets;
  return result;
}

void OfflineSource::continue_round(int64_t step) {
  restored_ = false;
  if (step / steps_of_round_ != round_) return;  // the round is over
  try {
    begin_training(round_, step, unmapped(read_again(), whole_indices_));
  } catch (const Error&) {
    if (!phase_.run.allow_inexact) throw;
    log_warning("phase {}: {} is missing or was changed, so the round is searched again, with the current network",
                phase_.options().name, printable(file_of(round_).native()));
    round_ = kNoRound;
  }
}

// The first process reads the file and tells the others, whose machines may lack it.
Triplets OfflineSource::read_again() const {
  Processes& processes = *phase_.setup.processes;
  std::vector<uint8_t> bytes;
  require_no_fault(processes, fault_of([&] {
                     if (processes.is_first()) bytes = encode_npy(to_table(read_round(file_of(round_), hash_)));
                   }));
  const std::string told = processes.from_first({bytes.begin(), bytes.end()});
  return from_table(decode_npy(bytes_of(told), "the first process's round", at::kLong));
}

PoolReport OfflineSource::search_round(int64_t round, int64_t step) {
  const std::string& name = phase_.options().name;
  const std::vector<ImageIndex> images = images_of_round(round);
  log_info("phase {}: round {}: embedding {} images", name, first_round_ + round, images.size());
  const Stopwatch watch;
  const EmbeddedSet set = embed_set(phase_, images, bad_images_);
  const double embedding_seconds = watch.seconds();
  seconds_waited_ += set.seconds_waited;
  PoolSelection selection = select_from_pool(phase_, set.embeddings, set.labels, round, step);
  const Triplets triplets = mapped(selection.triplets, set.images);
  PoolReport& report = selection.report;
  report.steps = steps_of_round_;
  report.embedding_milliseconds = 1e3 * (embedding_seconds - set.seconds_waited);
  uint64_t hash = 0;
  if (!phase_.run.directory.empty()) {
    Json facts = selection.facts;
    facts["phase"] = name;
    facts["round"] = first_round_ + round;
    facts["step"] = step;
    facts["dataset_fingerprint"] = hex(phase_.setup.whole->fingerprint());
    facts["weights_fingerprint"] = weights_fingerprint(phase_.setup.model);
    const Triplets kept = mapped(triplets, whole_indices_);
    hash = hash_of_round(kept);
    if (phase_.setup.processes->is_first()) write_round(file_of(round), kept, facts);
  }
  log_info("phase {}: round {}: {} triplets of {} images (embedded in {:.1f} s, searched in {:.1f} s)", name,
           first_round_ + round, triplets.size(), report.images, embedding_seconds, 1e-3 * report.mining_milliseconds);
  if (triplets.size() == 0) {
    log_warning("phase {}: {} selects no triplet from round {}; its {} steps change nothing", name,
                strategy_name(phase_.options().objective.mining.strategy_at(step)), first_round_ + round,
                steps_of_round_);
  }
  hash_ = hash;
  begin_training(round, step, triplets);
  return report;
}

void OfflineSource::begin_training(int64_t round, int64_t step, const Triplets& triplets) {
  if (loader_ != nullptr) {
    seconds_waited_ += loader_->seconds_waited();
    bad_images_.add_from(*loader_);
  }
  loader_.reset();  // its threads use the plan
  plan_.reset();
  round_ = round;
  if (triplets.size() == 0) return;
  const int64_t first_step = round * steps_of_round_;
  plan_ = std::make_unique<RoundPlan>(triplets, batch_size(), phase_.seed(), round, first_step);
  loader_ = make_batches(phase_, *plan_, Loads::kShare, step, std::min(first_step + steps_of_round_, phase_.steps()),
                         bad_images_.known());
}

std::vector<ImageIndex> OfflineSource::images_of_round(int64_t round) const {
  const Dataset& dataset = *phase_.setup.training;
  auto identities = identities_with_images(dataset, phase_.options().objective.batch.by_identity.min_images);
  const auto sample = static_cast<size_t>(phase_.options().objective.mining.pool.sample_identities);
  if (sample > 0 && sample < identities.size()) {
    Random(phase_.seed(), RandomStream::kRoundIdentities, static_cast<uint64_t>(round)).shuffle(identities);
    identities.resize(sample);
    std::ranges::sort(identities);
  }
  std::vector<ImageIndex> images;
  for (const IdentityIndex identity : identities) {
    for (int64_t i = 0; i < dataset.num_images_of(identity); ++i)
      images.push_back(dataset.first_image_of(identity) + i);
  }
  return images;
}

NamedTensors OfflineSource::state() const {
  NamedTensors state;
  state.tensors = {{"round.number_and_hash", torch::tensor({round_, static_cast<int64_t>(hash_)}, torch::kLong)}};
  return state;
}

void OfflineSource::restore(const NamedTensors& state) {
  const Tensor round = state.at("round.number_and_hash");
  require(round.numel() == 2, "the checkpoint's round is of another shape");
  round_ = round[0].item<int64_t>();
  hash_ = static_cast<uint64_t>(round[1].item<int64_t>());
  restored_ = round_ != kNoRound;
}

double OfflineSource::seconds_waited() const {
  return seconds_waited_ + (loader_ == nullptr ? 0 : loader_->seconds_waited());
}

std::vector<UnreadableImage> OfflineSource::take_bad_images() {
  if (loader_ != nullptr) bad_images_.add_from(*loader_);
  return bad_images_.take();
}

}  // namespace massface
