#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace massface {

// One record of a CSV file (RFC 4180).
struct CsvRow {
  int64_t line = 0;  // of its first field, from 1
  std::vector<std::string> fields;
};

// Returns the fields as one record, with its line ending. Fields that contain a separator, a quote, a line ending, or a
// space at either end are quoted. Any bytes survive being read again, except a lone \r at the end of a line.
std::string csv_line(const std::vector<std::string>& fields);

// Parses a whole file: fields in quotes may contain separators, doubled quotes and line endings; records end with \n or
// \r\n; a byte order mark and records without any content are skipped. Throws Error with the line of a quote that is
// never closed, or that something follows. The message does not name the file.
std::vector<CsvRow> parse_csv(std::string_view text, char separator);

}  // namespace massface
