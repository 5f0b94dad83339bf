#include "train/phase_warnings.h"

#include <algorithm>

#include "core/log.h"
#include "train/phase_checks.h"

namespace massface {
namespace {

// Options that only some phases use.
struct Users {
  std::vector<std::string> options;  // without the phase's name; "joint." is all that begin so
  bool (*include)(const PhaseOptions&);
  const char* name;  // in "only NAME uses it"
};

bool is_one_of(const std::string& value, std::initializer_list<const char*> values) {
  return std::ranges::find(values, value) != values.end();
}

// The widest first: the one to name for an option that is in several of them.
const Users kUsers[] = {
    {{"joint."}, [](const PhaseOptions& p) { return p.loss == "joint"; }, "loss = \"joint\""},
    {{"triplet.", "mining.", "batch.identities", "batch.images_per_identity", "batch.min_images"},
     [](const PhaseOptions& p) {
       return is_one_of(p.loss, {"triplet", "joint"});
     },
     "loss = \"triplet\" or \"joint\""},
    {{"batch.size"},
     [](const PhaseOptions& p) {
       return !is_one_of(p.loss, {"triplet", "joint"});
     },
     "a classification loss"},
    {{"classifier."}, [](const PhaseOptions& p) { return !classifier_of(p).empty(); }, "a classifier"},
    {{"classifier.scale", "classifier.scale_warmup_steps", "classifier.initial_scale",
      "classifier.margin_warmup_steps"},
     [](const PhaseOptions& p) {
       return is_one_of(classifier_of(p), {"cosface", "arcface"});
     },
     "a cosface or arcface classifier"},
    {{"classifier.margin"},
     [](const PhaseOptions& p) { return classifier_of(p) != "softmax"; },
     "a cosface, arcface or sphereface classifier"},
    {{"classifier.lambda_start", "classifier.lambda_decay", "classifier.lambda_end"},
     [](const PhaseOptions& p) { return classifier_of(p) == "sphereface"; },
     "a sphereface classifier"},
    {{"mining.scale"},
     [](const PhaseOptions& p) { return p.mining.pool.pool == "semi_online"; },
     "mining.pool = \"semi_online\""},
    {{"mining.round_epochs", "mining.round_steps", "mining.sample_identities"},
     [](const PhaseOptions& p) { return p.mining.pool.pool == "offline"; },
     "mining.pool = \"offline\""},
    {{"mining.search", "mining.candidates", "mining.max_triplets"},
     [](const PhaseOptions& p) { return p.mining.pool.pool != "online"; },
     "mining.pool = \"semi_online\" or \"offline\""},
    {{"mining.candidates"},
     [](const PhaseOptions& p) { return p.mining.pool.search != "exact"; },
     "mining.search = \"approximate\" or \"auto\""},
};

bool names(const std::string& pattern, const std::string& option) {
  return pattern.ends_with('.') ? option.starts_with(pattern) : option == pattern;
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
    for (const Users& users : kUsers) {
      const bool concerned =
          std::ranges::any_of(users.options, [&](const auto& pattern) { return names(pattern, fields[i].name); });
      if (!concerned || users.include(phase)) continue;
      warnings.push_back(fmt::format("phase {}: {} is {}, but only {} uses it; here it does nothing", phase.name,
                                     fields[i].name, to_toml(value), users.name));
      break;
    }
  }
}

void add_batch_norm_of_sub_batches(const PhaseOptions& phase, std::vector<std::string>& warnings) {
  const std::string& pool = phase.mining.pool.pool;
  if (pool == "online" || phase.batch_norm != "batch") return;
  warnings.push_back(
      fmt::format("phase {}: batch_norm is \"batch\" and mining.pool is \"{}\": its sub-batches can be as small as "
                  "three images, whose statistics BatchNorm then takes. Set {}.batch_norm to \"running\" or \"frozen\"",
                  phase.name, pool, phase.name));
}

}  // namespace

std::vector<std::string> phase_warnings(const Recipe& recipe) {
  std::vector<std::string> warnings;
  for (const PhaseOptions& phase : recipe.phases) {
    add_unused_options(phase, warnings);
    add_batch_norm_of_sub_batches(phase, warnings);
  }
  return warnings;
}

void warn_of_phases(const Recipe& recipe) {
  for (const std::string& warning : phase_warnings(recipe)) log_warning("{}", warning);
}

}  // namespace massface
