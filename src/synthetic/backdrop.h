#pragma once

#include "core/random.h"
#include "synthetic/scene.h"

namespace massface {

// What stands behind the people of a photograph: a room, a street, trees, lamps out of focus or a plain wall, in the
// two colours of the surroundings. Covers the canvas.
void paint_backdrop(Canvas& canvas, const Surroundings& surroundings, Random& random);

}  // namespace massface
