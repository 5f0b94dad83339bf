#include "kernels/distance_rule.h"
#include "kernels/launch_kernel.h"
#include "loss/pool_weights_kernels.h"
#include "loss/triplet_statistics.h"

namespace massface {
namespace {

constexpr int kWarp = 32;
constexpr unsigned kAllLanes = 0xffffffffu;

// Computes |x_i|^2 with the same chain of operations as every product.
__global__ void square_rows(DevicePool pool, float* squares) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= pool.size) return;
  const float* point = pool.points + i * pool.dimensions;
  float sum = 0;
  for (int64_t k = 0; k < pool.dimensions; ++k) sum = fmaf(point[k], point[k], sum);
  squares[i] = sum;
}

// Sixteen chains, with dimension k in chain k % 16, as in squared_difference() of kernels/tile_kernel.h.
__device__ float squared_difference(const float* x, const float* y, int64_t n) {
  float chains[16] = {};
  for (int64_t k = 0; k < n; k += 16) {
#pragma unroll
    for (int i = 0; i < 16; ++i) {
      if (k + i >= n) continue;
      const float difference = x[k + i] - y[k + i];
      chains[i] = fmaf(difference, difference, chains[i]);
    }
  }
  double sum = 0;
#pragma unroll
  for (int i = 0; i < 16; ++i) sum += chains[i];
  return static_cast<float>(sum);
}

constexpr int kTile = 64;   // rows and columns of a block's tile
constexpr int kDepth = 16;  // dimensions in shared memory at once
constexpr int kEach = 4;    // rows and columns of a thread
constexpr int kSide = kTile / kEach;

// Loads zeros for points beyond the pool.
__device__ void load_tile(const DevicePool& pool, int64_t first_row, int64_t first_k,
                          float (&tile)[kDepth][kTile + 1]) {
  for (int t = threadIdx.y * kSide + threadIdx.x; t < kDepth * kTile; t += kSide * kSide) {
    const int k = t % kDepth, i = t / kDepth;
    const bool inside = first_row + i < pool.size && first_k + k < pool.dimensions;
    tile[k][i] = inside ? pool.points[(first_row + i) * pool.dimensions + first_k + k] : 0.0f;
  }
}

__global__ void compute_distances(DevicePool pool, const float* squares, float* distances) {
  __shared__ float a[kDepth][kTile + 1], b[kDepth][kTile + 1];
  const int64_t row = static_cast<int64_t>(blockIdx.y) * kTile, column = static_cast<int64_t>(blockIdx.x) * kTile;
  float sum[kEach][kEach] = {};
  for (int64_t k = 0; k < pool.dimensions; k += kDepth) {
    load_tile(pool, row, k, a);
    load_tile(pool, column, k, b);
    __syncthreads();
    // Beyond the last dimension the tiles hold zeros, which do not change a chain.
    for (int depth = 0; depth < kDepth; ++depth) {
#pragma unroll
      for (int i = 0; i < kEach; ++i) {
#pragma unroll
        for (int j = 0; j < kEach; ++j) {
          sum[i][j] = fmaf(a[depth][threadIdx.y + i * kSide], b[depth][threadIdx.x + j * kSide], sum[i][j]);
        }
      }
    }
    __syncthreads();
  }
  for (int i = 0; i < kEach; ++i) {
    for (int j = 0; j < kEach; ++j) {
      const int64_t y = row + threadIdx.y + i * kSide, x = column + threadIdx.x + j * kSide;
      if (y >= pool.size || x >= pool.size) continue;
      const float both = squares[y] + squares[x];
      const float difference = both - 2.0f * sum[i][j];
      distances[y * pool.size + x] = difference < kNear * both
                                         ? squared_difference(pool.points + y * pool.dimensions,
                                                              pool.points + x * pool.dimensions, pool.dimensions)
                                         : fmaxf(difference, 0.0f);
    }
  }
}

template <class T>
__device__ T sum_of_lanes(T value) {
  for (int offset = kWarp / 2; offset > 0; offset /= 2) value += __shfl_xor_sync(kAllLanes, value, offset);
  return value;
}

