#pragma once

#include "kernels/bfloat16_product.h"
#include "kernels/channel_rows.h"

// What kernels/channel_rows.h does, for blocks that bfloat16 products read: two rows become a row of pairs, so that the
// rows are the depth of a product. The pair of an odd last row has a zero. With the vector instructions of this
// processor.
namespace massface {

// pairs [ceil(rows / 2), channels] of activation(x).
void activate_pairs(const Bfloat16* x, const ChannelActivation& activation, Bfloat16Pair* pairs, int64_t rows,
                    int64_t channels);

// dx as gradient_rows has it, by rows and as pairs.
void gradient_pairs(const Bfloat16* g, const Bfloat16* x, const ChannelActivation& activation,
                    const ChannelGradient& gradient, Bfloat16* dx, Bfloat16Pair* pairs, int64_t rows, int64_t channels);

// Of values as they are.
void pair_rows(const Bfloat16* values, Bfloat16Pair* pairs, int64_t rows, int64_t channels);

}  // namespace massface
