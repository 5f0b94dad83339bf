#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "cleaning/decisions.h"
#include "core/csv.h"
#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/text_lines.h"
#include "dataset/image_names.h"

namespace massface {
namespace {

constexpr std::string_view kSetLine = "# set ";

// The words of the line that names the set, or nothing.
std::vector<std::string_view> words_of_set_line(std::string_view text) {
  for (const TextLine& line : text_lines(text)) {
    // A spreadsheet may have put quotes around it, and separators at its end.
    std::string_view content = line.text;
    content.remove_prefix(std::min(content.find_first_not_of('"'), content.size()));
    if (content.starts_with(kSetLine)) return cut_fields(content.substr(kSetLine.size()), " \",;\t");
    if (!content.starts_with('#')) break;
  }
  return {};
}

void require_same_set(std::string_view text, const Dataset& dataset) {
  const auto words = words_of_set_line(text);
  require(words.size() >= 2,
          "its first lines do not say which set it belongs to (# set FINGERPRINT PLACES), as the file that `massface "
          "clean` writes does");
  require(words[0] == hex(dataset.fingerprint()) && words[1] == hex(dataset.places_fingerprint()),
          "it belongs to another set: its fingerprint is {} {}, and that of this set is {} {}. Pass the set that was "
          "cleaned, joined from the same parts with the same --same-names",
          printable(words[0]), printable(words[1]), hex(dataset.fingerprint()), hex(dataset.places_fingerprint()));
}

struct ActionName {
  std::string_view name;
  ActionKind kind;
  bool has_target;
};
constexpr std::array<ActionName, 5> kActions{{{"keep", ActionKind::kKeep, false},
                                              {"drop", ActionKind::kDrop, false},
                                              {"relabel", ActionKind::kRelabel, true},
                                              {"split", ActionKind::kSplit, true},
                                              {"merge", ActionKind::kMerge, true}}};

// The columns that matter, by name; a spreadsheet may have moved them.
struct DecisionColumns {
  size_t action, person, image;
  std::optional<size_t> index;
};

class DecisionParser {
 public:
  explicit DecisionParser(const Dataset& dataset) : dataset_(dataset) {}

  std::vector<Decision> parse(std::string_view text) {
    std::vector<Decision> decisions;
    std::optional<DecisionColumns> columns;
    for (const CsvRow& row : parse_csv(text, separator_of(text))) {
      if (columns) {
        decisions.push_back(parse_row(row, *columns));
      } else if (!row.fields.front().starts_with('#')) {
        columns = columns_of_header(row);
      }
    }
    require(columns.has_value(), "it has no line that names its columns: action,kind,person,image,...");
    return decisions;
  }

 private:
  // Spreadsheets of some languages write semicolons.
  static char separator_of(std::string_view text) {
    for (const TextLine& line : text_lines(text)) {
      if (line.text.empty() || line.text.starts_with('#') || line.text.starts_with("\"#")) continue;
      return line.text.find(';') < line.text.find(',') ? ';' : ',';
    }
    return ',';
  }

  static DecisionColumns columns_of_header(const CsvRow& row) {
    const auto find = [&](std::string_view name) -> std::optional<size_t> {
      const auto it = std::ranges::find(row.fields, name);
      if (it == row.fields.end()) return std::nullopt;
      return static_cast<size_t>(it - row.fields.begin());
    };
    const auto action = find("action"), person = find("person"), image = find("image");
    require(action && person && image,
            "line {}: the first line that is no comment names the columns, among them action, person and image",
            row.line);
    return {*action, *person, *image, find("index")};
  }

  Decision parse_row(const CsvRow& row, const DecisionColumns& columns) {
    const auto field = [&](size_t column) { return column < row.fields.size() ? row.fields[column] : std::string(); };
    Decision decision{.line = row.line};
    parse_action(field(columns.action), decision);
    decision.person = person_called(field(columns.person), row.line);
    const std::string image = field(columns.image);
    if (!image.empty()) {
      decision.image = image_called(image, columns.index ? field(*columns.index) : "", decision);
    }
    require_sensible(decision);
    return decision;
  }

