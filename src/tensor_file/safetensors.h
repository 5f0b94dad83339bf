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

// Named tensors in a fixed order, and free-form text metadata.
struct NamedTensors {
  std::vector<std::pair<std::string, Tensor>> tensors;
  std::map<std::string, std::string> metadata;

  // Throws Error naming the tensor if it is missing.
  const Tensor& at(const std::string& name) const;
};

// Writes the safetensors format (https://huggingface.co/docs/safetensors), atomically: 8 bytes of header length, a JSON
// header, the raw little-endian data. The bytes depend only on names, values and metadata. dtypes: F64 F32 F16 BF16 I64
// I32 U8 BOOL. Throws Failure if writing fails. Names and metadata should be UTF-8: other bytes are replaced by U+FFFD.
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors);

// Returns the tensors in the order of the header: contiguous, on the CPU, owning their memory. Throws Error naming the
// file and the fault: truncated, overlapping or out-of-range offsets, an unknown dtype, sizes that disagree.
NamedTensors read_safetensors(const std::filesystem::path& path);

// The metadata of a file alone, of which only the header is read. Throws Error for a header that is damaged.
std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path);

// The whole file to and from memory. source: the name of the bytes in messages.
std::vector<uint8_t> encode_safetensors(const NamedTensors& tensors);
NamedTensors decode_safetensors(std::span<const uint8_t> bytes, const std::string& source);

}  // namespace massface
