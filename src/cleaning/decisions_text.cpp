#include "cleaning/decisions.h"
#include "cleaning/split_names.h"
#include "core/csv.h"
#include "core/error.h"
#include "core/hash.h"

namespace massface {
namespace {

constexpr char kDecisionsHead[] =
    "# massface decisions 1\n"
    "# set {} {} with {} images of {} people\n"
    "# One line per finding. Edit the column action, and apply the file:\n"
    "# massface clean SET --apply THIS_FILE --out NEW.mfp\n"
    "# keep: change nothing. drop: leave the image out; with an empty image, the whole person.\n"
    "# relabel:NAME: the image is one of NAME, who is in the set. split:NAME: it is one of NAME, who is new.\n"
    "# merge:NAME: all images of the person are those of NAME, who is in the set.\n"
    "# You may delete lines and add some; only action, person, image and index matter. The set itself never changes.\n"
    "action,kind,person,image,score,threshold,other_person,other_image,other_score,index\n";

std::string number_text(double value) { return fmt::format("{:.4f}", value); }

class DecisionWriter {
 public:
  DecisionWriter(const Dataset& dataset, const std::vector<ImageIndex>& images,
                 const std::vector<std::string>& test_names)
      : dataset_(dataset), images_(images), test_names_(test_names), split_names_(dataset) {}

  std::string line(const LabelFault& fault) {
    const bool has_other_score = fault.other_person >= 0 && fault.other_row < 0;
    return csv_line({action_text(fault), name_of(fault.kind), dataset_.identity_name(fault.person),
                     file_name(fault.row), number_text(fault.score), number_text(fault.threshold), other_name(fault),
                     file_name(fault.other_row), has_other_score ? number_text(fault.other_score) : "",
                     fault.row < 0 ? "" : std::to_string(image_of(fault.row))});
  }

 private:
  ImageIndex image_of(int64_t row) const { return images_[static_cast<size_t>(row)]; }
  std::string file_name(int64_t row) const { return row < 0 ? "" : dataset_.file_name(image_of(row)); }

  std::string other_name(const LabelFault& fault) const {
    if (fault.other_person < 0) return "";
    if (fault.kind == FaultKind::kTestPerson) return test_names_[static_cast<size_t>(fault.other_person)];
    return dataset_.identity_name(fault.other_person);
  }

  std::string action_text(const LabelFault& fault) {
    switch (fault.action) {
      case ActionKind::kKeep:
        return "keep";
      case ActionKind::kDrop:
        return "drop";
      case ActionKind::kRelabel:
        return "relabel:" + other_name(fault);
      case ActionKind::kSplit:
        return "split:" + split_names_.of(fault.person, fault.group);
      case ActionKind::kMerge:
        return "merge:" + other_name(fault);
    }
    check(false, "every action has a name");
    return "";
  }

  const Dataset& dataset_;
  const std::vector<ImageIndex>& images_;
  const std::vector<std::string>& test_names_;
  SplitNames split_names_;
};

}  // namespace

std::string decisions_text(const Dataset& dataset, const LabelFaults& faults, const std::vector<ImageIndex>& images,
                           const std::vector<std::string>& test_names) {
  std::string text = fmt::format(kDecisionsHead, hex(dataset.fingerprint()), hex(dataset.places_fingerprint()),
                                 dataset.size(), dataset.num_identities());
  DecisionWriter writer(dataset, images, test_names);
  for (const LabelFault& fault : faults.faults) text += writer.line(fault);
  return text;
}

}  // namespace massface
