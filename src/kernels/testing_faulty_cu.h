#pragma once

#include <cstdint>
#include <functional>

// Small kernels for the tests of the testing device itself (kernels/testing_device.h): right ones, and the same ones
// with a mistake.
namespace massface {

// out[i] = in[n - 1 - i], through shared memory; n is at most 64 and the number of threads.
void reverse(int n, const float* in, float* out);
void reverse_without_barrier(int n, const float* in, float* out);
// The barrier is only reached by the first half of the threads.
void reverse_with_divergent_barrier(int n, const float* in, float* out);
void reverse_with_two_barriers(int n, const float* in, float* out);
// Reads shared memory that the n threads did not write.
void reverse_shifted(int n, const float* in, float* out);

// out[i] = in[i + shift] for i in [0, n), with blocks of 32 threads and no check against n.
void copy_shifted(int n, int shift, const float* in, float* out);
// Every thread adds 1 to out[0], which starts at 0.
void count_threads(int blocks, int threads, unsigned long long* out, bool atomic);
// Adds to a count in shared memory that nothing sets to 0.
void count_from_nothing(unsigned long long* out);
// Reads what the other block writes.
void exchange_between_blocks(float* values);
// The second of `threads` threads, or of `blocks` blocks, writes what the first has read.
void write_what_was_read(int blocks, int threads, float* values, float* out);
// Index i of an array of 4 within a larger struct.
void index_small_array(int i, float* out);
// Reads a value on the stack of the host.
void read_host_memory(float* out);

// Within each warp: out[i] = sum of in, by shuffles; ballots[i] = the lanes with a positive value.
void reduce_warps(int threads, const float* in, float* out, uint32_t* ballots);
// Half of each warp shuffles with the mask of all lanes, the other half elsewhere.
void shuffle_in_branches(float* out);
// The upper half of the warp returns, and then the lower half shuffles from it.
void shuffle_from_returned(float* out);
// Calls a function of the warp with a mask that lacks the calling lane.
void ballot_outside_of_mask(uint32_t* out);
void shuffle_with_different_masks(float* out);

// The position of the n-th bit.
uint32_t nth_bit(uint32_t bits, uint32_t base, int n);

}  // namespace massface
