#pragma once

#include <string_view>

namespace massface {

// The name of the manifest that `massface align` writes into the folder of its crops (docs/formats/manifest.md). Code
// that reads these crops as a face set can ignore it.
inline constexpr std::string_view kManifestName = "manifest.jsonl";

}  // namespace massface
