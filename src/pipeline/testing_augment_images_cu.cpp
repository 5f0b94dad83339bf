#include "kernels/testing_device.h"

// The same name may be linked for a GPU as well.
#define augment_images_cuda augment_images_on_testing_device
#include "pipeline/augment_images.cu"
