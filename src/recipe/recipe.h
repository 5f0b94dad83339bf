#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "backbone/backbone.h"
#include "checkpoint/checkpoint.h"
#include "core/options.h"
#include "dataset/dataset_options.h"
#include "model/model.h"
#include "pipeline/batch_loader.h"
#include "recipe/phase_options.h"
#include "telemetry/telemetry.h"

namespace massface {

// Held-out identities of the training set, to choose the best checkpoint by. The test pairs never do that.
struct ValidationOptions {
  int64_t identities = 0;
  int64_t pairs = 600;

  void describe(OptionTable& table);
};

// Everything that decides what a training does: the struct of the rooms' structs.
struct Recipe {
  int64_t seed = 1;
  std::string device = "auto";
  std::string precision = "auto";
  std::string cuda_graphs = "auto";
  int64_t threads = 0;
  std::string from;
  DatasetOptions dataset;
  InputFormat input;
  BackboneOptions backbone;
  PipelineOptions pipeline;
  ValidationOptions validation;
  CheckpointOptions checkpoint;
  TelemetryOptions telemetry;
  std::vector<PhaseOptions> phases;

  // The table refers to this recipe's members: it must outlive the table, and `phases` must keep its size.
  void describe(OptionTable& table);
  std::vector<std::string> phase_names() const;
};

// The recipe file with `name=value` overrides applied. Throws Error that names the option and its place: what
// OptionTable and read_recipe_text refuse, no phase, a phase called like a group of options, neither or both of epochs
// and steps. Relative paths are of the working folder, as a shell's are, and come out absolute.
Recipe read_recipe(const std::filesystem::path& file, const std::vector<std::string>& overrides);

// The resolved recipe as a file that read_recipe reads back.
std::string write_recipe(const Recipe& recipe);

}  // namespace massface
