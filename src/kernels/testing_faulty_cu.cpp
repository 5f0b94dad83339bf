#include "kernels/testing_faulty_cu.h"

#include "kernels/testing_device.h"

namespace massface {
namespace {

constexpr uint32_t kAllLanes = 0xffffffffu;

enum class Barrier { kRight, kMissing, kDivergent, kTwo };

__global__ void reverse_values(int n, Barrier barrier, int shift, const float* in, float* out) {
  __shared__ float values[64];
  const int i = static_cast<int>(threadIdx.x);
  values[i] = in[i];
  if (barrier == Barrier::kRight) __syncthreads();
  if (barrier == Barrier::kDivergent && i < n / 2) __syncthreads();
  if (barrier == Barrier::kTwo) {
    if (i % 2 == 0) {
      __syncthreads();
    } else {
      __syncthreads();
    }
  }
  out[i] = values[n - 1 - i + shift];
}

void launch_reverse(int n, Barrier barrier, int shift, const float* in, float* out) {
  launch_kernel(reverse_values, 1, static_cast<unsigned>(n), nullptr, n, barrier, shift, in, out);
}

__global__ void copy_values(int shift, const float* in, float* out) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  out[i] = in[i + shift];
}

__global__ void add_one(unsigned long long* out, bool atomic) {
  if (atomic) {
    atomicAdd(out, 1ull);
  } else {
    *out += 1;
  }
}

__global__ void add_one_to_shared(unsigned long long* out) {
  __shared__ unsigned long long count;
  atomicAdd(&count, 1ull);
  __syncthreads();
  if (threadIdx.x == 0) *out = count;
}

__global__ void take_from_other_block(float* values) {
  if (blockIdx.x == 0) values[0] = 1;
  if (blockIdx.x == 1) values[1] = values[0];
}

__global__ void read_then_write(float* values, float* out) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i == 0) out[0] = values[0];
  if (i == 1) values[0] = 2;
}

struct Small {
  float values[4];
  float behind[4];
};

__global__ void write_small_array(int i, float* out) {
  auto* small = reinterpret_cast<Small*>(out);
  small->values[i] = 1;
}

__global__ void copy_one(const float* from, float* out) { *out = *from; }

__global__ void reduce(const float* in, float* out, uint32_t* ballots) {
  float sum = in[threadIdx.x];
  ballots[threadIdx.x] = __ballot_sync(kAllLanes, sum > 0);
  for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(kAllLanes, sum, offset);
  out[threadIdx.x] = sum;
}

__global__ void shuffle_two_ways(float* out) {
  float value = static_cast<float>(threadIdx.x);
  if (threadIdx.x < 16) {
    value = __shfl_xor_sync(kAllLanes, value, 1);
  } else {
    value = __shfl_xor_sync(kAllLanes, value, 1);
  }
  out[threadIdx.x] = value;
}

__global__ void shuffle_after_return(float* out) {
  if (threadIdx.x >= 16) return;
  out[threadIdx.x] = __shfl_xor_sync(kAllLanes, 1.0f, 16);
}

__global__ void ballot_of_others(uint32_t* out) { out[threadIdx.x] = __ballot_sync(1u, 1); }

__global__ void shuffle_with_own_mask(float* out) {
  out[threadIdx.x] = __shfl_xor_sync(threadIdx.x < 16 ? kAllLanes : 0xffff0000u, 1.0f, 1);
}

}  // namespace

void reverse(int n, const float* in, float* out) { launch_reverse(n, Barrier::kRight, 0, in, out); }
void reverse_without_barrier(int n, const float* in, float* out) { launch_reverse(n, Barrier::kMissing, 0, in, out); }
void reverse_with_divergent_barrier(int n, const float* in, float* out) {
  launch_reverse(n, Barrier::kDivergent, 0, in, out);
}
void reverse_with_two_barriers(int n, const float* in, float* out) { launch_reverse(n, Barrier::kTwo, 0, in, out); }
void reverse_shifted(int n, const float* in, float* out) { launch_reverse(n, Barrier::kRight, 1, in, out); }

void copy_shifted(int n, int shift, const float* in, float* out) {
  launch_kernel(copy_values, static_cast<unsigned>(n + 31) / 32, 32, nullptr, shift, in, out);
}
void count_threads(int blocks, int threads, unsigned long long* out, bool atomic) {
  launch_kernel(add_one, static_cast<unsigned>(blocks), static_cast<unsigned>(threads), nullptr, out, atomic);
}
void count_from_nothing(unsigned long long* out) { launch_kernel(add_one_to_shared, 1, 32, nullptr, out); }
void exchange_between_blocks(float* values) { launch_kernel(take_from_other_block, 2, 1, nullptr, values); }
void write_what_was_read(int blocks, int threads, float* values, float* out) {
  launch_kernel(read_then_write, static_cast<unsigned>(blocks), static_cast<unsigned>(threads), nullptr, values, out);
}
void index_small_array(int i, float* out) { launch_kernel(write_small_array, 1, 1, nullptr, i, out); }
void read_host_memory(float* out) {
  const float on_host = 1;
  launch_kernel(copy_one, 1, 1, nullptr, &on_host, out);
}

void reduce_warps(int threads, const float* in, float* out, uint32_t* ballots) {
  launch_kernel(reduce, 1, static_cast<unsigned>(threads), nullptr, in, out, ballots);
}
void shuffle_in_branches(float* out) { launch_kernel(shuffle_two_ways, 1, 32, nullptr, out); }
void shuffle_from_returned(float* out) { launch_kernel(shuffle_after_return, 1, 32, nullptr, out); }
void ballot_outside_of_mask(uint32_t* out) { launch_kernel(ballot_of_others, 1, 32, nullptr, out); }
void shuffle_with_different_masks(float* out) { launch_kernel(shuffle_with_own_mask, 1, 32, nullptr, out); }

uint32_t nth_bit(uint32_t bits, uint32_t base, int n) { return __fns(bits, base, n); }

}  // namespace massface
