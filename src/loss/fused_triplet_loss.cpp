#include "loss/fused_triplet_loss.h"

#include <torch/torch.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "core/error.h"
#include "distributed/shares.h"
#include "kernels/matrix_product.h"
#include "kernels/share_rows.h"
#include "kernels/tile_kernel.h"
#include "loss/pool_gradient.h"
#include "loss/pool_weights_cuda.h"
#include "loss/pool_weights_kernels.h"
#include "loss/row_weights.h"

namespace massface {
namespace {

// [anchors, stride]: holds the distances first, and each row's weights in their place afterwards. The anchors are
// consecutive positions of the pool.
struct WeightMatrix {
  Tensor values;
  int64_t size;              // of the pool
  int64_t first_anchor = 0;  // its position in the pool
  int64_t anchors() const { return values.size(0); }
  bool is_whole() const { return anchors() == size; }
  int64_t stride() const { return values.size(1); }
  float* row(int64_t i) const { return values.mutable_data_ptr<float>() + i * stride(); }
};

// The number of rows that a thread takes at a time: few, because rows differ in cost.
constexpr int64_t kRowsAtOnce = 8;

TripletStatistics weigh_rows(const Pool& pool, const RowWeights& row_weights, const WeightMatrix& matrix) {
  std::vector<TripletStatistics> of_row(static_cast<size_t>(matrix.anchors()));
  share_rows(matrix.anchors(), kRowsAtOnce, [&](int64_t begin, int64_t end) {
    std::vector<float> weights(static_cast<size_t>(matrix.stride()));
    for (int64_t i = begin; i < end; ++i) {
      of_row[static_cast<size_t>(i)] =
          row_weights.weigh(pool.row(matrix.first_anchor + i, matrix.row(i)), weights.data());
      std::ranges::copy(weights, matrix.row(i));
    }
  });
  // Added in the order of the rows, so that the sums do not depend on which thread was first.
  TripletStatistics total;
  for (const TripletStatistics& row : of_row) total.add(row);
  return total;
}

// Computes S = W + W^T in place: the weight of a pair's distance, whichever of the two is the anchor.
void symmetrise(const WeightMatrix& matrix) {
  constexpr int64_t kBlock = 32;
  share_rows(matrix.size, kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t columns = begin; columns < matrix.size; columns += kBlock) {
      for (int64_t i = begin; i < end; ++i) {
        for (int64_t j = std::max(columns, i); j < std::min(columns + kBlock, matrix.size); ++j) {
          const float sum = matrix.row(i)[j] + matrix.row(j)[i];
          matrix.row(i)[j] = matrix.row(j)[i] = sum;
        }
      }
    }
  });
}

// A matrix of weights, [rows, columns] with this many numbers between rows.
struct ConstMatrix {
  const float* values;
  int64_t rows, columns, stride;
  const float* row(int64_t i) const { return values + i * stride; }
};

// Returns the product with x, [columns, D], and calls use(i, row i of the product, sum of row i of the matrix).
template <class Use>
void multiply_rows(const ConstMatrix& matrix, const float* x, int64_t dimensions, const Use& use) {
  std::vector<int64_t> non_zero(static_cast<size_t>(matrix.rows));
  share_rows(matrix.rows, kRowsAtOnce, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      non_zero[static_cast<size_t>(i)] =
          matrix.columns - std::count(matrix.row(i), matrix.row(i) + matrix.columns, 0.0f);
    }
  });
  // If anchors have few triplets, adding their rows is cheaper than a product. Depends on the matrix alone, not on the
  // threads.
  constexpr int64_t kSparse = 8;
  const bool dense =
      std::accumulate(non_zero.begin(), non_zero.end(), int64_t{0}) * kSparse > matrix.rows * matrix.columns;
  Tensor product = at::zeros({matrix.rows, dimensions}, at::kFloat);
  float* out = product.mutable_data_ptr<float>();
  if (dense) {
    multiply_matrices({matrix.values, matrix.stride}, {x, dimensions}, matrix.rows, matrix.columns, dimensions, out,
                      dimensions);
  }
  share_rows(matrix.rows, kRowsAtOnce, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float* to = out + i * dimensions;
      const float* weights = matrix.row(i);
      for (int64_t j = 0; !dense && j < matrix.columns; ++j) {
        if (weights[j] != 0) add_scaled(x + j * dimensions, weights[j], to, dimensions);
      }
      use(i, to, static_cast<float>(sum_of(weights, matrix.columns)));
    }
  });
}

// The twin of loss/pool_gradient.h, whose matrix is S itself; or, for a part of the anchors, W.
Tensor gradient_of(const WeightMatrix& matrix, const Tensor& x, float factor) {
  const int64_t dimensions = x.size(1), anchors = matrix.anchors();
  const float* rows = x.const_data_ptr<float>();
  Tensor gradient = at::zeros_like(x, at::MemoryFormat::Contiguous);
  // to = 2 factor (sum x_i - product), added to what is there.
  const auto add_to = [&](int64_t i, const float* product, float sum) {
    float* to = gradient.mutable_data_ptr<float>() + i * dimensions;
    for (int64_t k = 0; k < dimensions; ++k) to[k] += 2 * factor * (sum * rows[i * dimensions + k] - product[k]);
  };
  const float* values = matrix.values.const_data_ptr<float>();
  multiply_rows({values, anchors, matrix.size, matrix.stride()}, rows, dimensions,
                [&](int64_t i, const float* product, float sum) { add_to(matrix.first_anchor + i, product, sum); });
  if (matrix.is_whole() || anchors == 0) return gradient;
  // What the anchors' triplets ask of all others: W^T and the anchors' rows.
  const Tensor transposed = matrix.values.slice(1, 0, matrix.size).t().contiguous();
  multiply_rows({transposed.const_data_ptr<float>(), matrix.size, anchors, anchors},
                rows + matrix.first_anchor * dimensions, dimensions, add_to);
  return gradient;
}

