#include "distributed/membership.h"

#include <gtest/gtest.h>

#include <map>

#include "core/error.h"
#include "core/testing_text.h"

namespace massface {
namespace {

Environment with(std::map<std::string, std::string> variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found != variables.end() ? std::optional(found->second) : std::nullopt;
  };
}

Membership found_in(std::map<std::string, std::string> variables) {
  return find_membership({}, with(std::move(variables)));
}

void expect(const Membership& is, int64_t rank, int64_t size, int64_t local_rank, const std::string& host,
            int64_t port) {
  EXPECT_EQ(is.rank, rank) << is.from;
  EXPECT_EQ(is.size, size) << is.from;
  EXPECT_EQ(is.local_rank, local_rank) << is.from;
  EXPECT_EQ(is.host, host) << is.from;
  EXPECT_EQ(is.port, port) << is.from;
}

TEST(Membership, WithoutALauncherIsTheOnlyProcess) { expect(found_in({{"HOME", "/root"}}), 0, 1, 0, "", 0); }

TEST(Membership, IsWhatTorchrunSays) {
  expect(found_in({{"RANK", "5"},
                   {"WORLD_SIZE", "8"},
                   {"LOCAL_RANK", "1"},
                   {"MASTER_ADDR", "node7"},
                   {"MASTER_PORT", "29501"}}),
         5, 8, 1, "node7", 29501);
  expect(found_in(
             {{"RANK", "0"}, {"WORLD_SIZE", "1"}, {"LOCAL_RANK", "0"}, {"MASTER_ADDR", "here"}, {"MASTER_PORT", "1"}}),
         0, 1, 0, "", 0);
}

TEST(Membership, KnowsThatTorchrunMayHaveOpenedTheStore) {
  std::map<std::string, std::string> torchrun{
      {"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "here"}, {"MASTER_PORT", "29500"}};
  EXPECT_FALSE(found_in(torchrun).store_is_open);
  torchrun["TORCHELASTIC_USE_AGENT_STORE"] = "True";
  EXPECT_TRUE(found_in(torchrun).store_is_open);
}

TEST(Membership, RefusesAPortThatNoneHas) {
  EXPECT_EQ(message_of<Error>([] {
              found_in({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "here"}, {"MASTER_PORT", "70000"}});
            }),
            "the variable MASTER_PORT is \"70000\"; a number of at most 65535 was expected");
}

TEST(Membership, IsWhatSlurmSaysWithinAStep) {
  const std::map<std::string, std::string> step{{"SLURM_PROCID", "3"},  {"SLURM_NTASKS", "4"},
                                                {"SLURM_LOCALID", "1"}, {"SLURM_JOB_NODELIST", "gpu[07-08]"},
                                                {"SLURM_JOB_ID", "12"}, {"SLURM_STEP_ID", "0"}};
  expect(found_in(step), 3, 4, 1, "gpu07", 20012);
  auto chosen = step;
  chosen["MASTER_ADDR"] = "10.0.0.3";
  chosen["MASTER_PORT"] = "4000";
  expect(found_in(chosen), 3, 4, 1, "10.0.0.3", 4000);
  auto script = step;
  script.erase("SLURM_STEP_ID");
  EXPECT_EQ(found_in(script).size, 1) << "a batch script is one process";
}

TEST(Membership, IsWhatMpiLaunchersSay) {
  std::map<std::string, std::string> open_mpi{{"OMPI_COMM_WORLD_RANK", "1"},
                                              {"OMPI_COMM_WORLD_SIZE", "2"},
                                              {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                                              {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}};
  const Membership here = found_in(open_mpi);
  expect(here, 1, 2, 1, "127.0.0.1", here.port);
  EXPECT_GE(here.port, 20000);
  EXPECT_EQ(found_in(open_mpi).port, here.port) << "the same for all children of a launcher";
  open_mpi["OMPI_COMM_WORLD_LOCAL_SIZE"] = "1";
  EXPECT_NE(message_of<Error>([&] { found_in(open_mpi); }).find("MASTER_ADDR"), std::string::npos);
  open_mpi["MASTER_ADDR"] = "node1";
  open_mpi["MASTER_PORT"] = "7000";
  expect(found_in(open_mpi), 1, 2, 1, "node1", 7000);
  expect(found_in({{"PMI_RANK", "2"}, {"PMI_SIZE", "3"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "9"}}), 2, 3, 0, "a", 9);
}

TEST(Membership, OfMassfacesOwnLauncherHasAnOpenStore) {
  const Membership child = found_in(
      {{"MASSFACE_RANK", "1"}, {"MASSFACE_PROCESSES", "2"}, {"MASSFACE_STORE", "127.0.0.1:4711"}, {"RANK", "0"}});
  expect(child, 1, 2, 1, "127.0.0.1", 4711);
  EXPECT_TRUE(child.store_is_open);
}

TEST(Membership, ByHandComesFirst) {
  const auto slurm = with({{"SLURM_PROCID", "3"}, {"SLURM_NTASKS", "4"}});
  expect(find_membership({.rank = 1, .processes = 2, .rendezvous = "10.1.1.1:99"}, slurm), 1, 2, 0, "10.1.1.1", 99);
  expect(find_membership({.rank = 0, .processes = 1}, slurm), 0, 1, 0, "", 0);
}

TEST(Membership, NamesWhatIsMissingOrWrong) {
  const auto mistake = [](const MembershipOptions& options, std::map<std::string, std::string> variables) {
    return message_of<Error>([&] { find_membership(options, with(variables)); });
  };
  const std::map<std::string, std::string> torchrun{
      {"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "1"}};
  const auto without = [&](const std::string& name) {
    auto variables = torchrun;
    variables.erase(name);
    return mistake({}, variables);
  };
  const auto changed = [&](const std::string& name, const std::string& value) {
    auto variables = torchrun;
    variables[name] = value;
    return mistake({}, variables);
  };
  EXPECT_NE(without("MASTER_ADDR").find("but not MASTER_ADDR, which torchrun sets too"), std::string::npos);
  EXPECT_NE(without("MASTER_PORT").find("MASTER_PORT"), std::string::npos);
  EXPECT_NE(changed("RANK", "two").find("the variable RANK is \"two\""), std::string::npos);
  EXPECT_NE(changed("WORLD_SIZE", "0").find("at least 1"), std::string::npos);
  EXPECT_NE(changed("RANK", "2").find("rank 2 of 2 processes; ranks are 0 to 1"), std::string::npos);
  EXPECT_NE(mistake({.rank = 1}, {}).find("--processes"), std::string::npos);
  EXPECT_NE(mistake({.rank = 1, .processes = 2}, {}).find("--rendezvous HOST:PORT"), std::string::npos);
  EXPECT_NE(mistake({.rank = 1, .processes = 2, .rendezvous = "here"}, {}).find("HOST:PORT was expected"),
            std::string::npos);
  EXPECT_NE(mistake({.rank = 1, .processes = 2, .rendezvous = "here:70000"}, {}).find("HOST:PORT was expected"),
            std::string::npos);
  EXPECT_NE(mistake({.rendezvous = "here:7"}, {}).find("needs --rank"), std::string::npos);
}

TEST(FirstHost, IsTheFirstOfANodeList) {
  EXPECT_EQ(first_host("node1"), "node1");
  EXPECT_EQ(first_host("node1,node2"), "node1");
  EXPECT_EQ(first_host("node[03-05,9],gpu1"), "node03");
  EXPECT_EQ(first_host("node[7]"), "node7");
  EXPECT_EQ(first_host("a,b[1-2]"), "a");
  EXPECT_NE(message_of<Error>([] { first_host("node[12"); }).find("not closed"), std::string::npos);
}

}  // namespace
}  // namespace massface
