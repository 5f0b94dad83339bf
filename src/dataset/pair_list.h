#pragma once

#include <string>
#include <string_view>

#include "dataset/verification_pairs.h"

namespace massface {

// Returns whether a file of pairs is a list of `FIRST SECOND SAME`, in which the pairs are paths, rather than LFW's
// pairs.txt: its first line, or the one behind a header, has two paths and a 0 or 1.
bool is_pair_list(std::string_view text);

// Reads such a list: between commas or tabs (quoted as in CSV files where need be, perhaps with a first line of names),
// otherwise between spaces. FIRST, SECOND: paths below the image folder. SAME: 1 for one person, 0 for two. The pairs
// get folds by dealt_folds(). file: its name for messages. Throws Error, which names the line.
VerificationPairs parse_pair_list(std::string_view text, const std::string& file);

}  // namespace massface
