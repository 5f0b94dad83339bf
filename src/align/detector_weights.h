#pragma once

#include <filesystem>
#include <string>

#include "tensor_file/safetensors.h"

namespace massface {

// Reads MTCNN's weights from a safetensors file, or from a folder with the files of the Python package facenet-pytorch
// (pnet.pt, rnet.pt, onet.pt). Names begin with pnet., rnet. and onet. Throws Error.
NamedTensors read_detector_weights(const std::filesystem::path& path);

// Writes one safetensors file that read_detector_weights() reads back, so that an installation needs no reader of
// pickles. Throws Error naming a tensor that is missing, has another shape or is not finite, and Failure if the file
// cannot be written.
void write_detector_weights(const std::filesystem::path& path, NamedTensors weights);

// Reads the weights that `given` names; if it is empty, those that the environment variable MASSFACE_MTCNN names;
// otherwise those in the first data folder that has mtcnn.safetensors or mtcnn/: share/massface next to the program's
// folder, share/massface of the installation that LibTorch was loaded from, .deps of the checkout in which the program
// was built, $XDG_DATA_HOME/massface (~/.local/share/massface).
// Throws Error that lists the places searched.
NamedTensors find_detector_weights(const std::string& given);

// "mtcnn with a border 0123456789abcdef", computed only from names and values: the same for every form of the same
// weights.
std::string fingerprint_of_detector(const NamedTensors& weights);

}  // namespace massface
