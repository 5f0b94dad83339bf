#pragma once

#include <filesystem>
#include <string>

namespace massface {

// The weights file that RUN_OR_WEIGHTS means:
//   a file                                  itself (`checkpoint` must then be empty)
//   RUN/checkpoints/step-000000120          its model.safetensors
//   RUN with `checkpoint` "" or "last"      model.safetensors of the checkpoint with the highest step
//   RUN with "best"                         of the one that RUN/checkpoints/best.json names {"checkpoint": "step-..."}
//   RUN with "step-000000120"               of that one
//   RUN with the name of a finished phase   RUN/PHASE.safetensors
// Weights of a checkpoint are compared with the hash in its state.json. Throws Error that names what is missing and
// lists what the run directory has, or that names a damaged checkpoint.
std::filesystem::path find_run_weights(const std::filesystem::path& run_or_weights, const std::string& checkpoint = "");

// Whether the run has written one yet. Only looks: unlike a CheckpointStore, it clears nothing away, so it may be asked
// while another process trains there.
bool has_checkpoints(const std::filesystem::path& run);

}  // namespace massface
