#include "core/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "core/error.h"

namespace massface {
namespace {

std::string_view kind_name(OptionKind kind) {
  switch (kind) {
    case OptionKind::kBool:
      return "true or false";
    case OptionKind::kInteger:
      return "a whole number";
    case OptionKind::kNumber:
      return "a number";
    case OptionKind::kText:
    case OptionKind::kChoice:
      return "a string";
  }
  return "";
}

OptionKind kind_of(const OptionValue& value) {
  constexpr OptionKind kinds[] = {OptionKind::kBool, OptionKind::kInteger, OptionKind::kNumber, OptionKind::kText};
  return kinds[value.index()];
}

// Accepts a whole number for a number, and a string for a choice. Every other type has to match.
OptionValue convert(const OptionField& field, const OptionValue& value, std::string_view where) {
  if (field.kind == OptionKind::kNumber && std::holds_alternative<int64_t>(value)) {
    return static_cast<double>(std::get<int64_t>(value));
  }
  const OptionKind wanted = field.kind == OptionKind::kChoice ? OptionKind::kText : field.kind;
  require(kind_of(value) == wanted, "{}: {} needs {}, got {}", where, field.name, kind_name(field.kind),
          to_toml(value));
  return value;
}

void check_allowed(const OptionField& field, const OptionValue& value, std::string_view where) {
  if (is_allowed(field, value)) return;
  const std::string nearest =
      field.kind == OptionKind::kChoice ? nearest_name(std::get<std::string>(value), field.choices) : "";
  fail("{}: {} must be {}, got {}{}", where, field.name, allowed_values(field), to_toml(value),
       nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?");
}

template <typename T>
OptionValue parse_number(const OptionField& field, std::string_view text, std::string_view where) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  require(error == std::errc() && end == text.data() + text.size(), "{}: {} needs {}, got '{}'", where, field.name,
          kind_name(field.kind), text);
  return value;
}

std::string number_text(double value) { return fmt::format("{}", value); }

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitute = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

// The fewest edits that make the name one of the candidate's endings behind a dot, at the price of one edit, or the
// whole candidate: "margin" and "triplet.margin" find "second.triplet.margin".
size_t distance_to(std::string_view name, std::string_view candidate) {
  size_t least = edit_distance(name, candidate);
  for (size_t dot = candidate.find('.'); dot != std::string_view::npos; dot = candidate.find('.', dot + 1)) {
    least = std::min(least, edit_distance(name, candidate.substr(dot + 1)) + 1);
  }
  // "triplet.strategy" finds "triplet.mining.strategy": the groups between phase and option are easily forgotten.
  const auto first = [](std::string_view text) { return text.substr(0, text.find('.')); };
  const auto last = [](std::string_view text) { return text.substr(text.rfind('.') + 1); };
  if (name.find('.') != std::string_view::npos && first(name) == first(candidate) && last(name) == last(candidate)) {
    least = std::min<size_t>(least, 1);
  }
  return least;
}

// "did you mean 'a'?", "did you mean 'a' or 'b'?": an option of a phase is as near in every phase.
std::string suggestion(std::string_view name, const std::vector<OptionField>& fields) {
  constexpr size_t kMostNamed = 4;
  std::vector<std::string> known;
  for (const auto& field : fields) known.push_back(field.name);
  std::string text;
  const auto nearest = nearest_names(name, known);
  if (nearest.empty() || nearest.size() > kMostNamed) return "docs/options.md lists all";
  for (const auto& option : nearest) text += (text.empty() ? "did you mean '" : " or '") + option + "'";
  return text + "?";
}

}  // namespace

void OptionTable::push(std::string_view name, OptionField field) {
  field.name = prefix_ + std::string(name);
  field.default_value = field.get();
  check(std::ranges::find(fields_, field.name, &OptionField::name) == fields_.end(), "an option is described once");
  fields_.push_back(std::move(field));
}

void OptionTable::add(std::string_view name, bool& value, std::string_view help) {
  push(name, {.kind = OptionKind::kBool,
              .help = std::string(help),
              .get = [&value] { return OptionValue(value); },
              .store = [&value](const OptionValue& v) { value = std::get<bool>(v); }});
}

void OptionTable::add(std::string_view name, int64_t& value, Range range, std::string_view help) {
  push(name, {.kind = OptionKind::kInteger,
              .range = range,
              .help = std::string(help),
              .get = [&value] { return OptionValue(value); },
              .store = [&value](const OptionValue& v) { value = std::get<int64_t>(v); }});
}

void OptionTable::add(std::string_view name, double& value, Range range, std::string_view help) {
  push(name, {.kind = OptionKind::kNumber,
              .range = range,
              .help = std::string(help),
              .get = [&value] { return OptionValue(value); },
              .store = [&value](const OptionValue& v) { value = std::get<double>(v); }});
}

void OptionTable::add(std::string_view name, std::string& value, std::string_view help) {
  push(name, {.kind = OptionKind::kText,
              .help = std::string(help),
              .get = [&value] { return OptionValue(value); },
              .store = [&value](const OptionValue& v) { value = std::get<std::string>(v); }});
}

void OptionTable::add_choice(std::string_view name, std::string& value, std::vector<std::string> choices,
                             std::string_view help) {
  push(name, {.kind = OptionKind::kChoice,
              .choices = std::move(choices),
              .help = std::string(help),
              .get = [&value] { return OptionValue(value); },
              .store = [&value](const OptionValue& v) { value = std::get<std::string>(v); }});
}

void OptionTable::group(std::string_view group, const std::function<void()>& describe) {
  const std::string outer = prefix_;
  prefix_ += std::string(group) + ".";
  describe();
  prefix_ = outer;
}

const OptionField& OptionTable::find(std::string_view name, std::string_view where) const {
  const auto it = std::ranges::find(fields_, name, &OptionField::name);
  if (it != fields_.end()) return *it;
  fail("{}: unknown option '{}'; {}", where, name, suggestion(name, fields_));
}

void OptionTable::set(std::string_view name, const OptionValue& value, std::string_view where) {
  const OptionField& field = find(name, where);
  const OptionValue converted = convert(field, value, where);
  check_allowed(field, converted, where);
  field.store(converted);
}

void OptionTable::set_from_text(std::string_view name, std::string_view text, std::string_view where) {
  const OptionField& field = find(name, where);
  switch (field.kind) {
    case OptionKind::kBool:
      require(text == "true" || text == "false", "{}: {} needs true or false, got '{}'", where, name, text);
      return set(name, text == "true", where);
    case OptionKind::kInteger:
      return set(name, parse_number<int64_t>(field, text, where), where);
    case OptionKind::kNumber:
      return set(name, parse_number<double>(field, text, where), where);
    case OptionKind::kText:
    case OptionKind::kChoice:
      return set(name, std::string(text), where);
  }
}

std::string to_toml(const OptionValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<int64_t>(&value)) return fmt::format("{}", *whole);
  if (const auto* number = std::get_if<double>(&value)) {
    std::string text = fmt::format("{}", *number);
    // TOML distinguishes integers from floats by the point or the exponent.
    if (text.find_first_of(".en") == std::string::npos) text += ".0";
    return text;
  }
  std::string quoted = "\"";
  for (const char c : std::get<std::string>(value)) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      quoted += fmt::format("\\u{:04x}", c);
    else
      quoted += c;
  }
  return quoted + "\"";
}

