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
  std::string form;                  // name of the published form, from model/import_names.h
  std::string prefix;                // of the network in the checkpoint, such as "net_state_dict."
  std::vector<std::string> ignored;  // tensors of the checkpoint that are not part of the network
};

// Imports a network that others have published, with the tensor names of model/import_names.h. The form and the
// network's place in the checkpoint are those for which the most tensors are found; the embedding size and the input
// size are taken from the weights. Throws Error, which names `source` and the tensor, if a tensor of the network is
// missing, left over, of another shape or not finite, and if an option contradicts the weights.
ImportedModel import_weights(const NamedTensors& checkpoint, const ImportOptions& options, const std::string& source);

// The networks of which import_weights knows a published form.
std::vector<std::string> importable_backbones();

}  // namespace massface
