#pragma once

#include <string_view>

namespace massface {

// What `massface align` calls its manifest, in the folder of its crops (docs/formats/manifest.md). Whoever reads these
// crops as a face set need not wonder about it.
inline constexpr std::string_view kManifestName = "manifest.jsonl";

}  // namespace massface
