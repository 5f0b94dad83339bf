#pragma once

#include <vector>

#include "cleaning/find_faults.h"
#include "dataset/dataset.h"
#include "image/image.h"

namespace massface {

// A picture reduced to 32 x 32 grey levels without their mean, scaled to unit length. Zeros for a picture of one
// colour, and for one that cannot be read.
using PictureKey = std::vector<float>;
PictureKey picture_key(const Image& image);

// Returns whether two pictures are the same but for compression, size and small changes of colour: the correlation of
// their keys is at least kSamePictureCorrelation.
inline constexpr double kSamePictureCorrelation = 0.975;
bool are_same_picture(const PictureKey& a, const PictureKey& b);

// Compares the images of a set. images: those of the rows. Reads each image that a pair names once, on LibTorch's
// threads. The set must outlive the function.
SamePicture same_picture_in(const Dataset& dataset, std::vector<ImageIndex> images);

}  // namespace massface
