#pragma once

#include "kernels/bfloat16_product.h"
#include "kernels/channel_rows.h"

// The functions of kernels/channel_rows.h for blocks that bfloat16 products read, with the vector instructions of this
// processor. Two rows become one row of pairs, so that the rows are the depth of a product. An odd last row is paired
// with zeros.
namespace massface {

// pairs [ceil(rows / 2), channels] = activation(x), in pairs of rows.
void activate_pairs(const Bfloat16* x, const ChannelActivation& activation, Bfloat16Pair* pairs, int64_t rows,
                    int64_t channels);

// Computes dx as gradient_rows does, and writes it both as rows (dx) and as pairs.
void gradient_pairs(const Bfloat16* g, const Bfloat16* x, const ChannelActivation& activation,
                    const ChannelGradient& gradient, Bfloat16* dx, Bfloat16Pair* pairs, int64_t rows, int64_t channels);

// Packs two consecutive rows into pairs, without scaling.
void pair_rows(const Bfloat16* values, Bfloat16Pair* pairs, int64_t rows, int64_t channels);

}  // namespace massface
