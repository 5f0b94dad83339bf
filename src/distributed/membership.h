#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace massface {

// Which process of how many this one is, and where they meet.
struct Membership {
  int64_t rank = 0;  // 0 to size - 1
  int64_t size = 1;
  int64_t local_rank = 0;  // among the processes of this machine: the number of its GPU
  std::string host;        // of the store where the processes meet; empty if size is 1
  int64_t port = 0;
  // Rank 0 opens the store itself, unless the launcher did.
  bool store_is_open = false;
  std::string from;  // what named all this, for messages: "torchrun's variables", ...
};

// The value of a variable of the environment, if it is set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

// The options given by hand; -1 or empty means not given.
struct MembershipOptions {
  int64_t rank = -1;
  int64_t processes = -1;
  std::string rendezvous;  // HOST:PORT
};

// Finds out which process this is: from the options if a rank is given there, otherwise from the variables of a
// launcher, the first of which is found: massface's own (kLauncherVariables), torchrun's (RANK, WORLD_SIZE, LOCAL_RANK,
// MASTER_ADDR, MASTER_PORT), SLURM's within a job step (SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID, SLURM_JOB_NODELIST),
// Open MPI's (OMPI_COMM_WORLD_RANK, _SIZE, _LOCAL_RANK), and MPICH's and Intel MPI's (PMI_RANK, PMI_SIZE,
// MPI_LOCALRANKID). Without any of them, this is the only process. MASTER_ADDR and MASTER_PORT name the meeting place
// for every launcher; without them, SLURM's is its first node, and that of an MPI launcher this machine if all
// processes run on it. Throws Error naming the variable or option for what is missing, contradicts itself, or is no
// number.
Membership find_membership(const MembershipOptions& options, const Environment& environment);

// The first host of a SLURM node list: "node[03-05,9],gpu1" -> "node03".
std::string first_host(const std::string& node_list);

// The variables that `--processes` sets for the processes that it starts.
struct LauncherVariables {
  const char* rank = "MASSFACE_RANK";
  const char* size = "MASSFACE_PROCESSES";
  const char* store = "MASSFACE_STORE";  // HOST:PORT
};
constexpr LauncherVariables kLauncherVariables;

}  // namespace massface
