#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace massface {

// The entries of a zip archive whose entries are not compressed, as torch.save writes them, by name. Together they are
// no larger than the archive. Throws Error that names `source` and what is wrong: not a zip archive, damaged (each
// entry's CRC-32 is compared), a compressed or encrypted entry, two of one name, entries that overlap.
std::map<std::string, std::vector<uint8_t>> read_stored_archive(std::span<const uint8_t> bytes,
                                                                const std::string& source);

}  // namespace massface
