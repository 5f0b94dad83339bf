#include "recipe/training_setup.h"

#include <algorithm>

#include "checkpoint/run_weights.h"
#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/random.h"
#include "core/threads.h"
#include "dataset/same_names.h"
#include "kernels/device.h"
#include "kernels/precision.h"

namespace massface {
namespace {

struct Split {
  std::vector<IdentityIndex> training;
  std::vector<IdentityIndex> held_out;
};

// Identities with one image cannot make a matched pair and are never held out.
Split hold_out(const Dataset& dataset, int64_t count, uint64_t seed) {
  std::vector<IdentityIndex> candidates;
  for (IdentityIndex identity = 0; identity < dataset.num_identities(); ++identity) {
    if (dataset.num_images_of(identity) >= 2) candidates.push_back(identity);
  }
  require(count + 2 <= dataset.num_identities() && count <= static_cast<int64_t>(candidates.size()),
          "validation.identities is {}, but the data set has {} identities ({} with at least two images) and training "
          "needs two of them",
          count, dataset.num_identities(), candidates.size());
  require(count != 1, "validation.identities is 1: mismatched pairs need at least two");
  Random(seed, RandomStream::kHoldOut).shuffle(candidates);
  Split split;
  split.held_out.assign(candidates.begin(), candidates.begin() + count);
  std::ranges::sort(split.held_out);
  for (IdentityIndex identity = 0; identity < dataset.num_identities(); ++identity) {
    if (!std::ranges::binary_search(split.held_out, identity)) split.training.push_back(identity);
  }
  return split;
}

void split_dataset(TrainingSetup& setup) {
  setup.training = setup.whole;
  const int64_t count = setup.recipe.validation.identities;
  if (count == 0) return;
  const auto seed = static_cast<uint64_t>(setup.recipe.seed);
  const Split split = hold_out(*setup.whole, count, seed);
  setup.training = select_identities(setup.whole, split.training);
  setup.held_out = select_identities(setup.whole, split.held_out);
  setup.validation_pairs = make_held_out_pairs(*setup.held_out, setup.recipe.validation.pairs / 2, seed);
}

Model initial_model(const Recipe& recipe, bool initial_weights) {
  if (recipe.from.empty() || !initial_weights)
    return make_model(recipe.backbone, recipe.input, static_cast<uint64_t>(recipe.seed));
  const auto weights = find_run_weights(recipe.from);
  Model model = load_model(weights);
  const BackboneOptions& wanted = recipe.backbone;
  require(model.backbone.name == wanted.name &&
              (wanted.embedding_size == 0 || model.backbone.embedding_size == wanted.embedding_size),
          "from: {} holds a {} of {} dimensions, but the recipe asks for a {} of {}", printable(weights.native()),
          model.backbone.name, model.backbone.embedding_size, wanted.name,
          wanted.embedding_size == 0 ? "its own size" : std::to_string(wanted.embedding_size));
  choose_kernels(model, wanted);
  log_info("starting from {}", printable(weights.native()));
  const InputFormat &is = model.input, &asked = recipe.input;
  if (is.height != asked.height || is.width != asked.width || is.channel_order != asked.channel_order ||
      is.mean != asked.mean || is.scale != asked.scale) {
    log_warning("the weights define their own input format: {} x {}, {}, (x - {}) / {}; the recipe's is ignored",
                is.height, is.width, is.channel_order, is.mean, is.scale);
  }
  return model;
}

std::vector<std::optional<Teacher>> open_teachers(const Recipe& recipe, const Model& student) {
  std::vector<std::optional<Teacher>> teachers;
  for (const PhaseOptions& phase : recipe.phases) {
    teachers.emplace_back();
    if (phase.distill.teacher.empty()) continue;
    try {
      teachers.back() = open_teacher(phase.distill, student);
    } catch (const Error& error) {
      fail("phase {}: {}", phase.name, error.what());
    }
  }
  return teachers;
}

// Otherwise the set that is to choose checkpoints would have no accuracy.
void require_both_kinds(const OpenedVerification& set) {
  const auto& pairs = set.set.pairs.pairs;
  const auto matched = std::ranges::count(pairs, true, &VerificationPair::same);
  const bool all_matched = matched == std::ssize(pairs);
  require(matched != 0 && !all_matched,
          "validation.set is \"{}\", but its {} pairs are all {}: there is no accuracy to choose checkpoints by",
          set.options.name, pairs.size(), all_matched ? "matched" : "mismatched");
}

// Gloo's messages cannot be recorded.
bool chooses_graph(const Recipe& recipe, at::Device device, int64_t processes) {
  require(processes == 1 || recipe.cuda_graphs != "on",
          "cuda_graphs is \"on\", but {} processes train together, whose steps cannot be recorded. Set it to \"auto\"",
          processes);
  if (processes > 1) return false;
  return recipe.cuda_graphs == "on" || (recipe.cuda_graphs == "auto" && device.is_cuda());
}

}  // namespace

const OpenedVerification* TrainingSetup::validation_set() const {
  const auto found = std::ranges::find(verifications, recipe.validation.set,
                                       [](const OpenedVerification& opened) { return opened.options.name; });
  return found == verifications.end() ? nullptr : &*found;
}

uint64_t TrainingSetup::seed_of_phase(int64_t phase_index) const {
  return Random(static_cast<uint64_t>(recipe.seed), RandomStream::kPhaseSeed, static_cast<uint64_t>(phase_index))
      .next_u64();
}

std::map<std::string, std::string> TrainingSetup::conditions() const {
  std::string schedules;
  for (const PhaseOptions& phase : recipe.phases) {
    for (const SchedulePoint& point : phase.schedule.points) {
      schedules += fmt::format("{} {}: {}\n", phase.name, point.epoch, point.rate);
    }
  }
  std::map<std::string, std::string> conditions{
      {"binary", hex(hash64(read_file("/proc/self/exe")))},
      {"device", device.str()},
      {"kernels", kernel_path(device)},
      {"threads", std::to_string(threads)},
      {"processes", std::to_string(processes->size())},
      {"dataset", fmt::format("{} people, {} images ({})", whole->num_identities(), whole->size(),
                              hex(whole->fingerprint() ^ whole->places_fingerprint()))},
      {"schedule files", hex(hash64(schedules))}};
  for (size_t i = 0; i < teachers.size(); ++i) {
    if (teachers[i]) conditions["teacher of phase " + recipe.phases[i].name] = hex(teachers[i]->hash_of_weights);
  }
  return conditions;
}

TrainingSetup open_training_setup(const Recipe& recipe, bool initial_weights, std::shared_ptr<Processes> processes) {
  require(!recipe.dataset.path.empty(), "dataset.path is not set: give it in the recipe or as dataset.path=DIR");
  TrainingSetup setup;
  setup.recipe = recipe;
  setup.processes = std::move(processes);
  setup.device = resolve_device(recipe.device);
  use_deterministic_kernels();
  setup.bf16 = trains_in_bf16(recipe.precision, setup.device);
  setup.step_graph = chooses_graph(recipe, setup.device, setup.processes->size());
  setup.threads = set_compute_threads(recipe.threads);
  resolve_threads(recipe.pipeline.decode_threads,
                  "pipeline.decode_threads");  // otherwise a phase would reject them later
  setup.whole = open_dataset(recipe.dataset.path, recipe.dataset.cache, parse_same_names(recipe.dataset.same_names));
  require(setup.whole->num_identities() >= 2, "{} has one identity; training a face network needs at least two",
          printable(recipe.dataset.path));
  split_dataset(setup);
  setup.model = initial_model(recipe, initial_weights);
  setup.recipe.input = setup.model.input;
  setup.model.network->to(setup.device);
  setup.teachers = open_teachers(recipe, setup.model);
  setup.verifications = open_verifications(recipe.verifications, *setup.training, setup.model.input);
  if (const OpenedVerification* set = setup.validation_set()) require_both_kinds(*set);
  return setup;
}

}  // namespace massface
