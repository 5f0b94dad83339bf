#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace massface {

// NumPy's array file (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), versions 1 to 3:
// little-endian float32, float64, int32, int64 and uint8 in C order.

// Written atomically, version 1.0. Throws Failure when writing fails.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

// Owns its memory, on the CPU, contiguous. Throws Error that names the file and what is wrong with it: not an .npy
// file, truncated, with bytes behind its end, another dtype, Fortran order.
Tensor read_npy(const std::filesystem::path& path);

// The same from and to memory. source: the name that messages give the bytes.
std::vector<uint8_t> encode_npy(const Tensor& tensor);
Tensor decode_npy(std::span<const uint8_t> bytes, const std::string& source);

}  // namespace massface
