#pragma once

#include <string>
#include <vector>

#include "core/options.h"
#include "model/model.h"
#include "tensor_file/safetensors.h"

namespace massface {

struct ImportOptions {
  std::string backbone = "mobilefacenet";
  std::string prefix;
  int64_t height = 0;
  int64_t width = 0;
  std::string channel_order = "published";
  double mean = -1;
  double scale = 0;

  void describe(OptionTable& table);
  bool operator==(const ImportOptions&) const = default;
};

struct ImportedModel {
  Model model;
  std::string form;                  // whose names they were, as model/import_names.h has it
  std::string prefix;                // of the network in the checkpoint, "net_state_dict."
  std::vector<std::string> ignored;  // tensors of the checkpoint that are no part of the network
};

// Networks that somebody else has published, under the names of model/import_names.h. The form and the network's place
// in the checkpoint are those of which the most tensors are there; the embedding and input sizes are the weights' own.
// Throws Error that names `source` and the tensor: missing, left over beside the network's own, of another shape, not
// finite; and where an option contradicts the weights.
ImportedModel import_weights(const NamedTensors& checkpoint, const ImportOptions& options, const std::string& source);

// The networks that import_weights knows a published form of.
std::vector<std::string> importable_backbones();

}  // namespace massface
