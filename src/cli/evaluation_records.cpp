#include "cli/evaluation_records.h"

#include <nlohmann/json.hpp>

#include "checkpoint/checkpoint_files.h"
#include "checkpoint/run_weights.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "evaluation/evaluation_sections.h"
#include "train/run_directory.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// "softmax", or the name of the checkpoint.
std::string name_of_weights(const fs::path& weights) {
  return weights.filename() == kModelFile && step_of_checkpoint(weights.parent_path().filename().native())
             ? weights.parent_path().filename().native()
             : weights.stem().native();
}

bool is_in_run(const fs::path& weights) { return is_file(RunDirectory{run_of_weights(weights)}.options()); }

// A file name of letters that every file system takes.
std::string as_file_name(std::string text) {
  constexpr size_t kLongest = 120;
  for (char& c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
    if (!is_plain) c = '-';
  }
  return text.substr(0, kLongest);
}

fs::path place_of(const EvaluationRecord& record) {
  const std::string name = fmt::format("{}-{}{}", name_of_weights(record.model.weights), record.verification.name,
                                       record.all_pairs ? "-all-pairs" : "");
  return RunDirectory{run_of_weights(record.model.weights)}.evaluations() / (as_file_name(name) + ".json");
}

}  // namespace

EvaluatedModel evaluated_model(const fs::path& weights, const Model& model, bool bf16) {
  std::string name = name_of_weights(weights);
  if (is_in_run(weights)) name = run_of_weights(weights).filename().native() + "/" + name;
  return {.name = name,
          .weights = weights.native(),
          .backbone = model.backbone.name,
          .embedding_size = model.backbone.embedding_size,
          .input_height = model.input.height,
          .input_width = model.input.width,
          .precision = bf16 ? "bf16" : "fp32"};
}

void require_place_for_record(const fs::path& weights) {
  require(is_in_run(weights),
          "--record keeps results in the run directory of the weights, but {} is in none; use --report to write a page",
          printable(weights.native()));
  require_writable_folder(run_of_weights(weights));
}

void write_records(const EvaluateArguments& arguments, std::vector<EvaluationRecord> records) {
  if (arguments.record) {
    for (const EvaluationRecord& record : records) {
      const fs::path place = place_of(record);
      create_directories_or_fail(place.parent_path());
      write_file_atomically(place, record_json(record).dump() + "\n");
      log_info("{} is recorded in {}", printable(record.verification.name), printable(place.native()));
    }
  }
  if (arguments.report.empty()) return;
  tell_apart(records);
  const Report page{.title = "Face verification",
                    .summary = "What was measured, and where the errors are. The page contains pictures of faces.",
                    .sections = evaluation_sections(records)};
  write_file_atomically(arguments.report, to_html(page));
  log_info("the page is {}", printable(arguments.report));
}

}  // namespace massface
