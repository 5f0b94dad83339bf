#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"

namespace massface {

// NumPy's array files (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), versions 1 to 3:
// little-endian float32, float64, int32, int64 and uint8 in C order.

// Writes version 1.0, atomically. Throws Failure if writing fails.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

// Returns a contiguous tensor of the file's dtype on the CPU, which owns its memory. Throws Error naming the file and
// the fault: not an .npy file, truncated, bytes after its end, an unsupported dtype (with the advice to convert it to
// `wanted`), Fortran order.
Tensor read_npy(const std::filesystem::path& path, at::ScalarType wanted = at::kFloat);

// The same to and from memory. source: the name of the bytes in messages.
std::vector<uint8_t> encode_npy(const Tensor& tensor);
Tensor decode_npy(std::span<const uint8_t> bytes, const std::string& source, at::ScalarType wanted = at::kFloat);

// What precedes the values in such a file, for a writer of arrays that are too large for memory.
std::vector<uint8_t> npy_header(at::ScalarType type, at::IntArrayRef shape);

// An array of texts, NumPy's dtype <UN with N the length of the longest. texts: UTF-8.
std::vector<uint8_t> encode_npy_texts(const std::vector<std::string>& texts);

// The dtype and shape in NumPy's terms, for messages: "float32 [5, 2]". The tensor must have one of the types above.
std::string dtype_and_shape(const Tensor& tensor);

// NumPy's code of the dtype, for messages: "<f4". Must be one of the types above.
std::string_view npy_dtype(at::ScalarType type);

}  // namespace massface
