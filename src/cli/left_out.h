#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "dataset/inspect.h"

namespace massface {

// Adds "left_out_images" (their number) and "left_out" (each with "image" and "reason").
void add_left_out(nlohmann::ordered_json& json, const std::vector<UnreadableImage>& left_out);

// Lists what was left out in `list`, a line each, and logs a warning with the first of them. Nothing where nothing was.
void report_left_out(const std::vector<UnreadableImage>& left_out, const std::filesystem::path& list);

}  // namespace massface
