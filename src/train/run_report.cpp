#include "train/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/options_toml.h"
#include "evaluation/evaluation_sections.h"
#include "telemetry/training_sections.h"
#include "train/run_directory.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// The files of recorded evaluations, by their names' bytes.
std::vector<fs::path> evaluations_of(const RunDirectory& run) {
  std::vector<fs::path> files;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(run.evaluations(), absent)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

// The folder's name, or the path if another run has the same name.
std::vector<std::string> names_of(const std::vector<fs::path>& runs) {
  const auto name = [](const fs::path& run) { return absolute_path(without_final_slash(run)).filename().native(); };
  std::vector<std::string> names;
  for (const fs::path& run : runs) {
    const bool is_unique = std::ranges::count(runs, name(run), name) == 1;
    names.push_back(is_unique ? name(run) : run.native());
  }
  return names;
}

// A table of the options that are not the same in all runs.
ReportTable differing_options(const std::vector<fs::path>& runs, const std::vector<std::string>& names) {
  ReportTable table{.caption = "Options in which the runs differ", .header = {"Option"}};
  std::map<std::string, std::vector<std::string>> values;
  for (size_t r = 0; r < runs.size(); ++r) {
    table.header.push_back(names[r]);
    try {
      for (const OptionAssignment& option : read_recipe_text(RunDirectory{runs[r]}.options()).assignments) {
        auto& of_runs = values.try_emplace(option.name, runs.size(), "-").first->second;
        of_runs[r] = to_toml(option.value);
      }
    } catch (const Error& error) {
      log_warning("the runs' options cannot be compared: {}", error.what());
      return table;
    }
  }
  for (auto& [name, of_runs] : values) {
    if (std::ranges::adjacent_find(of_runs, std::ranges::not_equal_to()) == of_runs.end()) continue;
    of_runs.insert(of_runs.begin(), name);
    table.rows.push_back(std::move(of_runs));
  }
  return table;
}

class RunReader {
 public:
  RunReport make(const std::vector<fs::path>& runs) {
    const std::vector<std::string> names = names_of(runs);
    for (size_t r = 0; r < runs.size(); ++r) read({runs[r]}, names[r]);
    tell_apart(records_);
    report_.page.title =
        runs.size() == 1 ? "Training run " + names.front() : fmt::format("Comparison of {} training runs", runs.size());
    report_.page.summary = records_.empty() ? "What was measured during the training."
                                            : "What was measured during and after the training. The page contains "
                                              "pictures of faces.";
    if (!measured_.empty()) report_.page.sections = training_sections(measured_);
    if (runs.size() > 1 && !measured_.empty()) {
      ReportTable options = differing_options(runs, names);
      if (!options.rows.empty()) report_.page.sections.front().tables.push_back(std::move(options));
    }
    for (ReportSection& section : evaluation_sections(records_)) report_.page.sections.push_back(std::move(section));
    if (!problems_.empty()) report_.page.sections.push_back({.heading = "Left out", .paragraphs = problems_});
    return std::move(report_);
  }

 private:
  void read(const RunDirectory& run, const std::string& name) {
    require(is_file(run.options()),
            "{} is not a run directory: it has no options.toml. Name the folder that massface "
            "train --run has written",
            printable(run.path.native()));
    const std::vector<fs::path> evaluations = evaluations_of(run);
    require(is_file(run.metrics()) || !evaluations.empty(),
            "{}: has neither measurements (metrics.jsonl) nor recorded evaluations; train it, or evaluate it with "
            "--record",
            printable(run.path.native()));
    if (is_file(run.metrics())) {
      try {
        read_training(run, name);
      } catch (const Error& empty) {
        if (evaluations.empty()) throw;
        problems_.push_back(fmt::format("{}, so the training of {} is not shown.", empty.what(), name));
        log_warning("{}", problems_.back());
      }
    } else {
      problems_.push_back(fmt::format("{} has no metrics.jsonl, so its training is not shown.", name));
    }
    for (const fs::path& file : evaluations) read_evaluation(file);
  }

  void read_training(const RunDirectory& run, const std::string& name) {
    RunMetrics metrics = read_metrics(run.metrics());
    report_.files.push_back(run.metrics());
    const std::vector<int64_t>& damaged = metrics.damaged_lines;
    if (!damaged.empty()) {
      log_warning("{}: {} lines are no records and are left out, such as line {}", printable(run.metrics().native()),
                  damaged.size(), damaged.front());
    }
    report_.damaged_lines += std::ssize(damaged);
    measured_.push_back({name, std::move(metrics)});
  }

  void read_evaluation(const fs::path& file) {
    report_.files.push_back(file);
    try {
      records_.push_back(read_evaluation_record(file));
      ++report_.evaluations;
    } catch (const Error& error) {
      log_warning("{}", error.what());
      problems_.push_back(error.what());
    }
  }

  RunReport report_;
  std::vector<MeasuredRun> measured_;
  std::vector<EvaluationRecord> records_;
  std::vector<std::string> problems_;
};

}  // namespace

RunReport make_run_report(const std::vector<fs::path>& runs) { return RunReader().make(runs); }

}  // namespace massface
