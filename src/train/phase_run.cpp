#include "train/phase_run.h"

#include <torch/torch.h>

#include <algorithm>

#include "checkpoint/people.h"
#include "core/error.h"
#include "core/failpoint.h"
#include "core/log.h"
#include "core/stopwatch.h"
#include "kernels/device.h"

namespace massface {
namespace {

Optimizer::Parameters parameters_of(const Model& model, const Objective& objective,
                                    const Optimizer::NamedParameters& more) {
  Optimizer::Parameters parameters{.body = more, .classifier = objective.parameters()};
  for (const auto& parameter : model.network->named_parameters()) {
    auto& role = is_embedding_layer(parameter.key()) ? parameters.embedding_layers : parameters.body;
    role.emplace_back("network." + parameter.key(), parameter.value());
  }
  return parameters;
}

at::ScalarType type_of_gradients(const Recipe& recipe) {
  return recipe.gradient_compression == "bf16" ? at::kBFloat16 : at::kFloat;
}

std::vector<std::string> names_of(const Dataset& dataset) {
  std::vector<std::string> names;
  for (IdentityIndex i = 0; i < dataset.num_identities(); ++i) names.push_back(dataset.identity_name(i));
  return names;
}

// Removes the memory of embeddings of earlier steps (loss/embedding_memory.h).
void drop_memory(NamedTensors& state) {
  std::erase_if(state.tensors, [](const auto& named) { return named.first.starts_with("memory."); });
}

// The metadata of a state whose tensors were dropped.
constexpr const char* kClassifier = "classifier";
constexpr const char* kDropped = "dropped";
// The key of source_basis() in the metadata of every other state.
constexpr const char* kSource = "source";

}  // namespace

Optimizer::NamedParameters PhaseRun::more_parameters() const {
  return distillation_ != nullptr ? distillation_->parameters() : Optimizer::NamedParameters();
}

// Steps with a teacher, or with dropout, which draws by the step's number, compute something different each time.
bool PhaseRun::can_be_recorded() const {
  return setup_.step_graph && distillation_ == nullptr && setup_.recipe.backbone.dropout == 0;
}

PhaseRun::PhaseRun(TrainingSetup& setup, int64_t phase_index, int64_t first_step, const RunContext& run)
    : setup_(setup),
      context_{setup, phase_index, run},
      options_(setup.recipe.phases[static_cast<size_t>(phase_index)]),
      steps_(setup.steps_of_phase[static_cast<size_t>(phase_index)]),
      next_step_(first_step) {
  objective_ =
      make_objective(options_.objective, setup.model.network->embedding_size(), setup.training->num_identities(),
                     setup.device, setup.seed_of_phase(phase_index), setup.processes);
  if (const auto& teacher = setup.teachers[static_cast<size_t>(phase_index)]) {
    distillation_ = std::make_unique<Distillation>(teacher->model, options_.distill.weight, setup.model, setup.bf16,
                                                   setup.seed_of_phase(phase_index));
    log_info("learning from {}, {}-d", printable(options_.distill.teacher), teacher->model.backbone.embedding_size);
  }
  if (options_.ema.decay > 0) average_.emplace(setup.model, options_.ema.decay);
  // Before the optimizer is made, because it leaves out frozen parameters.
  setup.model.network->set_batch_norm(parse_batch_norm(options_.batch_norm), setup.processes);
  optimizer_ = std::make_unique<Optimizer>(options_.optimizer,
                                           parameters_of(setup.model, *objective_, more_parameters()), setup.processes);
  step_ = std::make_unique<TrainingStep>(setup.model, *objective_, *optimizer_,
                                         TrainingStepOptions{.bf16 = setup.bf16,
                                                             .sub_batch = options_.objective.batch.sub_batch,
                                                             .graph = can_be_recorded(),
                                                             .seed = setup.seed_of_phase(phase_index),
                                                             .gradient_type = type_of_gradients(setup.recipe),
                                                             .processes = setup.processes,
                                                             .distillation = distillation_.get()});
  source_ = make_batch_source(context_, *objective_);
  setup.model.network->train();
}

bool PhaseRun::network_learns() const { return objective_->network_learns(next_step_ / source_->batches_per_epoch()); }

// The first step in which the network learns.
int64_t PhaseRun::first_step_of_network() const {
  int64_t epoch = 0;
  while (!objective_->network_learns(epoch)) ++epoch;
  return epoch * source_->batches_per_epoch();
}

double PhaseRun::learning_rate(int64_t step, int64_t length) const {
  return learning_rate_at(options_.schedule, options_.optimizer.learning_rate, step, length,
                          source_->batches_per_epoch());
}

StepRequest PhaseRun::request_of(const StepBatch& drawn, double learning_rate) const {
  StepRequest request{.images = to_device(drawn.batch.images, setup_.device),
                      .labels = to_device(drawn.batch.labels, setup_.device),
                      .image_numbers = torch::tensor(drawn.batch.indices, torch::kLong),
                      .step = next_step_,
                      .learning_rate = learning_rate,
                      .network_learns = network_learns()};
  if (const auto& listed = drawn.triplets) {
    request.triplets = Triplets{to_device(listed->anchors, setup_.device), to_device(listed->positives, setup_.device),
                                to_device(listed->negatives, setup_.device)};
  }
  return request;
}

StepReport PhaseRun::step(std::optional<double> rate) {
  const Stopwatch watch;
  const double waited_before = source_->seconds_waited();
  const StepBatch drawn = source_->next(next_step_);
  StepReport report{.phase = options_.name,
                    .step = next_step_ + 1,
                    .steps = steps_,
                    .epoch = static_cast<double>(next_step_ + 1) / static_cast<double>(source_->batches_per_epoch()),
                    .images = static_cast<int64_t>(drawn.batch.indices.size()),
                    .data_seconds = source_->seconds_waited() - waited_before,
                    .pool = drawn.pool};
  report.learning_rate = rate.value_or(learning_rate(next_step_, steps_));
  if (drawn.empty()) return passed(std::move(report), watch.seconds());

  StepResult result = step_->take(request_of(drawn, report.learning_rate));
  report.loss = result.loss;
  report.gradient_norm = result.gradient_norm;
  report.accuracy = result.report.accuracy;
  report.triplet = result.report.triplet;
  report.pairs = result.report.pairs;
  report.loss_parts = std::move(result.report.loss_parts);
  report.failure = std::move(result.failure);
  if (!report.failure.empty()) return report;
  if (average_ && network_learns()) average_->update(next_step_ - first_step_of_network());
  return passed(std::move(report), watch.seconds());
}

StepReport PhaseRun::passed(StepReport report, double seconds) {
  ++next_step_;
  report.step_seconds = seconds;
  failpoint("train.step");
  return report;
}

NamedTensors PhaseRun::state() const {
  const bool dropped = !options_.handover.keep && next_step_ == steps_ && !objective_->parameters().empty();
  if (dropped) return {.metadata = {{kClassifier, kDropped}}};
  NamedTensors state = optimizer_->state();
  for (auto& tensor : classifier().tensors) state.tensors.push_back(std::move(tensor));
  state =
      with_rows_of_all_people(state, setup_.training->num_identities(), objective_->parameters(), *setup_.processes);
  add_people(state, names_of(*setup_.training));
  for (const auto& [name, tensor] : more_parameters())
    state.tensors.emplace_back(name, tensor.detach().to(at::kCPU).clone());
  if (average_) average_->add_weights(state);
  for (auto& named : source_->state().tensors) state.tensors.push_back(std::move(named));
  state.metadata[kSource] = source_basis(context_);
  return state;
}

NamedTensors PhaseRun::for_present_people(const NamedTensors& state) const {
  const bool has_rows = !objective_->parameters().empty();
  const auto before = people_of(state);
  if (!before && !has_rows) return state;  // of an older version, which kept the people of classifiers alone
  const auto now = names_of(*setup_.training);
  if (!before) {
    log_warning("phase {}: the checkpoint does not name its people; their rows of the classifier are taken in order",
                options_.name);
  }
  const PeopleChange change = compare_people(before.value_or(now), now);
  const NamedTensors own_rows = with_rows_of_present_people(state, change, share_of(std::ssize(now), *setup_.processes),
                                                            objective_->parameters());
  if (!change.moved) return own_rows;
  if (has_rows) {
    log_warning("phase {}: the people of the training set have changed; {}", options_.name, to_line(change));
  } else {
    log_warning("phase {}: the people of the training set have changed: {} in the checkpoint, {} now", options_.name,
                change.num_before, setup_.training->num_identities());
  }
  if (setup_.held_out != nullptr) {
    const auto unseen = std::ssize(compare_people(*before, names_of(*setup_.held_out)).joined);
    const int64_t seen = setup_.held_out->num_identities() - unseen;
    if (seen > 0) {
      log_warning("{} of the {} held-out people were trained on before, which makes validation accuracies too good",
                  seen, setup_.held_out->num_identities());
    }
  }
  return own_rows;
}

void PhaseRun::restore(const NamedTensors& state) {
  if (const auto word = state.metadata.find(kClassifier); word != state.metadata.end() && word->second == kDropped) {
    require(next_step_ == steps_,
            "phase {} dropped its classifier at its end, since {}.classifier.keep is false; the phase cannot be "
            "extended",
            options_.name, options_.name);
    return;
  }
  const auto basis = state.metadata.find(kSource);
  const std::string was = basis == state.metadata.end() ? "unknown" : basis->second, is = source_basis(context_);
  NamedTensors learned = for_present_people(state);
  // A memory's people and images are numbers of the data set that it was filled from.
  if (was != is) drop_memory(learned);
  optimizer_->load_state(learned, "the checkpoint");
  restore_more(learned);
  begin_with(learned);
  if (was == is) return source_->restore(state);
  log_warning("phase {}: the state of the checkpoint's pool is discarded: it is for \"{}\", but this phase has \"{}\"",
              options_.name, was, is);
}

void PhaseRun::restore_more(const NamedTensors& state) {
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : more_parameters()) Tensor(tensor).copy_(state.at(name));
  if (average_) average_->restore(state);
}

NamedTensors PhaseRun::classifier() const {
  NamedTensors tensors;
  for (const auto& list : {objective_->parameters(), objective_->buffers()}) {
    for (const auto& [name, tensor] : list) tensors.tensors.emplace_back(name, tensor.detach().to(at::kCPU).clone());
  }
  return tensors;
}

NamedTensors PhaseRun::handover() const {
  NamedTensors tensors = classifier();
  drop_memory(tensors);
  return tensors;
}

void PhaseRun::begin_with(const NamedTensors& classifier) {
  const torch::NoGradGuard no_grad;
  const auto copy = [&](const std::string& name, Tensor tensor) {
    const Tensor& saved = classifier.at(name);
    require(saved.sizes() == tensor.sizes(), "the checkpoint's {} has another shape: was the data set changed?", name);
    tensor.copy_(saved);
  };
  for (const auto& [name, tensor] : objective_->parameters()) copy(name, tensor);
  for (const auto& [name, tensor] : objective_->buffers()) {
    const bool is_there =
        std::ranges::any_of(classifier.tensors, [&](const auto& named) { return named.first == name; });
    if (is_there) copy(name, tensor);  // otherwise the phase before had none, and it begins anew
  }
}

}  // namespace massface
