#pragma once

#include <string>
#include <string_view>

namespace massface {

// Returns the text for an element or an attribute in quotes of an HTML page: markup is escaped, and bytes that a page
// cannot show become \xNN (core/files.h: printable()).
std::string html_text(std::string_view text);

}  // namespace massface