std::string allowed_values(const OptionField& field) {
  if (field.kind == OptionKind::kChoice) {
    std::string list;
    for (const auto& choice : field.choices) list += (list.empty() ? "" : ", ") + choice;
    return "one of " + list;
  }
  const bool low = std::isfinite(field.range.min), high = std::isfinite(field.range.max);
  if (low && high) return number_text(field.range.min) + " to " + number_text(field.range.max);
  if (low) return "at least " + number_text(field.range.min);
  if (high) return "at most " + number_text(field.range.max);
  return "";
}

bool is_allowed(const OptionField& field, const OptionValue& value) {
  if (field.kind == OptionKind::kChoice)
    return std::ranges::find(field.choices, std::get<std::string>(value)) != field.choices.end();
  if (field.kind != OptionKind::kInteger && field.kind != OptionKind::kNumber) return true;
  const double number =
      field.kind == OptionKind::kInteger ? static_cast<double>(std::get<int64_t>(value)) : std::get<double>(value);
  return number >= field.range.min && number <= field.range.max;  // false for NaN
}

std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string>& known) {
  std::vector<std::string> nearest;
  size_t least = std::max<size_t>(2, name.size() / 3);
  for (const auto& candidate : known) {
    const size_t distance = distance_to(name, candidate);
    if (distance > least) continue;
    if (distance < least) nearest.clear();
    least = distance;
    nearest.push_back(candidate);
  }
  return nearest;
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  const std::vector<std::string> nearest = nearest_names(name, known);
  return nearest.empty() ? "" : nearest.front();
}

}  // namespace massface
