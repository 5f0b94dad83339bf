#include "train/run_directory.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ranges>
#include <sstream>

#include "checkpoint/run_weights.h"
#include "core/error.h"
#include "core/files.h"
#include "dataset/keep_lists.h"
#include "train/recipe_identity.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse_existing(const fs::path& path) {
  fail(
      "the run directory {} already exists and is never overwritten; continue it with "
      "--resume {}, or choose another with --run",
      path.native(), path.native());
}

// Creates the folder and its parents. Returns false if it exists already, even if another process has just created it.
bool create_new_folder(const fs::path& path) {
  const fs::path folder = without_final_slash(path);
  if (folder.has_parent_path()) create_directories_or_fail(folder.parent_path());
  std::error_code reason;
  if (fs::create_directory(folder, reason)) return true;
  if (!reason) return false;
  if (reason == std::errc::file_exists) return false;
  create_directories_or_fail(folder);  // throws with the same reason
  return true;
}

// Returns whether the folder holds nothing but what a start leaves that was killed before it had written its options.
bool has_not_begun(const RunDirectory& run) {
  std::error_code unreadable;
  const fs::path partial_options = run.options().native() + ".partial";
  for (const auto& entry : fs::directory_iterator(run.path, unreadable)) {
    const fs::path& path = entry.path();
    if (path != run.lock() && path != partial_options && path != run.lists()) return false;
  }
  return !unreadable;
}

// Returns the lines that are not UTF-8, in printable form.
std::string printable_lines_with_other_bytes(const std::string& text) {
  std::istringstream lines(text);
  std::string found;
  for (std::string line; std::getline(lines, line);) {
    if (!is_utf8(line)) found += (found.empty() ? "" : "\n  ") + printable(line);
  }
  return found;
}

// Creates runs/RECIPE-N with the first free N.
fs::path create_first_free_folder(const fs::path& recipe_file) {
  for (int number = 1;; ++number) {
    const fs::path path = fs::path("runs") / fmt::format("{}-{}", recipe_file.stem().native(), number);
    if (!path_exists(path) && create_new_folder(path)) return path;
  }
}

// Returns the changed options, such as "seed: 1 in the run, 2 now".
std::vector<std::string> changes(Recipe& before, Recipe& after) {
  OptionTable before_table, after_table;
  before.describe(before_table);
  after.describe(after_table);
  std::vector<std::string> list;
  for (const OptionField& old : before_table.fields()) {
    if (may_change_on_resume(old.name)) continue;
    const auto now = std::ranges::find(after_table.fields(), old.name, &OptionField::name);
    const std::string old_value = to_toml(old.get());
    const std::string new_value = now == after_table.fields().end() ? "missing" : to_toml(now->get());
    if (old_value != new_value)
      list.push_back(fmt::format("{}: {} in the run, {} now", old.name, old_value, new_value));
  }
  return list;
}

void require_same_phases_first(const Recipe& before, const Recipe& after, const RunDirectory& run) {
  const auto old_names = before.phase_names(), new_names = after.phase_names();
  require(old_names.size() <= new_names.size() && std::equal(old_names.begin(), old_names.end(), new_names.begin()),
          "{} was made by another recipe: its phases are {}, but the recipe's are {}; phases may only be appended",
          run.path.native(), fmt::join(old_names, ", "), fmt::join(new_names, ", "));
}

// Returns the global_step of the last line that has one; an incomplete line at the end has none.
int64_t last_recorded_step(const fs::path& metrics) {
  std::ifstream stream(metrics);
  int64_t step = 0;
  for (std::string line; std::getline(stream, line);) {
    const auto record = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!record.is_object()) continue;
    const auto found = record.find("global_step");
    if (found != record.end() && found->is_number_integer()) step = *found;
  }
  return step;
}

// Returns evidence that the run has got past its first checkpoint, or "" if there is no such evidence.
std::string sign_of_progress(const RunDirectory& run) {
  const Recipe recipe = read_recipe(run.options(), {});
  const auto phases = recipe.phase_names();
  for (const std::string& phase : phases | std::views::reverse) {
    const fs::path weights = run.weights_of(phase);
    if (!path_exists(weights)) continue;
    return fmt::format("phase {} is over: its weights are {}, which evaluate and --from accept", phase,
                       weights.native());
  }
  if (path_exists(run.result())) return "its result.json records a result";
  const int64_t step = last_recorded_step(run.metrics());
  return step > recipe.checkpoint.every_steps ? fmt::format("its metrics.jsonl records {} steps", step) : "";
}

}  // namespace

