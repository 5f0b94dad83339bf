#include "train/train.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "checkpoint/run_weights.h"
#include "cli/find_rate.h"
#include "cli/flags.h"
#include "cli/processes.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/stop_signal.h"
#include "distributed/agreement.h"
#include "distributed/launcher.h"
#include "train/dry_run.h"
#include "train/make_training_setup.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

struct TrainArguments {
  std::vector<std::string> words;  // the recipe, if any, and the overrides
  std::string run;
  std::string resume;
  std::string from;
  bool dry_run = false;
  std::optional<std::string> find_rate;  // a phase; "": the first
  std::string chart = "learning_rate.png";
  bool allow_inexact_resume = false;
  bool json = false;
  ProcessArguments processes;

  // The first word is the recipe if it contains no '=', or if it is a file: a path may contain one.
  std::string recipe_file() const {
    std::error_code unreachable;
    const bool is_recipe = !words.empty() && (words.front().find('=') == std::string::npos ||
                                              std::filesystem::is_regular_file(words.front(), unreachable));
    return is_recipe ? words.front() : "";
  }
  std::vector<std::string> overrides() const {
    std::vector<std::string> list(words.begin() + (recipe_file().empty() ? 0 : 1), words.end());
    if (!from.empty()) list.push_back("from=" + from);
    return list;
  }
};

Json to_json(const TrainingResult& result, const RunDirectory& run) {
  Json json = {{"status", result.status},
               {"run_directory", printable(run.path.native())},
               {"global_step", result.global_step},
               {"bad_images", result.bad_images},
               {"seconds", result.seconds},
               {"data_wait_seconds", result.data_wait_seconds},
               {"start_seconds", result.start_seconds},
               {"checkpoint_seconds", result.checkpoint_seconds},
               {"overhead_fraction", result.overhead_fraction()},
               {"validation_seconds", result.validation_seconds},
               {"communication_seconds", result.communication_seconds}};
  if (result.validation_accuracy >= 0) json["validation_accuracy"] = result.validation_accuracy;
  json["phases"] = Json::array();
  for (const PhaseResult& phase : result.phases) {
    json["phases"].push_back({{"name", phase.name},
                              {"steps", phase.steps},
                              {"final_loss", phase.final_loss},
                              {"seconds", phase.seconds},
                              {"images_per_second", phase.images_per_second},
                              {"data_wait_fraction", phase.data_wait_fraction}});
  }
  return json;
}

Json to_json(const std::vector<ProcessLoad::Item>& items) {
  Json json = Json::object();
  for (const auto& item : items) json[item.name] = item.bytes;
  return json;
}

Json to_json(const DryRun& forecast) {
  Json json = {{"processes", forecast.processes},
               {"identities", forecast.identities},
               {"images", forecast.images},
               {"network_parameters", forecast.network_parameters},
               {"embedding_size", forecast.embedding_size},
               {"peak_memory_bytes", forecast.peak_memory_bytes},
               {"seconds", forecast.seconds},
               {"recipe", write_recipe(forecast.recipe)},
               {"phases", Json::array()}};
  for (const PhaseForecast& phase : forecast.phases) {
    json["phases"].push_back({{"name", phase.name},
                              {"steps", phase.steps},
                              {"images", phase.images},
                              {"milliseconds_per_step", 1e3 * phase.seconds_per_step},
                              {"held_bytes", to_json(phase.load.held)},
                              {"sent_bytes_per_step", to_json(phase.load.sent)}});
  }
  return json;
}

void print_items(const char* title, const std::vector<ProcessLoad::Item>& items, double total) {
  if (items.empty()) return;
  std::cout << fmt::format("#   {}: {:.2f} MB\n", title, 1e-6 * total);
  for (const auto& item : items) std::cout << fmt::format("#   {:12.2f} MB  {}\n", 1e-6 * item.bytes, item.name);
}

