#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace massface {

// What a JSON text may at most hold. Without limits, 40 MB of '[' would take 3 GB of memory.
struct JsonLimits {
  int depth = 4;               // levels of objects and lists
  int64_t values = 2'000'000;  // values and keys of the whole text
};

// The entries of a JSON object in the order of the text.
using JsonEntries = std::vector<std::pair<std::string, nlohmann::json>>;

// Parses the text of a JSON object from an untrusted file, in O(n log n). Throws Error, whose message does not name the
// file, if the text is not one JSON object, exceeds a limit, or has two entries of the same name at the outermost
// level.
JsonEntries parse_json_object(std::string_view text, const JsonLimits& limits = {});

}  // namespace massface