LockedRun::LockedRun(const RunDirectory& run)
    : RunDirectory(run),
      file_lock(std::make_shared<const FileLock>(
          run.lock(), fmt::format("another process is training in {}; wait for it or stop it", run.path.native()))) {}

LockedRun LockedRun::of_first_process(const fs::path& path) {
  LockedRun run;
  run.path = path;
  return run;
}

void require_new_run_directory(const fs::path& path) {
  std::error_code unreachable;  // for instance a name that is too long, which creating the folder reports
  if (fs::exists(path, unreachable) && !has_not_begun({path})) refuse_existing(path);
}

LockedRun create_run_directory(const fs::path& path, const fs::path& recipe_file, const Recipe& recipe) {
  RunDirectory directory{path};
  if (path.empty())
    directory.path = create_first_free_folder(recipe_file);
  else if (!create_new_folder(path) && !has_not_begun(directory))
    refuse_existing(path);
  LockedRun run(directory);
  // Another process may have begun the run, and even ended it, before this one got the lock.
  if (!has_not_begun(directory)) refuse_existing(directory.path);
  try {
    Recipe kept = recipe;
    kept.dataset.path = keep_lists(recipe.dataset.path, run.lists());
    const std::string options = write_recipe(kept);
    require(is_utf8(options),
            "a path of the recipe, or of the run directory that holds its lists, has bytes that are not UTF-8, which "
            "options.toml cannot hold: the run could not be continued. Rename the folder, or link to it:\n  {}",
            printable_lines_with_other_bytes(options));
    write_file_atomically(run.options(), options);
    return run;
  } catch (const std::runtime_error&) {
    std::error_code ignored;
    fs::remove_all(directory.lists(), ignored);
    fs::remove(directory.lock(), ignored);
    fs::remove(directory.path, ignored);
    throw;
  }
}

RunDirectory open_run_directory(const fs::path& path) {
  const RunDirectory run{path};
  std::error_code unreachable;
  require(fs::exists(run.options(), unreachable), "{} is not a run directory: it has no options.toml{}", path.native(),
          has_not_begun(run) ? ". Nothing was trained in it; start the run with --run instead of --resume" : "");
  return run;
}

void require_checkpoints_not_lost(const RunDirectory& run) {
  if (has_checkpoints(run.path)) return;
  const std::string sign = sign_of_progress(run);
  require(sign.empty(),
          "{} cannot be continued: it has no checkpoint, although {}. Its checkpoints were removed or could not be "
          "written. Restore them, or start a new run",
          run.path.native(), sign);
}

Recipe recipe_to_resume(const RunDirectory& run, const fs::path& recipe_file, const std::vector<std::string>& overrides,
                        bool allow_inexact) {
  require_checkpoints_not_lost(run);
  Recipe before = read_recipe(run.options(), {});
  // The initial weights have done their work, but what a phase that fine-tunes has for defaults depends on them.
  std::vector<std::string> as_begun = overrides;
  if (!before.from.empty()) as_begun.insert(as_begun.begin(), "from=" + before.from);
  Recipe after = read_recipe(recipe_file.empty() ? run.options() : recipe_file, as_begun);
  require_same_phases_first(before, after, run);
  const auto differences = changes(before, after);
  for (const std::string& difference : differences) {
    const bool another_network = difference.starts_with("backbone.name") ||
                                 difference.starts_with("backbone.embedding_size") || difference.starts_with("input.");
    require(!another_network, "{} holds another network than the one asked for:\n  {}\nStart a new run",
            run.path.native(), difference);
  }
  require(differences.empty() || allow_inexact,
          "{} was made by another recipe, so it would not continue as it started:\n  {}\nStart a new run, or pass "
          "--allow-inexact-resume",
          run.path.native(), fmt::join(differences, "\n  "));
  return after;
}

}  // namespace massface
