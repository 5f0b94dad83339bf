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
#include "recipe/verification_options.h"
#include "telemetry/telemetry.h"

namespace massface {

// Validation on held-out identities of the training set, which chooses the best checkpoint. The test pairs are never
// used for that.
struct ValidationOptions {
  int64_t identities = 0;
  int64_t pairs = 600;
  std::string set;  // a [[verification]] table to be used instead

  void describe(OptionTable& table);
};

// All options that determine a training run: one struct of options per module.
struct Recipe {
  int64_t seed = 1;
  std::string device = "auto";
  std::string precision = "auto";
  std::string cuda_graphs = "auto";
  std::string gradient_compression = "none";
  int64_t threads = 0;
  std::string from;
  DatasetOptions dataset;
  InputFormat input;
  BackboneOptions backbone;
  PipelineOptions pipeline;
  ValidationOptions validation;
  CheckpointOptions checkpoint;
  TelemetryOptions telemetry;
  std::vector<VerificationOptions> verifications;
  std::vector<PhaseOptions> phases;

  // The table refers to this recipe's members: the recipe must outlive the table, and `phases` and `verifications` must
  // keep their size.
  void describe(OptionTable& table);
  std::vector<std::string> phase_names() const;
};

// Reads the recipe file and applies the `name=value` overrides. Throws Error that names the option and its place for
// whatever OptionTable, read_recipe_text or check_phases reject, for a recipe without phases, for a phase named like a
// group of options or like a checkpoint (last, best, step-N), and for a phase with neither or both of epochs and steps.
// Relative paths refer to the working directory, as in a shell, and are absolute in the result.
Recipe read_recipe(const std::filesystem::path& file, const std::vector<std::string>& overrides);

// Returns the resolved recipe as the text of a file that read_recipe reads back.
std::string write_recipe(const Recipe& recipe);

// Reads what write_recipe() returned. name: of the text in messages.
Recipe parse_recipe(const std::string& text, const std::string& name);

}  // namespace massface