// A row (mining/selection_rule.h) whose queries the lanes of a warp answer together; every lane gets the answer.
class WarpRow {
 public:
  __device__ WarpRow(const DevicePool& pool, const float* distances, int64_t anchor)
      : pool_(pool), distances_(distances), anchor_(static_cast<int32_t>(anchor)), lane_(threadIdx.x % kWarp) {
    own_ = pool.labels[anchor];
    first_ = pool.first[anchor];
    last_ = pool.last[anchor];
    int before = 0;
    for (int64_t i = first_ + lane_; i < last_; i += kWarp) before += pool.order[i] < anchor ? 1 : 0;
    rank_ = sum_of_lanes(before);
  }

  __device__ int32_t anchor() const { return anchor_; }
  __device__ int32_t num_positives() const { return static_cast<int32_t>(last_ - first_) - 1; }
  __device__ int32_t positive(int32_t i) const {
    return static_cast<int32_t>(pool_.order[first_ + (i < rank_ ? i : i + 1)]);
  }
  __device__ float distance(int32_t position) const { return distances_[position]; }
  __device__ int32_t num_negatives() const { return static_cast<int32_t>(pool_.size - (last_ - first_)); }

  __device__ Neighbour nearest_negative(float above, float below) const {
    float distance = below;
    int32_t position = -1;
    for (int64_t j = lane_; j < pool_.size; j += kWarp) {
      // The positions of a lane ascend, so the first of equals is kept.
      if (is_negative(j) && distances_[j] > above && distances_[j] < distance) {
        distance = distances_[j];
        position = static_cast<int32_t>(j);
      }
    }
    for (int offset = kWarp / 2; offset > 0; offset /= 2) {
      const float other = __shfl_xor_sync(kAllLanes, distance, offset);
      const int32_t where = __shfl_xor_sync(kAllLanes, position, offset);
      if (where >= 0 && (position < 0 || other < distance || (other == distance && where < position))) {
        distance = other;
        position = where;
      }
    }
    return {position, distance};
  }

  __device__ int32_t count_negatives_below(float bound) const {
    int32_t count = 0;
    for (int64_t j = lane_; j < pool_.size; j += kWarp) count += is_negative(j) && distances_[j] < bound ? 1 : 0;
    return sum_of_lanes(count);
  }

  __device__ int32_t negative_below(float bound, int32_t k) const {
    for (int64_t begin = 0; begin < pool_.size; begin += kWarp) {
      const int64_t j = begin + lane_;
      const unsigned found = __ballot_sync(kAllLanes, j < pool_.size && is_negative(j) && distances_[j] < bound);
      const int count = __popc(found);
      if (k < count) return static_cast<int32_t>(begin + __fns(found, 0, k + 1));
      k -= count;
    }
    return -1;
  }

  __device__ bool is_negative(int64_t position) const { return pool_.labels[position] != own_; }
  __device__ int lane() const { return lane_; }
  __device__ int64_t size() const { return pool_.size; }

 private:
  const DevicePool& pool_;
  const float* distances_;
  int32_t anchor_;
  int lane_;
  int64_t own_, first_, last_;
  int32_t rank_;
};

// Receives what a selector emits, as RowWeigher does, with the lanes of a warp. Only one lane, the position modulo the
// warp's size, changes a position's weight, so there are no races; each lane has its own sums until the end.
class WarpWeigher {
 public:
  __device__ WarpWeigher(const WarpRow& row, float margin, bool soft_margin, float* weights,
                         unsigned long long* histograms)
      : row_(row), margin_(margin), soft_margin_(soft_margin), weights_(weights), histograms_(histograms) {}

  __device__ void operator()(int32_t positive, int32_t negative) {
    const float to_positive = row_.distance(positive);
    if (negative != kEveryViolating) {
      add(positive, to_positive, negative, row_.lane() == negative % kWarp);
      return;
    }
    const float bound = violation_bound(to_positive, margin_);
    float positive_weight = 0;
    for (int64_t n = row_.lane(); n < row_.size(); n += kWarp) {
      if (!row_.is_negative(n) || !(row_.distance(static_cast<int32_t>(n)) < bound)) continue;
      positive_weight += weigh(to_positive, static_cast<int32_t>(n));
    }
    positive_weight = sum_of_lanes(positive_weight);
    if (row_.lane() == positive % kWarp) weights_[positive] += positive_weight;
  }

