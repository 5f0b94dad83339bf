#pragma once

#include <filesystem>
#include <map>
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
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors);

// Tensors own their memory, on the CPU, contiguous. Throws Error that names the file and what is wrong with it:
// truncated, overlapping or out-of-range offsets, an unknown dtype, sizes that disagree.
NamedTensors read_safetensors(const std::filesystem::path& path);

}  // namespace massface
