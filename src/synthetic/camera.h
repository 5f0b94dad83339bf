#pragma once

#include "core/random.h"
#include "synthetic/scene.h"

namespace massface {

// The last stages from painted light to a picture.

// Darkens one side of a line, as an object between the lamp and the face would, if the camera has a shadow. beyond: how
// far the picture reaches beyond the aligned face, in multiples of the face's size; 0 for the aligned picture.
void cast_shadow(Canvas& canvas, const Camera& camera, const Frame& frame, float beyond);

// Applies exposure, colour cast, saturation, contrast, the compression of highlights, and noise.
void expose(Canvas& canvas, const Camera& camera, Random& random);

}  // namespace massface
