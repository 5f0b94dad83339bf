#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace massface {

// Returns whether a file counts as an image: the one rule for folders, lists and pairs. Its name alone decides (.jpg,
// .jpeg, .jpe, .jfif, .png or .webp, in any case), so that 500,000 files need not be opened; their content matters only
// when they are decoded.
bool has_image_name(std::string_view file_name);

// The endings, for messages: ".jpg, .jpeg, .jpe, .jfif, .png or .webp".
std::string_view image_endings();

// The names that the image of `name` may have: `name` itself, then with each other ending in lower case, in upper case
// (cameras and Windows) and with a capital. `name` need not have an ending of an image.
std::vector<std::string> image_name_spellings(const std::string& name);

}  // namespace massface
