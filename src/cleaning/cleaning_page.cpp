#include "cleaning/cleaning_page.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include "core/error.h"
#include "image/decode.h"
#include "report/report_picture.h"

namespace massface {
namespace {

constexpr int64_t kPictureHeight = 88;
constexpr size_t kMostCases = 40, kMostOthers = 6, kMostInQuestion = 10;

// The faults that one contact sheet shows: those of one image, person or group.
using FaultCase = std::vector<const LabelFault*>;

std::vector<FaultCase> cases_of(const LabelFaults& faults, FaultKind kind) {
  using Key = std::tuple<int64_t, int64_t, int64_t>;
  std::vector<FaultCase> cases;
  std::map<Key, size_t> place_of;
  for (const LabelFault& fault : faults.faults) {
    if (fault.kind != kind) continue;
    Key key{fault.person, fault.row, 0};
    if (kind == FaultKind::kTwoPeople) key = {fault.person, -1, fault.group};
    if (kind == FaultKind::kDuplicate || kind == FaultKind::kDuplicateAcrossPeople) key = {-1, fault.other_row, 0};
    const auto [it, is_new] = place_of.try_emplace(key, cases.size());
    if (is_new) cases.emplace_back();
    cases[it->second].push_back(&fault);
  }
  return cases;
}

std::vector<FaultCase> spread_sample(std::vector<FaultCase> cases, size_t most) {
  if (cases.size() <= most) return cases;
  std::vector<FaultCase> sample;
  for (size_t i = 0; i < most; ++i) sample.push_back(std::move(cases[i * (cases.size() - 1) / (most - 1)]));
  return sample;
}

const char* explanation_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::kWrongLabel:
      return "Images that are no more similar to their person than strangers are. If another person fits, the image is "
             "given to that person; otherwise it is dropped.";
    case FaultKind::kTwoPeople:
      return "Images that do not fit their person but fit each other. If the two centres are as different as strangers "
             "are, the images become a new person; otherwise they are kept, for the person may only look different in "
             "them.";
    case FaultKind::kNoAgreement:
      return "People no two of whose images fit each other, and who fit nobody else. Which of the images is right "
             "cannot be said, so they are kept.";
    case FaultKind::kSamePerson:
      return "People who are more similar to each other than the nearest strangers are. The images of both go to the "
             "one "
             "who has more.";
    case FaultKind::kDuplicate:
      return "Images that show the same picture under the same name. One of them is kept.";
    case FaultKind::kDuplicateAcrossPeople:
      return "The same picture under two names, one of which is wrong. The image that does not fit its person is "
             "dropped; if both fit or none does, you have to decide.";
    case FaultKind::kTestPerson:
      return "People who are more similar to a person of the test set than the nearest strangers are. They are "
             "dropped, "
             "so that the test measures what the network makes of people whom it has not seen.";
  }
  return "";
}

class CleaningPage {
 public:
  CleaningPage(const Dataset& dataset, const CleaningResult& result) : dataset_(dataset), result_(result) {
    for (size_t row = 0; row < result.images.size(); ++row) {
      rows_of_[dataset.identity_of(result.images[row])].push_back(static_cast<int64_t>(row));
    }
  }

  Report make(const std::string& decisions) {
    Report report{.title = "Label cleaning",
                  .summary = fmt::format("{} images of {} people. All findings are in {}; change their actions there "
                                         "and apply the file.",
                                         dataset_.size(), dataset_.num_identities(), decisions),
                  .sections = {summary()}};
    for (int i = 0; i < kFaultKinds; ++i) {
      ReportSection section = section_of(static_cast<FaultKind>(i));
      if (!section.cases.empty()) report.sections.push_back(std::move(section));
    }
    return report;
  }

