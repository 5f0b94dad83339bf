#include <array>
#include <set>

#include "cleaning/decisions.h"
#include "cleaning/split_names.h"
#include "core/csv.h"
#include "core/error.h"
#include "core/hash.h"

namespace massface {
namespace {

constexpr const char* kHeader =
    "# massface decisions 1\n"
    "# set {} {} with {} images of {} people\n"
    "# One line per finding. Edit the column action, and apply the file: massface clean SET --apply THIS_FILE --out "
    "NEW.mfp\n"
    "# keep: change nothing. drop: leave the image out; with an empty image, the whole person.\n"
    "# relabel:NAME: the image is one of NAME, who is in the set. split:NAME: it is one of NAME, who is new.\n"
    "# merge:NAME: all images of the person are those of NAME, who is in the set.\n"
    "# You may delete lines and add some; only action, person and image matter. The original set is never changed.\n";

std::string number_text(double value) { return fmt::format("{:.4f}", value); }

}  // namespace

std::string decisions_text(const Dataset& dataset, const LabelFaults& faults, const std::vector<ImageIndex>& images,
                           const std::vector<std::string>& test_names) {
  std::string text = fmt::format(fmt::runtime(kHeader), hex(dataset.fingerprint()), hex(dataset.places_fingerprint()),
                                 dataset.size(), dataset.num_identities());
  text += csv_line({"action", "kind", "person", "image", "score", "threshold", "other_person", "other_image",
                    "other_score", "index"});
  SplitNames split_names(dataset);
  const auto image_of = [&](int64_t row) { return row < 0 ? ImageIndex{-1} : images[static_cast<size_t>(row)]; };
  const auto file_name = [&](ImageIndex image) { return image < 0 ? "" : dataset.file_name(image); };
  for (const LabelFault& fault : faults.faults) {
    const std::vector<std::string>* test = fault.kind == FaultKind::kTestPerson ? &test_names : nullptr;
    const auto other = static_cast<size_t>(fault.other_person);
    const std::string other_name = fault.other_person < 0 ? ""
                                   : test != nullptr      ? (*test)[other]
                                                          : dataset.identity_name(fault.other_person);
    std::string action;
    switch (fault.action) {
      case ActionKind::kKeep:
        action = "keep";
        break;
      case ActionKind::kDrop:
        action = "drop";
        break;
      case ActionKind::kRelabel:
        action = "relabel:" + other_name;
        break;
      case ActionKind::kSplit:
        action = "split:" + split_names.of(fault.person, fault.group);
        break;
      case ActionKind::kMerge:
        action = "merge:" + other_name;
        break;
    }
    const ImageIndex image = image_of(fault.row);
    text += csv_line({action, name_of(fault.kind), dataset.identity_name(fault.person), file_name(image),
                      number_text(fault.score), number_text(fault.threshold), other_name,
                      file_name(image_of(fault.other_row)),
                      fault.other_person < 0 || fault.other_row >= 0 ? "" : number_text(fault.other_score),
                      image < 0 ? "" : fmt::format("{}", image)});
  }
  return text;
}

}  // namespace massface
