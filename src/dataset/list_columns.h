#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace massface {

// The two columns of one line of a list file.
struct ListLine {
  std::string path;
  std::string identity;
};

// How the lines of a list file are written.
struct ListColumns {
  bool commas = false;          // a CSV file: `path,identity`
  bool identity_first = false;  // `identity path`

  bool operator==(const ListColumns&) const = default;
};

// Finds how a list is written from one of its lines that is no header: where a name ends like that of an image, there
// is the path. If neither column does, the path is taken to come first.
ListColumns columns_of(std::string_view line);

// Cuts a line: at its tab if it has one; otherwise at its comma in a CSV file; otherwise at its last space, or at its
// first one if the identity comes first, so that a path may contain spaces. Between tabs and commas, a column may be
// quoted as in CSV files: "a ""b"", c". Returns nullopt if there are not two columns.
std::optional<ListLine> cut_list_line(std::string_view line, const ListColumns& columns);

}  // namespace massface