 private:
  ReportSection summary() const {
    ReportTable counts{.caption = "Findings, and how many suggest a change",
                       .header = {"", "Findings", "Changes", "Images changed"}};
    for (const FaultCount& count : count_faults(dataset_, result_.faults)) {
      counts.rows.push_back({headline_of(count.kind), std::to_string(count.faults), std::to_string(count.changes),
                             std::to_string(count.images)});
    }
    const CleaningThresholds& t = result_.faults.thresholds;
    ReportTable thresholds{.caption = "Thresholds, as cosines",
                           .header = {"", "Cosine"},
                           .rows = {{"An image fits its person from", as_cosine(t.wrong_label.similarity)},
                                    {"Another person fits an image from", as_cosine(t.other_person_fits)},
                                    {"Two people are the same from", as_cosine(t.same_person)},
                                    {"One name stands for two people below", as_cosine(t.two_people)}}};
    if (!result_.test_names.empty()) {
      thresholds.rows.push_back({"A person is one of the test set from", as_cosine(t.test_person)});
    }
    ReportSection section{.heading = "Summary", .tables = {std::move(counts), std::move(thresholds)}};
    section.paragraphs.push_back(
        fmt::format("About {:.1f} % of the labels are estimated to be wrong, and about {:.0f} % of the images below "
                    "the threshold to "
                    "be right.",
                    100 * t.wrong_label.wrong_fraction, 100 * t.wrong_label.false_share));
    if (result_.faults.images_without_similarity > 0) {
      section.paragraphs.push_back(
          fmt::format("{} images are the only ones of their person and were compared with other people alone.",
                      result_.faults.images_without_similarity));
    }
    if (!result_.unreadable.empty()) {
      section.paragraphs.push_back(
          fmt::format("{} images could not be read and took no part.", result_.unreadable.size()));
    }
    return section;
  }

  ReportSection section_of(FaultKind kind) {
    const auto all = cases_of(result_.faults, kind);
    ReportSection section{.heading = headline_of(kind), .paragraphs = {explanation_of(kind)}};
    if (all.size() > kMostCases) {
      section.paragraphs.push_back(fmt::format(
          "{} of {} cases are shown, spread evenly from the clearest to the most doubtful.", kMostCases, all.size()));
    }
    for (const FaultCase& shown : spread_sample(all, kMostCases)) section.cases.push_back(show(shown));
    return section;
  }

  ReportCase show(const FaultCase& faults) {
    const LabelFault& first = *faults.front();
    ReportCase shown{.heading = heading_of(faults), .text = text_of(first), .strips = {}};
    ReportStrip in_question{.label = first.row < 0 ? person_label(first.person) : "In question", .pictures = {}};
    if (first.row < 0) {
      add_best_of(first.person, ReportMark::kInQuestion, in_question);
    } else {
      for (const LabelFault* fault : faults) add(fault->row, ReportMark::kInQuestion, in_question);
    }
    shown.strips.push_back(std::move(in_question));
    if (first.other_row >= 0) {
      ReportStrip original{.label = "Kept, of " + name(first.other_person), .pictures = {}};
      add(first.other_row, ReportMark::kMatch, original);
      shown.strips.push_back(std::move(original));
    } else if (first.row >= 0) {
      shown.strips.push_back(strip_of(first.person, ReportMark::kPlain));
    }
    if (first.kind == FaultKind::kTestPerson) {
      shown.strips.push_back(test_strip(static_cast<size_t>(first.other_person)));
    } else if (first.other_person >= 0 && first.other_row < 0 && first.other_person != first.person) {
      shown.strips.push_back(strip_of(first.other_person, ReportMark::kMatch));
    }
    return shown;
  }

  std::string heading_of(const FaultCase& faults) const {
    const LabelFault& first = *faults.front();
    std::string heading = name(first.person);
    if (first.row >= 0 && first.kind != FaultKind::kTwoPeople) heading += "/" + file_name(first.row);
    if (faults.size() > 1) heading += fmt::format(" ({} images)", faults.size());
    return heading;
  }