  static void parse_action(const std::string& text, Decision& decision) {
    const size_t colon = text.find(':');
    const std::string_view name = trim(std::string_view(text).substr(0, colon));
    const auto* action = std::ranges::find(kActions, name, &ActionName::name);
    require(action != kActions.end() && action->has_target == (colon != std::string::npos) && colon + 1 != text.size(),
            "line {}: the action is \"{}\", expected keep, drop, relabel:NAME, split:NAME or merge:NAME", decision.line,
            printable(text));
    decision.action = action->kind;
    if (action->has_target) decision.target = text.substr(colon + 1);
  }

  IdentityIndex person_called(const std::string& name, int64_t line) const {
    const auto person = find_identity(dataset_, name);
    require(person.has_value(),
            "line {}: the set has no person {}. If a spreadsheet has changed the names (02880 to 2880), import the "
            "columns as text",
            line, name.empty() ? "without a name" : printable(name));
    return *person;
  }

  // index: of the image in the set, or "" for the only image of this name.
  ImageIndex image_called(const std::string& name, const std::string& index, const Decision& decision) {
    const auto& images = images_of(decision.person)[name];
    require(!images.empty(), "line {}: {} has no image {}", decision.line,
            printable(dataset_.identity_name(decision.person)), printable(name));
    if (index.empty()) {
      require(images.size() == 1, "line {}: {} has {} images called {}; the column index has to say which one is meant",
              decision.line, printable(dataset_.identity_name(decision.person)), images.size(), printable(name));
      return images.front();
    }
    ImageIndex image = -1;
    const auto [end, mistake] = std::from_chars(index.data(), index.data() + index.size(), image);
    require(mistake == std::errc() && end == index.data() + index.size() &&
                std::ranges::find(images, image) != images.end(),
            "line {}: the index is {}, but {}/{} has the index {}", decision.line, printable(index),
            printable(dataset_.identity_name(decision.person)), printable(name), images.front());
    return image;
  }

  std::map<std::string, std::vector<ImageIndex>>& images_of(IdentityIndex person) {
    const auto [it, is_new] = names_.try_emplace(person);
    for (int64_t i = 0; is_new && i < dataset_.num_images_of(person); ++i) {
      const ImageIndex image = dataset_.first_image_of(person) + i;
      it->second[dataset_.file_name(image)].push_back(image);
    }
    return it->second;
  }

  void require_sensible(const Decision& decision) const {
    const bool of_image = decision.action == ActionKind::kRelabel || decision.action == ActionKind::kSplit;
    require(!of_image || decision.image >= 0,
            "line {}: relabel and split are actions for an image, but the image is empty; merge:NAME is the one for a "
            "person",
            decision.line);
    require(decision.action != ActionKind::kMerge || decision.image < 0,
            "line {}: merge is the action for a person, but the image is {}; relabel:NAME is the one for an image",
            decision.line, decision.image < 0 ? "" : printable(dataset_.file_name(decision.image)));
    const bool is_known = !decision.target.empty() && find_identity(dataset_, decision.target).has_value();
    require(decision.action != ActionKind::kSplit || !is_known,
            "line {}: the set has a person {} already; split takes a new name, relabel one of the set", decision.line,
            printable(decision.target));
    require((decision.action != ActionKind::kRelabel && decision.action != ActionKind::kMerge) || is_known,
            "line {}: the set has no person {}; split:NAME makes a new one", decision.line, printable(decision.target));
  }

  const Dataset& dataset_;
  std::map<IdentityIndex, std::map<std::string, std::vector<ImageIndex>>> names_;
};

}  // namespace

std::vector<Decision> parse_decisions(const std::string& text, const Dataset& dataset) {
  require_same_set(text, dataset);
  return DecisionParser(dataset).parse(text);
}

std::vector<Decision> read_decisions(const std::filesystem::path& path, const Dataset& dataset) {
  require_text_file(path, "a list of decisions", "decisions.csv, as `massface clean` writes it");
  const std::string text = read_text_file(path);
  try {
    return parse_decisions(text, dataset);
  } catch (const Error& mistake) {
    fail("{}: {}", printable(path.native()), mistake.what());
  }
}

}  // namespace massface
