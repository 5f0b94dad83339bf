#include "kernels/testing_device.h"

// The same names may be linked for a GPU as well.
#define launch_pool_distances pool_distances_on_testing_device
#define launch_pool_weights pool_weights_on_testing_device
#include "loss/pool_weights.cu"