void print_dry_run(const DryRun& forecast) {
  std::cout << write_recipe(forecast.recipe) << "\n"
            << fmt::format("# {} identities, {} images to train on\n", forecast.identities, forecast.images)
            << fmt::format("# network: {} parameters ({:.1f} MB), {}-d embeddings\n", forecast.network_parameters,
                           4e-6 * static_cast<double>(forecast.network_parameters), forecast.embedding_size)
            << fmt::format("# memory: {:.2f} GB\n", 1e-9 * static_cast<double>(forecast.peak_memory_bytes));
  for (const PhaseForecast& phase : forecast.phases) {
    std::cout << fmt::format("# phase {}: {} steps, {} images, {:.0f} ms per step, about {:.0f} minutes\n", phase.name,
                             phase.steps, phase.images, 1e3 * phase.seconds_per_step,
                             phase.seconds_per_step * static_cast<double>(phase.steps) / 60);
    print_items("each process holds, besides its images and their activations", phase.load.held,
                phase.load.held_bytes());
    print_items("each process sends in a step", phase.load.sent, phase.load.sent_bytes());
  }
  const double minutes = forecast.seconds / 60;
  if (forecast.processes == 1) {
    std::cout << fmt::format("# total: about {:.0f} minutes on this machine\n", minutes);
  } else {
    std::cout << fmt::format(
        "# total, without communication: about {:.0f} minutes if each of the {} processes has a machine like this one, "
        "{:.0f} if all share this one\n",
        minutes, forecast.processes, minutes * static_cast<double>(forecast.processes));
  }
}

Recipe resolved_recipe(const TrainArguments& arguments) {
  if (arguments.resume.empty()) return read_recipe(arguments.recipe_file(), arguments.overrides());
  return recipe_to_resume(open_run_directory(arguments.resume), arguments.recipe_file(), arguments.overrides(),
                          arguments.allow_inexact_resume);
}

// A run and what is needed to train it.
struct PreparedRun {
  LockedRun run;
  TrainingSetup setup;
};

using ProcessesPointer = std::shared_ptr<Processes>;

// Returns the recipe as the first process reads it: the run to resume may be on its machine alone.
Recipe recipe_of_first(const TrainArguments& arguments, Processes& processes) {
  Recipe recipe;
  require_no_fault(processes, fault_of([&] {
                     if (processes.is_first()) recipe = resolved_recipe(arguments);
                   }));
  if (processes.size() == 1) return recipe;
  recipe = parse_recipe(processes.from_first(write_recipe(recipe)), "the first process's recipe");
  recipe.device = device_of_process(recipe.device, processes);
  return recipe;
}

// The first process locks the run, for all of them.
LockedRun locked_by_first(Processes& processes, const std::function<LockedRun()>& lock) {
  std::optional<LockedRun> run;
  require_no_fault(processes, fault_of([&] {
                     if (processes.is_first()) run = lock();
                   }));
  const std::string path = processes.from_first(run ? run->path.native() : "");
  return run ? *run : LockedRun::of_first_process(path);
}

// All mistakes are found before the folder is created, so that a second try can use the same name.
PreparedRun prepare_new_run(const TrainArguments& arguments, const ProcessesPointer& processes) {
  const Recipe recipe = recipe_of_first(arguments, *processes);
  require_no_fault(*processes, fault_of([&] {
    if (processes->is_first()) require_new_run_directory(arguments.run);
  }));
  TrainingSetup setup =
      together(*processes, [&] { return make_training_setup(recipe, /*initial_weights=*/true, processes); });
  LockedRun run = locked_by_first(
      *processes, [&] { return create_run_directory(arguments.run, arguments.recipe_file(), setup.recipe); });
  return {std::move(run), std::move(setup)};
}

// Says what to do about a data set that was moved.
void require_dataset_found(const Recipe& recipe, const RunDirectory& run) {
  if (recipe.dataset.path.empty()) return;
  for (const std::string& root : dataset_roots(recipe.dataset.path)) {
    std::error_code unreachable;
    require(
        root.empty() || std::filesystem::exists(root, unreachable),
        "{} is no longer there, which {} trains on. If it was moved, name its new place: massface train --resume {} "
        "dataset.path=NEW",
        printable(root), printable(run.path.native()), printable(run.path.native()));
  }
}

// Locks the run before it reads anything of it: another process may be about to change its recipe.
PreparedRun prepare_resumed_run(const TrainArguments& arguments, const ProcessesPointer& processes) {
  LockedRun run = locked_by_first(*processes, [&] { return LockedRun(open_run_directory(arguments.resume)); });
  const Recipe recipe = recipe_of_first(arguments, *processes);
  // A run that was killed before its first checkpoint starts over, from the weights that it started from.
  const bool begun = processes->from_first(run.writes() && has_checkpoints(arguments.resume) ? "begun" : "") == "begun";
  TrainingSetup setup = together(*processes, [&] {
    require_dataset_found(recipe, run);
    return make_training_setup(recipe, /*initial_weights=*/!begun, processes);
  });
  return {std::move(run), std::move(setup)};
}