  std::string text_of(const LabelFault& fault) const {
    std::string text = fmt::format("Similarity {} (threshold {}).", as_cosine(fault.score), as_cosine(fault.threshold));
    const bool has_other = fault.other_person >= 0 && fault.other_row < 0;
    if (has_other && fault.kind != FaultKind::kTestPerson) {
      text +=
          fmt::format(" Most similar other person: {}, {}.", name(fault.other_person), as_cosine(fault.other_score));
    }
    switch (fault.action) {
      case ActionKind::kKeep:
        return text + " Suggested: keep.";
      case ActionKind::kDrop:
        return text + " Suggested: drop.";
      case ActionKind::kRelabel:
        return text + " Suggested: relabel to that person.";
      case ActionKind::kSplit:
        return text + " Suggested: split into a new person.";
      case ActionKind::kMerge:
        return text + " Suggested: merge into that person.";
    }
    return text;
  }

  std::string person_label(int64_t person) const {
    return fmt::format("{}, {} images", name(person), dataset_.num_images_of(person));
  }
  std::string name(int64_t person) const { return dataset_.identity_name(person); }
  std::string file_name(int64_t row) const { return dataset_.file_name(result_.images[static_cast<size_t>(row)]); }
  static std::string as_cosine(double value) { return fmt::format("{:.3f}", value); }

  ReportStrip strip_of(int64_t person, ReportMark mark) {
    ReportStrip strip{.label = person_label(person), .pictures = {}};
    add_best_of(person, mark, strip);
    return strip;
  }

  // Adds the images that fit the person best.
  void add_best_of(int64_t person, ReportMark mark, ReportStrip& strip) {
    std::vector<int64_t> rows = rows_of_[person];
    std::ranges::stable_sort(rows, std::ranges::greater(), [&](int64_t row) {
      const float similarity = result_.faults.similarity[static_cast<size_t>(row)];
      return std::isnan(similarity) ? -1.0F : similarity;
    });
    if (rows.size() > kMostOthers) rows.resize(kMostOthers);
    for (const int64_t row : rows) add(row, mark, strip);
  }

  ReportStrip test_strip(size_t person) {
    ReportStrip strip{.label = result_.test_names[person] + ", in the test set", .pictures = {}};
    for (const ImageSource& source : result_.test_images[person]) {
      add(source, "", "A face of the test set", ReportMark::kMatch, strip);
    }
    return strip;
  }

  void add(int64_t row, ReportMark mark, ReportStrip& strip) {
    if (mark == ReportMark::kInQuestion && strip.pictures.size() >= kMostInQuestion) return;
    const ImageIndex image = result_.images[static_cast<size_t>(row)];
    const float similarity = result_.faults.similarity[static_cast<size_t>(row)];
    const std::string caption =
        std::isnan(similarity) ? file_name(row) : fmt::format("{}: {:.2f}", file_name(row), similarity);
    add(image_source(dataset_, image), caption, "A face labelled " + name(dataset_.identity_of(image)), mark, strip);
  }

  void add(const ImageSource& source, const std::string& caption, const std::string& alt, ReportMark mark,
           ReportStrip& strip) {
    std::vector<uint8_t> storage;
    try {
      ReportPicture picture = report_picture(decoder_.decode(image_bytes(source, storage)), kPictureHeight);
      picture.alt = alt;
      picture.caption = caption;
      picture.mark = mark;
      strip.pictures.push_back(std::move(picture));
    } catch (const Error&) {  // it could be read before; its decision is in the list all the same
    }
  }

  const Dataset& dataset_;
  const CleaningResult& result_;
  std::map<int64_t, std::vector<int64_t>> rows_of_;  // of each person
  ImageDecoder decoder_;
};

}  // namespace

Report cleaning_page(const Dataset& dataset, const CleaningResult& result, const std::string& decisions) {
  return CleaningPage(dataset, result).make(decisions);
}

std::vector<FaultCount> count_faults(const Dataset& dataset, const LabelFaults& faults) {
  std::vector<FaultCount> counts;
  for (int i = 0; i < kFaultKinds; ++i) counts.push_back({.kind = static_cast<FaultKind>(i)});
  for (const LabelFault& fault : faults.faults) {
    FaultCount& count = counts[static_cast<size_t>(fault.kind)];
    ++count.faults;
    if (fault.action == ActionKind::kKeep) continue;
    ++count.changes;
    count.images += fault.row >= 0 ? 1 : dataset.num_images_of(fault.person);
  }
  return counts;
}

}  // namespace massface
