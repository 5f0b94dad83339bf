#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/tensor.h"

namespace massface {

// Named tensors in a fixed order, and free text beside them.
struct NamedTensors {
  std::vector<std::pair<std::string, Tensor>> tensors;
  std::map<std::string, std::string> metadata;

  // Throws Error that names what is missing.
  const Tensor& at(const std::string& name) const;
};

// The safetensors format (https://huggingface.co/docs/safetensors): 8 bytes of header length, a JSON header, the raw
// little-endian data. Written atomically; bytes depend on names, values and metadata alone.
// dtypes: F64 F32 F16 BF16 I64 I32 U8 BOOL. Throws Failure when writing fails.
// Names and metadata should be UTF-8: other bytes are replaced by U+FFFD.
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors);

// Tensors own their memory, on the CPU, contiguous, in the order of the header. Throws Error that names the file and
// what is wrong with it: truncated, overlapping or out-of-range offsets, an unknown dtype, sizes that disagree.
NamedTensors read_safetensors(const std::filesystem::path& path);

// The same from and to memory. source: the name that messages give the bytes.
std::vector<uint8_t> encode_safetensors(const NamedTensors& tensors);
NamedTensors decode_safetensors(std::span<const uint8_t> bytes, const std::string& source);

}  // namespace massface
