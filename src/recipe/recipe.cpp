#include "recipe/recipe.h"

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "core/options_toml.h"
#include "dataset/dataset.h"
#include "kernels/precision.h"
#include "recipe/fine_tuning.h"
#include "recipe/phase_checks.h"

namespace massface {
namespace {

// A phase's options are named after it, next to the groups of options that every recipe has, so names must not clash.
void check_phase_names(const std::vector<std::string>& names, const std::string& file) {
  Recipe plain;
  OptionTable table;
  plain.describe(table);
  for (const auto& name : names) {
    // massface evaluate --checkpoint accepts these words besides the names of phases.
    require(name != "last" && name != "best" && !name.starts_with("step-"),
            "{}: a phase cannot be named \"{}\": last, best and step-N name checkpoints", file, name);
    require(name != "verification", "{}: a phase cannot be named \"{}\": options of that name exist", file, name);
    for (const auto& field : table.fields()) {
      const std::string group = field.name.substr(0, field.name.find('.'));
      require(group != name, "{}: a phase cannot be named \"{}\": options of that name exist", file, name);
    }
  }
}

void set_overrides(OptionTable& table, const std::vector<std::string>& overrides) {
  for (const auto& override_text : overrides) {
    const auto equals = override_text.find('=');
    require(equals != std::string::npos && equals > 0, "the command line: expected name=value, got '{}'",
            override_text);
    table.set_from_text(override_text.substr(0, equals), override_text.substr(equals + 1), "the command line");
  }
}

bool is_overridden(const std::vector<std::string>& overrides, const std::string& name) {
  return std::ranges::any_of(overrides, [&](const auto& text) { return text.starts_with(name + "="); });
}

// An override of epochs replaces the recipe's steps and vice versa, since a phase may have only one of them.
void let_overrides_choose_the_length(Recipe& recipe, const std::vector<std::string>& overrides) {
  for (PhaseOptions& phase : recipe.phases) {
    const bool epochs = is_overridden(overrides, phase.name + ".epochs");
    const bool steps = is_overridden(overrides, phase.name + ".steps");
    if (epochs && !steps && phase.epochs > 0) phase.steps = 0;
    if (steps && !epochs && phase.steps > 0) phase.epochs = 0;
  }
}

// An override of a schedule's file replaces the rates that a run has kept of an earlier file, and vice versa.
void let_overrides_choose_the_schedule(Recipe& recipe, const std::vector<std::string>& overrides) {
  for (PhaseOptions& phase : recipe.phases) {
    const bool file = is_overridden(overrides, phase.name + ".schedule.file");
    const bool rates = is_overridden(overrides, phase.name + ".schedule.rates");
    if (file && !rates) phase.schedule.rates.clear();
    if (rates && !file) phase.schedule.file.clear();
  }
}

void check_lengths(const Recipe& recipe, const std::string& file) {
  for (const PhaseOptions& phase : recipe.phases) {
    require(phase.epochs > 0 || phase.steps > 0, "{}: phase {} needs {}.epochs or {}.steps", file, phase.name,
            phase.name, phase.name);
    require(phase.epochs == 0 || phase.steps == 0, "{}: phase {} has both epochs = {} and steps = {}; give one", file,
            phase.name, phase.epochs, phase.steps);
  }
}

// Lets a run be resumed and evaluated from any working directory. It also makes two recipes equal that spell the path
// of the same file differently.
void make_paths_absolute(Recipe& recipe) {
  const auto absolute = [](std::string& path) {
    if (!path.empty()) path = absolute_path(path).native();
  };
  recipe.dataset.path = absolute_dataset_path(recipe.dataset.path);
  absolute(recipe.from);
  for (VerificationOptions& set : recipe.verifications) {
    absolute(set.pairs);
    absolute(set.images);
  }
  for (PhaseOptions& phase : recipe.phases) {
    absolute(phase.schedule.file);
    absolute(phase.distill.teacher);
  }
}

}  // namespace

void ValidationOptions::describe(OptionTable& table) {
  table.add("identities", identities, {.min = 0, .max = 1e6},
            "Number of identities, chosen by the seed, that are held out from training. Every checkpoint is evaluated "
            "on pairs of their images, and the best one is kept. 0 disables validation.");
  table.add("pairs", pairs, {.min = 20, .max = 1e6}, "Number of pairs of held-out images, half of them matched.");
  table.add(
      "set", set,
      "Name of a [[verification]] table that is to choose checkpoints, results and early stopping in the place of "
      "held-out identities. That is training on it: its accuracy then says little about other faces.");
}

void Recipe::describe(OptionTable& table) {
  table.add("seed", seed, {.min = 0, .max = 0x1p53}, "Determines every random choice of the run.");
  table.add("device", device, "auto (a GPU if one is available, otherwise the CPU), cpu, or cuda:N.");
  table.add_choice("precision", precision, precision_names(),
                   "Precision of the network's layers: auto is bf16 on a GPU and fp32 on a CPU. On a CPU, bf16 halves "
                   "the memory of a step, and is faster if the processor multiplies bf16 faster than fp32 (AMX tiles; "
                   "AVX512-BF16 on AMD). The start of a training says which instructions it uses.");
  table.add_choice(
      "cuda_graphs", cuda_graphs, {"auto", "on", "off"},
      "Record a phase's step (forward pass, mining, loss, backward pass, optimizer) on a GPU and launch it as one CUDA "
      "graph. Steps with another batch size, with triplets selected from a pool, with a strategy that draws random "
      "numbers, or while a margin "
      "warms up are launched kernel by kernel. auto means on for a GPU and off for a CPU; with on, a CPU runs the same "
      "code path without any gain.");
  table.add_choice("gradient_compression", gradient_compression, {"none", "bf16"},
                   "How several processes send each other the network's gradient: as it is, or rounded to bf16, which "
                   "halves what travels. Worth it on a network so slow that the processes wait for it.");
  table.add("threads", threads, {.min = 0, .max = 1024},
            "Number of threads that compute (0: one per core that the container may use).");
  table.add("from", from, "Initial weights: a .safetensors file, or a run directory (its newest checkpoint).");
  table.group("dataset", [&] { dataset.describe(table); });
  table.group("input", [&] { input.describe(table); });
  table.group("backbone", [&] { backbone.describe(table); });
  table.group("pipeline", [&] { pipeline.describe(table); });
  table.group("validation", [&] { validation.describe(table); });
  table.group("checkpoint", [&] { checkpoint.describe(table); });
  table.group("telemetry", [&] { telemetry.describe(table); });
  table.group("verification", [&] {
    for (VerificationOptions& set : verifications) table.group(set.name, [&] { set.describe(table); });
  });
  for (PhaseOptions& phase : phases) table.group(phase.name, [&] { phase.describe(table); });
}

std::vector<std::string> Recipe::phase_names() const {
  std::vector<std::string> names;
  for (const PhaseOptions& phase : phases) names.push_back(phase.name);
  return names;
}

namespace {

Recipe recipe_of(const RecipeText& text, const std::string& name, const std::vector<std::string>& overrides) {
  require(!text.phase_names.empty(), "{}: no [[phase]]; a recipe needs at least one", name);
  check_phase_names(text.phase_names, name);
  Recipe recipe;
  for (const auto& phase : text.phase_names) recipe.phases.push_back({.name = phase});
  for (const auto& set : text.verification_names) recipe.verifications.push_back({.name = set});
  const auto assign = [&] {
    OptionTable table;
    recipe.describe(table);
    for (const auto& assignment : text.assignments) table.set(assignment.name, assignment.value, assignment.where);
    set_overrides(table, overrides);
  };
  assign();
  // Only now it is known which phases fine-tune. Their defaults must not replace what the recipe says.
  for (size_t i = 0; i < recipe.phases.size(); ++i)
    if (fine_tunes(recipe, i)) set_fine_tuning_defaults(recipe.phases[i]);
  assign();
  let_overrides_choose_the_length(recipe, overrides);
  let_overrides_choose_the_schedule(recipe, overrides);
  check_lengths(recipe, name);
  check_phases(recipe);
  for (PhaseOptions& phase : recipe.phases) {
    try {
      phase.schedule.load_points();
    } catch (const Error& error) {
      fail("{}: {}.{}: {}", name, phase.name, phase.schedule.file.empty() ? "schedule" : "schedule.file", error.what());
    }
  }
  make_paths_absolute(recipe);  // last, so that messages show the paths as written
  return recipe;
}

}  // namespace

Recipe read_recipe(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  return recipe_of(read_recipe_text(file), file.native(), overrides);
}

Recipe parse_recipe(const std::string& text, const std::string& name) {
  return recipe_of(parse_recipe_text(text, name), name, {});
}

std::string write_recipe(const Recipe& recipe) {
  Recipe copy = recipe;
  OptionTable table;
  copy.describe(table);
  return write_recipe_text(table, recipe.phase_names());
}

}  // namespace massface
