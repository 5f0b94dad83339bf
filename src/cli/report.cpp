#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "train/run_report.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

struct ReportArguments {
  std::vector<std::string> runs;
  std::string out;
  bool json = false;

  void describe(OptionTable& table) {
    table.add("out", out, "The page to write, whose name ends in .html (empty: report.html in the first run).");
  }
};

void run_report_verb(const ReportArguments& arguments) {
  require(!arguments.runs.empty(), "report needs a run directory: massface report RUN [RUN...] [--out page.html]");
  require(arguments.out.empty() || fs::path(arguments.out).extension() == ".html",
          "--out {}: is a page, whose name ends in .html", printable(arguments.out));
  const std::vector<fs::path> runs(arguments.runs.begin(), arguments.runs.end());
  const RunReport report = make_run_report(runs);
  const fs::path out = arguments.out.empty() ? runs.front() / "report.html" : fs::path(arguments.out);
  require_writable_file(out, report.files);
  write_file_atomically(out, to_html(report.page));
  if (arguments.json) {
    return print_json({{"page", printable(out.native())},
                       {"runs", runs.size()},
                       {"evaluations", report.evaluations},
                       {"damaged_lines", report.damaged_lines}});
  }
  std::cout << fmt::format("{} run{}, {} recorded evaluation{}\n  page  {}\n", runs.size(), runs.size() == 1 ? "" : "s",
                           report.evaluations, report.evaluations == 1 ? "" : "s", printable(out.native()));
}

}  // namespace

void add_report_verb(CLI::App& program) {
  auto arguments = std::make_shared<ReportArguments>();
  CLI::App* verb = program.add_subcommand("report", "Write a page with the curves of trainings and their evaluations");
  verb->footer(
      "massface report runs/first\n"
      "massface report runs/first runs/second --out comparison.html\n"
      "The page needs neither network nor scripts. It shows evaluations that massface evaluate --record has left in "
      "the\n"
      "runs.");
  verb->add_option("RUN", arguments->runs, "Run directories; several are compared")->type_name("");
  bind_verb(*verb, *arguments, arguments->json, [arguments] { run_report_verb(*arguments); });
}

}  // namespace massface
