#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "dataset/inspect.h"

namespace massface {

// Adds "left_out_images" (their number) and "left_out" (each with "image" and "reason").
void add_left_out(nlohmann::ordered_json& json, const std::vector<UnreadableImage>& left_out);

// Throws Error if the file `list` exists: for a verb to call before its work, since report_left_out() would replace it.
void require_place_for_left_out(const std::filesystem::path& list);

// Writes the images that were left out to the file `list`, one per line, and logs a warning that shows the first of
// them. Does nothing if left_out is empty.
void report_left_out(const std::vector<UnreadableImage>& left_out, const std::filesystem::path& list);

}  // namespace massface
