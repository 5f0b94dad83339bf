#include "kernels/testing_device.h"

// The same name may be linked for a GPU as well.
#define normalize_images_cuda normalize_images_on_testing_device
#include "kernels/normalize_images_cuda.cu"
