#pragma once

#include <string_view>
#include <vector>

#include "core/csv.h"

namespace massface {

// Parses a list whose first line decides what divides its fields: tabs or commas, as in CSV files, otherwise spaces.
// Throws Error as parse_csv() does.
std::vector<CsvRow> delimited_rows(std::string_view text);

}  // namespace massface