void run_training(const TrainArguments& arguments, const ProcessesPointer& processes) {
  const ConsoleMayVanish console;  // the log file and the training go on without it
  const bool resume = !arguments.resume.empty();
  auto [run, setup] = resume ? prepare_resumed_run(arguments, processes) : prepare_new_run(arguments, processes);
  if (run.writes()) {
    log_also_to(run.log().native());
    tell_launcher(run.path.native());
  }
  log_info("run directory: {}", printable(run.path.native()));
  const TrainingResult result =
      train(std::move(setup), run, {.resume = resume, .allow_inexact = arguments.allow_inexact_resume});
  if (run.writes()) {
    const Json json = to_json(result, run);
    write_file_atomically(run.result(), json.dump(2) + "\n");
    if (arguments.json) print_json(json);
  }
  if (result.status == "stopped") {
    if (run.writes()) tell_launcher("");  // it is not to be started again
    throw Failure(fmt::format("stopped by a signal after step {}; continue with: massface train --resume {}",
                              result.global_step, printable(run.path.native())));
  }
  log_info("finished: {}", printable(run.path.native()));
}

void run_verb(const TrainArguments& arguments) {
  require(!arguments.recipe_file().empty() || !arguments.resume.empty(),
          "train needs a recipe (massface train recipes/NAME.toml) or --resume RUN");
  require(arguments.run.empty() || arguments.resume.empty(),
          "--run and --resume both name a run directory; give only one of them");
  require(!arguments.dry_run || !arguments.find_rate, "--dry-run and --find-rate are two things; give one of them");
  require(!arguments.find_rate || (arguments.resume.empty() && arguments.run.empty() &&
                                   number_of_processes(arguments.processes.processes) <= 1),
          "--find-rate tests a recipe in one process, and leaves no run: give it without --resume, --run and "
          "--processes, and weights to start from with --from");
  require(arguments.find_rate || arguments.chart == TrainArguments().chart, "--chart is for --find-rate; leave it out");
  if (arguments.find_rate) {
    return run_rate_test(resolved_recipe(arguments), *arguments.find_rate, arguments.chart, arguments.json);
  }
  if (!arguments.dry_run) {
    return in_processes(arguments.processes,
                        [&](const ProcessesPointer& processes) { run_training(arguments, processes); });
  }
  const int64_t processes = std::max<int64_t>(number_of_processes(arguments.processes.processes), 1);
  const DryRun forecast = dry_run(resolved_recipe(arguments), processes);
  if (arguments.json)
    print_json(to_json(forecast));
  else
    print_dry_run(forecast);
}

}  // namespace

void add_train_verb(CLI::App& program) {
  auto arguments = std::make_shared<TrainArguments>();
  CLI::App* verb = program.add_subcommand("train", "Train a network from a recipe, or continue a run");
  verb->footer(
      "massface train recipes/NAME.toml dataset.path=DIR softmax.epochs=3 --run runs/first\n"
      "massface train --resume runs/first\n"
      "massface train recipes/NAME.toml --processes 4         (on this machine; docs/distributed.md: on several)\n"
      "massface train --resume runs/first triplet.steps=2000     (continue a finished run for more steps)\n"
      "SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 and SIGXCPU stop a training after it has written a checkpoint.\n"
      "docs/options.md lists every option of a recipe.");
  verb->add_option("recipe", arguments->words, "The recipe, then name=value overrides of its options")
      ->type_name("RECIPE [NAME=VALUE ...]");
  verb->add_option("--run", arguments->run, "Run directory to create (default: runs/RECIPE-N)")->type_name("DIR");
  verb->add_option("--resume", arguments->resume, "Continue this run from its newest checkpoint, bit-exactly")
      ->type_name("RUN");
  verb->add_option("--from", arguments->from, "Start from these weights: a .safetensors file or a run directory")
      ->type_name("WEIGHTS");
  verb->add_flag(
      "--dry-run", arguments->dry_run,
      "Print the resolved recipe, the number of parameters, and the expected memory and time; write nothing");
  verb->add_option(
          "--find-rate", arguments->find_rate,
          "Raise the learning rate of this phase of the recipe from step to step for at most two minutes, on a "
          "network that is then thrown away, and suggest a rate")
      ->type_name("PHASE");
  verb->add_option("--chart", arguments->chart, "Where --find-rate draws the loss over the rate (PNG)")
      ->capture_default_str()
      ->type_name("FILE");
  verb->add_flag("--allow-inexact-resume", arguments->allow_inexact_resume,
                 "Continue even if the binary, the machine or the dataset has changed");
  bind_process_options(*verb, arguments->processes);
  bind_restarts_option(*verb, arguments->processes);
  bind_json_flag(*verb, arguments->json);
  verb->callback([arguments] { run_verb(*arguments); });
}

}  // namespace massface
