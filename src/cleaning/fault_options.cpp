#include "cleaning/fault_options.h"

namespace massface {

void FaultOptions::describe(OptionTable& table) {
  table.add("max_false_share", max_false_share, {.min = 0, .max = 0.9},
            "Estimated share of right labels among the images below the threshold for wrong labels.");
  table.add("false_relabels", false_relabels, {.min = 1e-9, .max = 0.1},
            "Probability that the nearest stranger of an image is called its person.");
  table.add("false_merges", false_merges, {.min = 1e-9, .max = 0.1},
            "Probability that the nearest stranger of a person is called the same person.");
  table.add("false_test_people", false_test_people, {.min = 1e-9, .max = 0.1},
            "Probability that a person whom the test set lacks is called one of it.");
  table.add("duplicate_similarity", duplicate_similarity, {.min = 0, .max = 1},
            "Cosine from which two images are compared pixel by pixel to see whether they are the same picture.");
  table.add("smallest_group", smallest_group, {.min = 2, .max = 1000},
            "Number of images that make a second person under one name; fewer are judged one by one.");
}

}  // namespace massface