  __device__ void finish(bool every_violating, double* sums) {
    int64_t violating = 0;
    if (every_violating) {
      violating = static_cast<int64_t>(sum_of_lanes(sums_[kSelected]));
    } else {
      for (int32_t i = 0; i < row_.num_positives(); ++i) {
        violating += row_.count_negatives_below(violation_bound(row_.distance(row_.positive(i)), margin_));
      }
    }
    for (int64_t j = row_.lane(); j < row_.size(); j += kWarp) sums_[kOfPool] += row_.distance(static_cast<int32_t>(j));
    for (int s = 0; s < kNumRowSums; ++s) sums_[s] = sum_of_lanes(sums_[s]);
    sums_[kViolating] = static_cast<double>(violating);
    sums_[kValid] = static_cast<double>(row_.num_positives()) * row_.num_negatives();
    if (row_.lane() == 0) {
      for (int s = 0; s < kNumRowSums; ++s) sums[s] = sums_[s];
    }
  }

 private:
  // Adds one triplet, with the lane that owns the negative.
  __device__ void add(int32_t positive, float to_positive, int32_t negative, bool mine) {
    float weight = mine ? weigh(to_positive, negative) : 0.0f;
    weight = sum_of_lanes(weight);
    if (row_.lane() == positive % kWarp) weights_[positive] += weight;
  }

  // Returns the weight that the positive gains.
  __device__ float weigh(float to_positive, int32_t negative) {
    const float to_negative = row_.distance(negative);
    sums_[kSelected] += 1;
    sums_[kToPositive] += to_positive;
    sums_[kToNegative] += to_negative;
    atomicAdd(histograms_ + DistanceHistogram::bin(to_positive), 1ull);
    atomicAdd(histograms_ + DistanceHistogram::kBins + DistanceHistogram::bin(to_negative), 1ull);
    float weight = 1;
    double loss;
    if (soft_margin_) {
      const double difference = static_cast<double>(to_positive) - to_negative;
      weight = static_cast<float>(1.0 / (1.0 + exp(-difference)));
      loss = fmax(difference, 0.0) + log1p(exp(-fabs(difference)));
    } else {
      loss = static_cast<double>(violation_bound(to_positive, margin_)) - to_negative;
      if (!(loss > 0)) return 0;
    }
    sums_[kActive] += 1;
    sums_[kLoss] += loss;
    weights_[negative] -= weight;
    return weight;
  }

  const WarpRow& row_;
  float margin_;
  bool soft_margin_;
  float* weights_;
  unsigned long long* histograms_;
  double sums_[kNumRowSums] = {};
};

template <class Selector>
__global__ void weigh_rows(DevicePool pool, const float* distances, SelectionRule rule, bool soft_margin,
                           float* weights, double* sums, unsigned long long* histograms) {
  const int64_t anchor = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / kWarp;
  if (anchor >= pool.size) return;  // a whole warp
  const WarpRow row(pool, distances + anchor * pool.size, anchor);
  WarpWeigher weigher(row, rule.margin, soft_margin, weights + anchor * pool.size, histograms);
  Selector()(row, rule, weigher);
  weigher.finish(Selector::kEmitsEveryViolating, sums + anchor * kNumRowSums);
}

}  // namespace

void launch_pool_distances(const DevicePool& pool, float* squares, float* distances, CUstream_st* stream) {
  if (pool.size == 0) return;
  constexpr int kThreads = 128;
  launch_kernel(square_rows, static_cast<unsigned>((pool.size + kThreads - 1) / kThreads), kThreads, stream, pool,
                squares);
  const auto tiles = static_cast<unsigned>((pool.size + kTile - 1) / kTile);
  launch_kernel(compute_distances, dim3(tiles, tiles), dim3(kSide, kSide), stream, pool, squares, distances);
}

void launch_pool_weights(const DevicePool& pool, const float* distances, Strategy strategy, const SelectionRule& rule,
                         bool soft_margin, float* weights, double* sums, unsigned long long* histograms,
                         CUstream_st* stream) {
  if (pool.size == 0) return;
  constexpr int kWarpsPerBlock = 4;
  const auto blocks = static_cast<unsigned>((pool.size + kWarpsPerBlock - 1) / kWarpsPerBlock);
  with_selector(strategy, [&](auto selector) {
    launch_kernel(weigh_rows<decltype(selector)>, blocks, kWarpsPerBlock * kWarp, stream, pool, distances, rule,
                  soft_margin, weights, sums, histograms);
  });
}

}  // namespace massface
