#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "dataset/verification_pairs.h"

namespace massface {

// A verification set in insightface's .bin format: a Python pickle of (images, issame), the encoded images and one
// boolean per pair. Pair i consists of images 2 i and 2 i + 1.
struct VerificationBin {
  std::vector<std::vector<uint8_t>> images;
  std::vector<bool> same;
};

// Reads a .bin file. Images may be bytes, Python 2's str, or NumPy arrays of uint8; the booleans may be Python's or
// NumPy's, or 0 and 1. Nothing in the file is executed (tensor_file/pickle.h). Throws Error that names the file and
// what is wrong with it: damage, another structure, a pickle that names anything else, not two images per pair, or no
// pair.
VerificationBin read_verification_bin(const std::filesystem::path& path);

// Like read_verification_bin(), from memory. source: the name of the bytes in messages.
VerificationBin decode_verification_bin(std::span<const uint8_t> bytes, const std::string& source);

// Returns the pairs in their order; the path of an image is its index, "0", "1", ... Folds are insightface's: ten folds
// of consecutive pairs (scikit-learn's KFold without shuffling) whose sizes differ by at most one. If one of them
// would lack matched or mismatched pairs, as in a file whose matched pairs come first, the pairs of each kind are dealt
// out in order instead, to ten folds or as many as the rarer kind has pairs.
VerificationPairs verification_pairs(const VerificationBin& bin);

}  // namespace massface
