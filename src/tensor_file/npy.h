#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"

namespace massface {

// NumPy's array file (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), versions 1 to 3:
// little-endian float32, float64, int32, int64 and uint8 in C order.

// Written atomically, version 1.0. Throws Failure when writing fails.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

// Owns its memory, on the CPU, contiguous. Throws Error that names the file and what is wrong with it: not an .npy
// file, truncated, with bytes behind its end, another dtype (with the advice to convert it to `wanted`), Fortran order.
Tensor read_npy(const std::filesystem::path& path, at::ScalarType wanted = at::kFloat);

// The same from and to memory. source: the name that messages give the bytes.
std::vector<uint8_t> encode_npy(const Tensor& tensor);
Tensor decode_npy(std::span<const uint8_t> bytes, const std::string& source, at::ScalarType wanted = at::kFloat);

// As NumPy names them, for messages: "float32 [5, 2]". Of the types above.
std::string dtype_and_shape(const Tensor& tensor);

// The dtype as messages ask for it: "<f4". Of the types above.
std::string_view npy_dtype(at::ScalarType type);

}  // namespace massface
