#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace massface {

// CRC-32C (Castagnoli, RFC 3720, appendix B.4).
uint32_t crc32c(std::string_view bytes);

// One TFRecord (https://www.tensorflow.org/tutorials/load_data/tfrecord): length as 8 little-endian bytes, its masked
// CRC-32C as 4, the payload, the payload's masked CRC-32C as 4.
std::string tfrecord(std::string_view payload);

}  // namespace massface
