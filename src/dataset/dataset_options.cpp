#include "dataset/dataset_options.h"

#include "dataset/same_names.h"

namespace massface {

void DatasetOptions::describe(OptionTable& table) {
  table.add(
      "path", path,
      "The training set: a folder of identity folders, a list file of `path identity` lines, a packed set (.mfp), "
      "MXNet records (train.rec), or several of these separated by ':'. Relative to the working directory; a run "
      "keeps the absolute path.");
  describe_same_names(table, same_names);
  table.add("max_bad_fraction", max_bad_fraction, {.min = 0, .max = 1},
            "The run stops if more than this fraction of the images is unreadable. Up to it, each unreadable image is "
            "listed in RUN/bad_images.txt and replaced by another image, of the same identity if it has one.");
  table.add("cache", cache, "Keep the scan of the folders in the user's cache folder for the next start.");
}

}  // namespace massface
