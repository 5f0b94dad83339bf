#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/evaluate_arguments.h"
#include "evaluation/make_record.h"
#include "model/model.h"

namespace massface {

// Returns what a page calls the network of these weights, "first/softmax" for runs/first/softmax.safetensors, and what
// it says of it.
EvaluatedModel evaluated_model(const std::filesystem::path& weights, const Model& model, bool bf16);

// Throws Error unless the weights are in a run directory that can be written.
void require_place_for_record(const std::filesystem::path& weights);

// Writes what --record and --report ask for. Throws Failure.
void write_records(const EvaluateArguments& arguments, std::vector<EvaluationRecord> records);

}  // namespace massface
