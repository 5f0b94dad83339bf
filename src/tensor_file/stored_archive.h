#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace massface {

// Returns the entries, by name, of a zip archive whose entries are not compressed, as written by torch.save. Together
// they are no larger than the archive. Throws Error naming `source` and the fault: not a zip archive, damaged (each
// entry's CRC-32 is compared), a compressed or encrypted entry, two entries with the same name, entries that overlap.
std::map<std::string, std::vector<uint8_t>> read_stored_archive(std::span<const uint8_t> bytes,
                                                                const std::string& source);

// Returns a zip archive of these entries, uncompressed and in this order, whose bytes depend on them alone: the entries
// carry no time. Throws Failure if there is not enough memory.
std::vector<uint8_t> write_stored_archive(const std::vector<std::pair<std::string, std::vector<uint8_t>>>& entries);

}  // namespace massface
