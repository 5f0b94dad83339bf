#include "recipe/phase_warnings.h"

#include <algorithm>
#include <functional>
#include <initializer_list>

#include "backbone/backbone.h"
#include "core/log.h"
#include "loss/classifier.h"
#include "objective/objective.h"
#include "recipe/fine_tuning.h"

namespace massface {
namespace {

using Names = std::vector<std::string>;

// "a", "a, b" with the last comma replaced: "a, b or c".
std::string alternatives(const Names& names) {
  const std::string all_but_last = fmt::format("{}", fmt::join(names.begin(), names.end() - 1, ", "));
  return names.size() == 1 ? names.front() : all_but_last + " or " + names.back();
}

Names those_of(const Names& names, const std::function<bool(const std::string&)>& include) {
  Names result;
  std::ranges::copy_if(names, std::back_inserter(result), include);
  return result;
}

std::string losses_that(bool (*include)(const std::string&)) {
  Names quoted;
  for (const std::string& name : those_of(objective_names(), include)) quoted.push_back('"' + name + '"');
  return "loss = " + alternatives(quoted);
}

// Options that only some phases use.
struct Users {
  std::function<bool(const PhaseOptions&)> include;
  std::string name;    // in "only NAME uses it"
  Names options = {};  // without the phase's name; "joint." is all options with that prefix
};

Users users_of_triplets() {
  return {[](const PhaseOptions& p) { return is_triplet_loss(p.objective.loss); },
          losses_that(is_triplet_loss),
          {"triplet.", "mining."}};
}

Users users_of_identities() {
  return {[](const PhaseOptions& p) { return draws_identities(p.objective.loss); },
          losses_that(draws_identities),
          {"batch.identities", "batch.images_per_identity", "batch.min_images"}};
}

Users users_of_pool(const Names& pools, const Names& options) {
  Names quoted;
  for (const std::string& pool : pools) quoted.push_back('"' + pool + '"');
  return {
      [pools](const PhaseOptions& p) { return std::ranges::find(pools, p.objective.mining.pool.pool) != pools.end(); },
      "mining.pool = " + alternatives(quoted), options};
}

Users users_of_schedule(const Names& schedules, const Names& options) {
  Names quoted;
  for (const std::string& name : schedules) quoted.push_back('"' + name + '"');
  return {
      [schedules](const PhaseOptions& p) { return std::ranges::find(schedules, p.schedule.name) != schedules.end(); },
      "schedule.name = " + alternatives(quoted), options};
}

// The options that a single loss reads.
std::vector<Users> users_of_own_groups() {
  std::vector<Users> users;
  for (const std::string& loss : objective_names()) {
    const std::string group = option_group_of(loss);
    if (group.empty()) continue;
    users.push_back(
        {[loss](const PhaseOptions& p) { return p.objective.loss == loss; }, "loss = \"" + loss + '"', {group + "."}});
  }
  return users;
}

// The most general users come first: for an option that is in several lists, the warning names the first that fails.
const std::vector<Users>& users_of_options() {
  static const std::vector<Users> users = [] {
    std::vector<Users> all = users_of_own_groups();
    all.insert(
        all.end(),
        {
            users_of_triplets(),
            users_of_identities(),
            {[](const PhaseOptions& p) { return !draws_identities(p.objective.loss); },
             "a classification loss",
             {"batch.size"}},
            {[](const PhaseOptions& p) { return !classifier_of(p.objective).empty(); },
             "a classifier",
             {"classifier."}},
            {[](const PhaseOptions& p) { return !p.distill.teacher.empty(); }, "distill.teacher", {"distill.weight"}},
            users_of_schedule({"step"}, {"schedule.step_epochs", "schedule.step_factor"}),
            users_of_schedule({"cosine", "polynomial"}, {"schedule.final_fraction"}),
            users_of_schedule({"polynomial"}, {"schedule.power"}),
            {[](const PhaseOptions& p) { return p.objective.mining.memory > 0; },
             "mining.memory",
             {"mining.memory_from_step"}},
            users_of_pool({"semi_online"}, {"mining.scale"}),
            users_of_pool({"offline"}, {"mining.round_epochs", "mining.round_steps", "mining.sample_identities"}),
            users_of_pool({"semi_online", "offline"}, {"mining.search", "mining.candidates", "mining.max_triplets"}),
            {[](const PhaseOptions& p) { return p.objective.mining.pool.search != "exact"; },
             "mining.search = \"approximate\" or \"auto\"",
             {"mining.candidates"}},
        });
    return all;
  }();
  return users;
}

bool matches(const std::string& pattern, const std::string& option) {
  return pattern.ends_with('.') ? option.starts_with(pattern) : option == pattern;
}

// Returns what would use an option that has no effect in this phase; "" if the option has an effect.
std::string missing_user(const PhaseOptions& phase, const std::string& option) {
  for (const Users& users : users_of_options()) {
    const bool concerned = std::ranges::any_of(users.options, [&](const auto& p) { return matches(p, option); });
    if (concerned && !users.include(phase)) return users.name;
  }
  constexpr std::string_view kClassifier = "classifier.";
  if (!option.starts_with(kClassifier)) return "";
  const std::string name = option.substr(kClassifier.size());
  const Names using_it = those_of(classifier_names(), [&](const auto& other) { return classifier_uses(other, name); });
  // Options that no classifier reads are those of its handover between phases.
  if (using_it.empty() || classifier_uses(classifier_of(phase.objective), name)) return "";
  return "a " + alternatives(using_it) + " classifier";
}

std::vector<OptionField> fields_of(PhaseOptions& phase) {
  OptionTable table;
  phase.describe(table);
  return table.fields();
}

void add_unused_options(PhaseOptions phase, std::vector<std::string>& warnings) {
  PhaseOptions plain;
  const auto fields = fields_of(phase), defaults = fields_of(plain);
  for (size_t i = 0; i < fields.size(); ++i) {
    const OptionValue value = fields[i].get();
    if (value == defaults[i].get()) continue;
    const std::string user = missing_user(phase, fields[i].name);
    if (user.empty()) continue;
    warnings.push_back(fmt::format("phase {}: {} is {}, but only {} uses it; here it does nothing", phase.name,
                                   fields[i].name, to_toml(value), user));
  }
}

void add_batch_norm_of_sub_batches(const PhaseOptions& phase, std::vector<std::string>& warnings) {
  const std::string& pool = phase.objective.mining.pool.pool;
  if (pool == "online" || !normalises_by_batch(phase.batch_norm)) return;
  warnings.push_back(
      fmt::format("phase {}: batch_norm is \"{}\" and mining.pool is \"{}\": its sub-batches can be as small as "
                  "three images, and BatchNorm would use their statistics. Set {}.batch_norm to \"running\" or "
                  "\"frozen\"",
                  phase.name, phase.batch_norm, pool, phase.name));
}

// Fine-tuning with triplets often makes a network worse, which only people who are not trained on can show.
void add_unwatched_fine_tuning(const Recipe& recipe, size_t number, std::vector<std::string>& warnings) {
  const PhaseOptions& phase = recipe.phases[number];
  if (!fine_tunes(recipe, number) || recipe.validation.identities > 0 || !recipe.validation.set.empty()) return;
  warnings.push_back(
      fmt::format("phase {}: nobody is held out from training, so nothing shows whether the phase makes the network "
                  "worse, and it ends with its last weights. Set validation.identities",
                  phase.name));
}

}  // namespace

std::vector<std::string> phase_warnings(const Recipe& recipe) {
  std::vector<std::string> warnings;
  for (size_t i = 0; i < recipe.phases.size(); ++i) {
    add_unused_options(recipe.phases[i], warnings);
    add_batch_norm_of_sub_batches(recipe.phases[i], warnings);
    add_unwatched_fine_tuning(recipe, i, warnings);
  }
  return warnings;
}

void warn_of_phases(const Recipe& recipe) {
  for (const std::string& warning : phase_warnings(recipe)) log_warning("{}", warning);
}

}  // namespace massface
