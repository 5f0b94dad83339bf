#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace massface {

// Throws BadImage if the file's first bytes are not an image's: films of many gigabytes lie among photographs and
// should not be read. Throws Error if the file cannot be read.
void require_image_file(const std::filesystem::path& file);

// Reads a file that should be an image. If it is large, looks at its first bytes before it reads all of them. Throws
// BadImage if it is another kind of file or there is not enough memory for its bytes (TooLargeImage), and Error if it
// cannot be read.
std::vector<uint8_t> read_image_file(const std::filesystem::path& file);

}  // namespace massface
