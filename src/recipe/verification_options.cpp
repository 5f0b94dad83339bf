#include "recipe/verification_options.h"

#include "model/embedder.h"

namespace massface {

void VerificationOptions::describe(OptionTable& table) {
  table.add("pairs", pairs,
            "The pairs: a file such as LFW's pairs.txt, or a .bin file of insightface with its images.");
  table.add("images", images, "Their images: a folder, a packed set or a list file. Not used with a .bin file.");
  table.add("every_steps", every_steps, {.min = 0, .max = 1e9},
            "Steps of a phase between two measurements; 0: at each checkpoint. The last step is always measured.");
  table.add_choice("flip", flip, flip_names(), "As in massface evaluate.");
  table.add("resize", resize, "As in massface evaluate.");
  table.add("center_crop", center_crop, "As in massface evaluate.");
}

}  // namespace massface
