#pragma once

#include <string>
#include <vector>

namespace massface {

// The name of a photograph's crop i, without an extension: the stem for i = 0, then stem_face2, stem_face3, ...
std::string crop_stem(const std::string& stem, size_t i);

// Chooses a stem for each photograph's crops such that no crop of one can have the name of another's crop, or of a
// folder in which crops lie. photographs: paths relative to the source, sorted and unique. ending: the extension of the
// crops. several: a photograph may have several crops.
//
// A stem is the photograph's path without its extension, or, where that could collide, with it, or with a number after
// it; a name that file systems would find too long is shortened, with a hash. A photograph that is already named like its
// crop takes precedence.
std::vector<std::string> choose_crop_stems(const std::vector<std::string>& photographs, const std::string& ending,
                                           bool several);

}  // namespace massface
