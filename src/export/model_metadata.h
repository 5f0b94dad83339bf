#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "export/export_options.h"
#include "model/model.h"

namespace massface {

// Returns what somebody must know who has nothing but the exported file (docs/formats/onnx.md, "Metadata"): the
// network, its input, how faces are aligned for it, the table of thresholds of its weights, and their fingerprint.
// weights: the file that the model was loaded from.
std::map<std::string, std::string> metadata_of(const Model& model, const std::filesystem::path& weights,
                                               const ExportOptions& options);

// XXH3 of the model's weights and input, as galleries and tables of faces name them.
std::string fingerprint_of_model(const Model& model);

}  // namespace massface