int64_t averaged_over(const TripletStatistics& statistics, const std::string& reduction) {
  check(reduction == "active" || reduction == "selected", "the reduction is a described choice");
  return std::max<int64_t>(reduction == "active" ? statistics.active : statistics.selected, 1);
}

struct Selection {
  Strategy strategy;
  SelectionRule rule;
  bool soft_margin;
  int64_t anchors;
};

// The weights of every pair, and the divisor of the mean loss.
struct Weighed {
  Tensor weights;
  Tensor loss;     // float32 scalar
  Tensor divisor;  // float64 scalar
};

// The weights returned are already S = W + W^T if a gradient will be needed and all anchors are this process's.
Weighed weigh_on_cpu(const Tensor& rows, const Tensor& labels, const Selection& selection, const std::string& reduction,
                     bool needs_gradient, PoolStatistics& statistics, Processes& processes) {
  const Pool pool(rows, labels);
  const Share share = share_of(selection.anchors, processes);
  const WeightMatrix matrix{at::empty({share.size(), pool.distances().stride()}, rows.options()), pool.size(),
                            share.begin};
  if (matrix.is_whole()) {
    pool.distances().compute_matrix(matrix.values.mutable_data_ptr<float>());
  } else {
    share_rows(matrix.anchors(), kRowsAtOnce, [&](int64_t begin, int64_t end) {
      pool.distances().compute_rows(share.begin + begin, share.begin + end, matrix.row(begin));
    });
  }
  TripletStatistics sums =
      weigh_rows(pool, RowWeights(selection.strategy, selection.rule, selection.soft_margin), matrix);
  const double own_loss = sums.sum_loss;
  if (needs_gradient && matrix.is_whole()) symmetrise(matrix);
  sum_over_processes(processes, sums);
  statistics = sums;
  const auto divisor = static_cast<double>(averaged_over(sums, reduction));
  return {matrix.values, at::full({}, own_loss / divisor, rows.options()),
          at::full({}, divisor, rows.options().dtype(at::kDouble))};
}

Weighed weigh_on_device(const Tensor& rows, const Tensor& labels, const Selection& selection,
                        const std::string& reduction, PoolStatistics& statistics) {
  const auto weighed =
      cuda_hooks::pool_weights(rows, labels, selection.strategy, selection.rule, selection.soft_margin);
  statistics = PoolStatistics(weighed.sums, weighed.counts, rows.size(0));
  const Tensor averaged = weighed.sums[reduction == "active" ? kActive : kSelected].clamp_min(1);
  // Distances that are not finite have no meaningful order, and the host must not wait to find out: loss and gradient
  // become NaN.
  const Tensor divisor = at::where(rows.square().sum().isfinite(), averaged, std::numeric_limits<double>::quiet_NaN());
  return {weighed.weights, (weighed.sums[kLoss] / divisor).to(at::kFloat), divisor};
}

struct FusedTripletLoss : torch::autograd::Function<FusedTripletLoss> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, const Tensor& labels,
                        const Selection& selection, const std::string& reduction, PoolStatistics* statistics,
                        const std::shared_ptr<Processes>& processes) {
    const Tensor rows = x.contiguous();
    const Weighed weighed =
        x.is_cuda() ? weigh_on_device(rows, labels, selection, reduction, *statistics)
                    : weigh_on_cpu(rows, labels, selection, reduction, x.requires_grad(), *statistics, *processes);
    if (x.requires_grad()) {
      context->save_for_backward({rows});
      context->saved_data["weights"] = weighed.weights;
      context->saved_data["divisor"] = weighed.divisor;
      context->saved_data["first"] = share_of(selection.anchors, *processes).begin;
    }
    return weighed.loss;
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list gradients) {
    const Tensor x = context->get_saved_variables()[0];
    const Tensor weights = context->saved_data["weights"].toTensor();
    const Tensor factor = gradients[0].to(at::kDouble) / context->saved_data["divisor"].toTensor();
    const Tensor gradient = x.is_cuda() ? pool_gradient(weights, x, factor.to(at::kFloat))
                                        : gradient_of({weights, x.size(0), context->saved_data["first"].toInt()}, x,
                                                      static_cast<float>(factor.item<double>()));
    return {gradient, {}, {}, {}, {}, {}};
  }
};

}  // namespace

PoolLossOutput fused_triplet_loss(const Tensor& embeddings, const Tensor& labels, Strategy strategy,
                                  const SelectionRule& rule, const TripletLossOptions& options,
                                  const std::shared_ptr<Processes>& processes, int64_t anchors) {
  check(embeddings.scalar_type() == at::kFloat && embeddings.dim() == 2, "the fused loss takes float32 [B, D]");
  if (anchors == -1) anchors = embeddings.size(0);
  check(anchors <= embeddings.size(0) && (anchors == embeddings.size(0) || embeddings.is_cpu()),
        "anchors are embeddings, and all of them on a GPU");
  PoolLossOutput output;
  output.loss = FusedTripletLoss::apply(embeddings, labels, Selection{strategy, rule, options.soft_margin, anchors},
                                        options.reduction, &output.statistics, processes);
  if (embeddings.is_cuda() && !processes->is_first()) output.loss = 0 * output.loss;
  return output;
}

}  // namespace massface
