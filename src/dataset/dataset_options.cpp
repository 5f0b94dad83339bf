#include "dataset/dataset_options.h"

namespace massface {

void DatasetOptions::describe(OptionTable& table) {
  table.add(
      "path", path,
      "The training set: a folder of identity folders, a list file of `path identity` lines, a packed set (.mfp), "
      "MXNet records (train.rec), or several of these separated by ':'. Relative to the working folder; a run keeps "
      "the absolute path.");
  table.add("max_bad_fraction", max_bad_fraction, {.min = 0, .max = 1},
            "The run stops when more than this part of the images is unreadable. Below it, each is replaced by another "
            "image of its identity and listed in RUN/bad_images.txt.");
  table.add("cache", cache, "Keep the scan of the folders in the user's cache folder, for the next start.");
}

}  // namespace massface
