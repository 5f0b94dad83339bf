#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <utility>

namespace massface {

// The text of a page as it grows.
class PageText {
 public:
  // Appends a line of markup. Texts of the report must have passed html_text().
  template <class... Texts>
  void add(fmt::format_string<Texts...> markup, Texts&&... texts) {
    fmt::format_to(std::back_inserter(html_), markup, std::forward<Texts>(texts)...);
    html_ += '\n';
  }
  std::string take() { return std::move(html_); }

 private:
  std::string html_;
};

}  // namespace massface
