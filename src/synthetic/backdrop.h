#pragma once

#include "core/random.h"
#include "synthetic/scene.h"

namespace massface {

// Paints what is behind the people of a photograph: a room, a street, trees, lamps out of focus or a plain wall, in the
// two colours of the surroundings. Covers the whole canvas.
void paint_backdrop(Canvas& canvas, const Surroundings& surroundings, Random& random);

}  // namespace massface
