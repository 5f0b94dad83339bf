#include "recipe/verification_options.h"

#include "model/embedder.h"

namespace massface {

void VerificationOptions::describe(OptionTable& table) {
  table.add("pairs", pairs,
            "The pairs: a file such as LFW's pairs.txt, or a .bin file of insightface with its images.");
  table.add("images", images, "Their images: a folder, a packed set or a list file. Not used with a .bin file.");
  table.add("every_steps", every_steps, {.min = 0, .max = 1e9},
            "Steps of a phase between two measurements; 0: at each checkpoint. The last step is always measured.");
  table.add("other_people", other_people,
            "Names that the training set has as well, such as numbers, are those of other people. Otherwise a set with "
            "such names is refused.");
  table.add_choice("flip", flip, flip_names(),
                   "Whether an image is embedded alone (none), or together with its mirror image: their embeddings are "
                   "added (sum), or put one behind the other (concatenate).");
  table.add("resize", resize, "Resize images that have another size than the network's input.");
  table.add("center_crop", center_crop, "Cut the network's input out of the middle of larger images.");
}

}  // namespace massface
