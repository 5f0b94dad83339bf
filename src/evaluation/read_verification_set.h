#pragma once

#include <filesystem>
#include <string>

#include "evaluation/verification_set.h"

namespace massface {

// Whether the file is in insightface's .bin format, which contains the images of its pairs.
bool contains_images(const std::filesystem::path& pairs);

// Reads a set of pairs. images: their folder, or a file that open_dataset() takes; unused if contains_images(pairs).
// name: what to call the set, or "" for the stem of the pairs file. A set that is given a name other than LFW is never
// reported as LFW, for example "LFW, aligned by another detector". Throws Error for a file that cannot be read.
VerificationSet read_verification_set(const std::filesystem::path& pairs, const std::string& images,
                                      const std::string& name);

}  // namespace massface
