#include "pipeline/bad_image_limit.h"

#include "core/error.h"
#include "core/files.h"

namespace massface {

int64_t max_bad_images(double max_bad_fraction, const Dataset& dataset) {
  // The addend makes 29 of 100 images equal to a fraction of 0.29, although 0.29 * 100 is below 29 in binary.
  return static_cast<int64_t>(max_bad_fraction * static_cast<double>(dataset.size()) + 1e-6);
}

void require_few_bad_images(const Dataset& dataset, double max_bad_fraction, int64_t found,
                            const UnreadableImage& last) {
  require(
      found <= max_bad_images(max_bad_fraction, dataset),
      "{} of the dataset's {} images were found unreadable, more than dataset.max_bad_fraction = {} allows; the last "
      "is {}: {}. Repair or remove them (`massface inspect` lists them), or raise dataset.max_bad_fraction",
      found, dataset.size(), max_bad_fraction, printable(last.name), printable(last.reason));
}

}  // namespace massface
