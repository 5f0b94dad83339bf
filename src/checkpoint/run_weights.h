#pragma once

#include <filesystem>
#include <string>

namespace massface {

// Returns the weights file that RUN_OR_WEIGHTS stands for:
//   a file                                  the file itself (`checkpoint` must then be empty)
//   RUN/checkpoints/step-000000120          its model.safetensors
//   RUN with `checkpoint` ""                RUN/PHASE.safetensors if its last phase is over, else as "last"
//   RUN with "last"                         model.safetensors of the checkpoint with the highest step
//   RUN with "best"                         that of the one RUN/checkpoints/best.json names {"checkpoint": "step-..."}
//   RUN with "step-000000120"               that of this checkpoint
//   RUN with the name of a finished phase   RUN/PHASE.safetensors
// The weights of a checkpoint are compared with the hash in its state.json. Throws Error, which names what is missing
// and lists what the run directory has, or names a damaged checkpoint.
std::filesystem::path find_run_weights(const std::filesystem::path& run_or_weights, const std::string& checkpoint = "");

// Returns the run directory that RUN, RUN/PHASE.safetensors, RUN/checkpoints/step-N or the model.safetensors in it is
// or belongs to; of any other path, a folder that has no options.toml.
std::filesystem::path run_of_weights(const std::filesystem::path& run_or_weights);

// The key, in the metadata of RUN/PHASE.safetensors, of the run's step at the end of that phase.
inline constexpr char kGlobalStep[] = "global_step";

// Returns whether the run has written a checkpoint yet. Unlike a CheckpointStore it removes nothing, so it may be
// called while another process trains in this directory.
bool has_checkpoints(const std::filesystem::path& run);

}  // namespace massface
