#pragma once

#include <spng.h>

#include <memory>

namespace massface {

struct FreeSpngContext {
  void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};

// Owns a context of libspng, for encoding or decoding one image.
using SpngContext = std::unique_ptr<spng_ctx, FreeSpngContext>;

}  // namespace massface
