#pragma once

#include <filesystem>
#include <string>

#include "tensor_file/safetensors.h"

namespace massface {

// MTCNN's weights: a safetensors file, or a folder with the files that the Python package facenet-pytorch ships
// (pnet.pt, rnet.pt, onet.pt). Names begin with pnet., rnet. and onet. Throws Error.
NamedTensors read_detector_weights(const std::filesystem::path& path);

// Writes what read_detector_weights() reads back, as one safetensors file: what is installed needs no reader of
// pickles. Throws Error that names the tensor that is missing, of another shape or not finite; Failure when it cannot
// be written.
void write_detector_weights(const std::filesystem::path& path, NamedTensors weights);

// Those that `given` names; where it is empty, those that the environment variable MASSFACE_MTCNN names; or of the
// first data folder that has mtcnn.safetensors or mtcnn/: share/massface beside the program's folder, .deps of the
// checkout that the program was built in, $XDG_DATA_HOME/massface (~/.local/share/massface). Throws Error that says
// where it looked.
NamedTensors find_detector_weights(const std::string& given);

// "mtcnn 0123456789abcdef", of the names and numbers alone: the same for every form of the same weights.
std::string fingerprint_of_detector(const NamedTensors& weights);

}  // namespace massface
