#pragma once

#include "core/random.h"
#include "synthetic/scene.h"

namespace massface {

// The last steps from painted light to a picture.

// What stands between the lamp and the face darkens one side of a line, where the scene has it so. beyond: how many
// times the aligned face's size the picture reaches beyond it; 0 for the aligned picture.
void cast_shadow(Canvas& canvas, const Camera& camera, const Frame& frame, float beyond);

// Exposure, colour cast, saturation, contrast, highlights and noise.
void expose(Canvas& canvas, const Camera& camera, Random& random);

}  // namespace massface
