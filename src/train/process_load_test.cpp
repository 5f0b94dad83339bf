#include "train/process_load.h"

#include <gtest/gtest.h>

#include "core/memory.h"
#include "distributed/testing_processes.h"
#include "loss/classifier.h"
#include "objective/objective.h"
#include "train/make_training_setup.h"
#include "train/phase_run.h"
#include "train/testing_training.h"

namespace massface {
namespace {

class ProcessLoads : public SmallTraining {
 protected:
  // The bytes that one of two processes tells the other in a step: for two, what a ring sends is what is summed or
  // gathered.
  static double measured(const Recipe& recipe) {
    const auto told = as_processes(2, [&](Processes& own) {
      TrainingSetup setup = make_training_setup(recipe, true, {std::shared_ptr<Processes>(), &own});
      PhaseRun phase(setup, 0, 0);
      phase.step();
      const int64_t before = own.traffic().bytes;
      phase.step();
      return std::to_string(own.traffic().bytes - before);
    });
    return std::stod(told[0]);
  }
};

TEST_F(ProcessLoads, SendWhatIsMeasured) {
  for (const std::string& loss : objective_names()) {
    for (const char* batch_norm : {"synchronised", "batch"}) {
      Recipe recipe = SmallTraining::recipe("online", "batch_hardest");
      PhaseOptions& phase = recipe.phases[0];
      phase.objective.loss = loss;
      phase.objective.batch.by_identity = {.identities = 6, .images_per_identity = 2};
      phase.objective.batch.size = 12;
      phase.batch_norm = batch_norm;
      const TrainingSetup setup = make_training_setup(recipe, true);
      const ProcessLoad load = process_load(load_facts(setup, 0, 12, 2));
      EXPECT_NEAR(measured(recipe) / load.sent_bytes(), 1, 0.01) << loss << " " << batch_norm;
    }
  }
}

// A classifier of many identities, which is most of what this process takes.
TEST(ProcessLoad, HoldsWhatAClassifierTakes) {
  struct Case {
    int64_t processes;
    double sample_rate;
  };
  for (const std::string& name : classifier_names()) {
    for (const Case& shared : {Case{1, 1}, Case{1, 0.3}, Case{3, 1}, Case{3, 0.3}}) {
      const LoadFacts facts{.processes = shared.processes,
                            // So many that malloc gives each tensor pages of its own, and takes them back.
                            .images = shared.sample_rate < 1 ? 720 : 240,
                            .embedding_size = 64,
                            .identities = 60'000 * shared.processes,
                            .has_cosines = classifier_has_cosines(name),
                            .sample_rate = shared.sample_rate};
      const double forecast = process_load(facts).held_bytes();
      const auto results = as_processes(1, [&](Processes&) {
        const Tensor embeddings = torch::randn({facts.images, facts.embedding_size}).requires_grad_();
        const int64_t before = peak_memory_bytes();
        const auto processes = imagined_processes(facts.processes);
        const auto classifier = make_classifier(name, {.sample_rate = facts.sample_rate}, facts.identities,
                                                facts.embedding_size, 1, processes);
        Optimizer optimizer({.name = "sgd"}, {.classifier = {{"weight", classifier->named_parameters()["weight"]}}},
                            processes);
        classifier->forward(embeddings, torch::arange(facts.images)).loss.backward();
        optimizer.step(0.1);
        return std::to_string(peak_memory_bytes() - before);
      });
      EXPECT_NEAR(std::stod(results[0]) / forecast, 1, 0.3)
          << name << " " << shared.processes << " " << shared.sample_rate;
    }
  }
}

// The table of docs/distributed.md.
TEST(ProcessLoad, GrowsWithTheIdentitiesAndShrinksWithTheProcesses) {
  const auto gigabytes = [](int64_t identities, int64_t processes, double rate) {
    return 1e-9 * process_load({.processes = processes,
                                .images = 128 * processes,
                                .embedding_size = 512,
                                .network_parameters = 1'200'000,
                                .identities = identities,
                                .has_cosines = true,
                                .sample_rate = rate})
                      .held_bytes();
  };
  std::vector<std::string> lines;
  for (const int64_t identities : {100'000, 2'000'000, 29'000'000}) {
    std::string line = std::to_string(identities);
    for (const double rate : {1.0, 0.1}) {
      for (const int64_t processes : {1, 8, 64}) line += fmt::format(" {:.2f}", gigabytes(identities, processes, rate));
    }
    lines.push_back(line);
  }
  EXPECT_EQ(lines,
            (std::vector<std::string>{"100000 1.29 0.36 0.27 0.57 0.11 0.08", "2000000 25.61 6.68 4.47 11.18 1.76 0.63",
                                      "29000000 371.21 96.54 64.08 161.86 25.26 8.40"}));
}

}  // namespace
}  // namespace massface
