#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "dataset/verification_pairs.h"

namespace massface {

// A verification set in insightface's .bin form: a Python pickle of (images, issame), encoded images in memory and one
// boolean a pair. Pair i is images 2 i and 2 i + 1.
struct VerificationBin {
  std::vector<std::vector<uint8_t>> images;
  std::vector<bool> same;
};

// Images may be bytes, Python 2's str, or NumPy arrays of uint8; the booleans Python's or NumPy's, or 0 and 1. Nothing
// in the file is executed (tensor_file/pickle.h). Throws Error that names the file and what is wrong with it: damaged,
// another structure, a pickle that names anything else, not two images a pair, no pair.
VerificationBin read_verification_bin(const std::filesystem::path& path);

// The same from memory. source: the name that messages give the bytes.
VerificationBin decode_verification_bin(std::span<const uint8_t> bytes, const std::string& source);

// The pairs in their order; an image's path is its index, "0", "1", ... Folds are insightface's: ten of consecutive
// pairs (scikit-learn's KFold without shuffling), whose sizes differ by one at most; fewer where one would lack matched
// or mismatched pairs.
VerificationPairs verification_pairs(const VerificationBin& bin);

}  // namespace massface
