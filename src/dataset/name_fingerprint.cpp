#include "dataset/name_fingerprint.h"

#include "dataset/dataset.h"

namespace massface {

uint64_t fingerprint_of_names(const Dataset& dataset) {
  NameFingerprint fingerprint;
  for (IdentityIndex identity = 0; identity < dataset.num_identities(); ++identity) {
    fingerprint.add_identity(dataset.identity_name(identity));
    const ImageIndex first = dataset.first_image_of(identity);
    for (ImageIndex image = first; image < first + dataset.num_images_of(identity); ++image) {
      fingerprint.add_image(dataset.file_name(image));
    }
  }
  return fingerprint.value();
}

}  // namespace massface
