#include "distributed/membership.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "core/error.h"
#include "core/files.h"

namespace massface {
namespace {

// MPI launchers and SLURM name no port. Two jobs on one machine should choose different ones.
constexpr int64_t kFirstPort = 20000, kPorts = 20000;
constexpr int64_t kLastPort = 65535;

std::optional<int64_t> number_in(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// Reads variables of the environment that a launcher sets together.
class Variables {
 public:
  Variables(const Environment& environment, std::string launcher)
      : environment_(environment), launcher_(std::move(launcher)) {}

  const std::string& launcher() const { return launcher_; }
  bool has(const std::string& name) const { return environment_(name).has_value(); }
  bool is(const std::string& name, const std::string& value) const { return environment_(name) == value; }
  std::string text(const std::string& name) const {
    const auto value = environment_(name);
    require(value.has_value(), "{} is set, but not {}, which {} sets too", known_, name, launcher_);
    return *value;
  }
  int64_t number(const std::string& name, int64_t least, int64_t most = std::numeric_limits<int64_t>::max()) const {
    const std::string value = text(name);
    const auto number = number_in(value);
    require(number && *number >= least, "the variable {} is \"{}\"; a number of at least {} was expected", name,
            printable(value), least);
    require(*number <= most, "the variable {} is \"{}\"; a number of at most {} was expected", name, printable(value),
            most);
    known_ = name;
    return *number;
  }

 private:
  const Environment& environment_;
  std::string launcher_;
  mutable std::string known_;  // the last variable that was read
};

void set_meeting_place(Membership& membership, const std::string& place, const std::string& named) {
  const size_t colon = place.rfind(':');
  const auto port = colon == std::string::npos ? std::nullopt : number_in(std::string_view(place).substr(colon + 1));
  require(port && colon > 0 && *port >= 1 && *port <= kLastPort,
          "{} is \"{}\"; HOST:PORT was expected, such as 10.0.0.1:29500", named, printable(place));
  membership.host = place.substr(0, colon);
  membership.port = *port;
}

// MASTER_ADDR and MASTER_PORT, or what the launcher implies.
void set_meeting_place(Membership& membership, const Variables& variables, const std::string& implied_host,
                       int64_t job) {
  if (variables.has("MASTER_ADDR")) {
    membership.host = variables.text("MASTER_ADDR");
    membership.port =
        variables.has("MASTER_PORT") ? variables.number("MASTER_PORT", 1, kLastPort) : kFirstPort + job % kPorts;
    return;
  }
  require(!implied_host.empty(),
          "{} started processes on several machines, but MASTER_ADDR does not say where they meet. Set MASTER_ADDR and "
          "MASTER_PORT to the address of rank 0's machine and a free port there, for all processes",
          variables.launcher());
  membership.host = implied_host;
  membership.port = kFirstPort + job % kPorts;
}

Membership checked(Membership membership) {
  require(membership.rank < membership.size, "{}: this is rank {} of {} processes; ranks are 0 to {}", membership.from,
          membership.rank, membership.size, membership.size - 1);
  if (membership.size == 1) {
    membership.host.clear();
    membership.port = 0;
  }
  return membership;
}

Membership by_hand(const MembershipOptions& options) {
  require(options.processes >= 1, "--rank is {}, but --processes does not say of how many", options.rank);
  require(options.processes == 1 || !options.rendezvous.empty(),
          "--rank {} of {}: --rendezvous HOST:PORT must say where the processes meet", options.rank, options.processes);
  Membership membership{.rank = options.rank, .size = options.processes, .from = "--rank and --processes"};
  if (!options.rendezvous.empty()) set_meeting_place(membership, options.rendezvous, "--rendezvous");
  return checked(membership);
}

Membership of_launcher(const Variables& ours) {
  Membership membership{.rank = ours.number(kLauncherVariables.rank, 0),
                        .size = ours.number(kLauncherVariables.size, 1),
                        .store_is_open = true,
                        .from = "massface's own variables"};
  membership.local_rank = membership.rank;
  set_meeting_place(membership, ours.text(kLauncherVariables.store), kLauncherVariables.store);
  return checked(membership);
}

Membership of_torchrun(const Variables& torchrun) {
  Membership membership{
      .rank = torchrun.number("RANK", 0), .size = torchrun.number("WORLD_SIZE", 1), .from = "torchrun's variables"};
  membership.local_rank = torchrun.has("LOCAL_RANK") ? torchrun.number("LOCAL_RANK", 0) : 0;
  membership.host = torchrun.text("MASTER_ADDR");
  membership.port = torchrun.number("MASTER_PORT", 1, kLastPort);
  // torchrun itself may have opened the store there.
  membership.store_is_open = torchrun.is("TORCHELASTIC_USE_AGENT_STORE", "True");
  return checked(membership);
}

Membership of_slurm(const Variables& slurm) {
  Membership membership{.rank = slurm.number("SLURM_PROCID", 0),
                        .size = slurm.number("SLURM_NTASKS", 1),
                        .local_rank = slurm.number("SLURM_LOCALID", 0),
                        .from = "SLURM's variables"};
  const int64_t job = slurm.has("SLURM_JOB_ID") ? slurm.number("SLURM_JOB_ID", 0) : 0;
  if (membership.size > 1) set_meeting_place(membership, slurm, first_host(slurm.text("SLURM_JOB_NODELIST")), job);
  return checked(membership);
}

// The parent of all processes of one machine is the same: it tells jobs apart.
Membership of_mpi(const Variables& mpi, const std::string& rank, const std::string& size, const std::string& local_rank,
                  const std::string& local_size) {
  Membership membership{
      .rank = mpi.number(rank, 0), .size = mpi.number(size, 1), .from = mpi.launcher() + "'s variables"};
  if (mpi.has(local_rank)) membership.local_rank = mpi.number(local_rank, 0);
  const bool one_machine = mpi.has(local_size) && mpi.number(local_size, 1) == membership.size;
  if (membership.size > 1) set_meeting_place(membership, mpi, one_machine ? "127.0.0.1" : "", ::getppid());
  return checked(membership);
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
}

std::string first_host(const std::string& node_list) {
  const size_t bracket = node_list.find('['), comma = node_list.find(',');
  if (bracket == std::string::npos || comma < bracket) return node_list.substr(0, comma);
  const size_t end = node_list.find_first_of("],-", bracket);
  require(end != std::string::npos, "SLURM_JOB_NODELIST is \"{}\": its bracket is not closed", printable(node_list));
  return node_list.substr(0, bracket) + node_list.substr(bracket + 1, end - bracket - 1);
}

Membership find_membership(const MembershipOptions& options, const Environment& environment) {
  if (options.rank >= 0) return by_hand(options);
  require(options.rendezvous.empty(), "--rendezvous needs --rank: which of the processes is this one?");
  const auto has = [&](const char* name) { return environment(name).has_value(); };
  if (has(kLauncherVariables.rank)) return of_launcher({environment, "massface"});
  if (has("RANK") && has("WORLD_SIZE")) return of_torchrun({environment, "torchrun"});
  // A batch script is not a step: it runs once, whatever the number of tasks, and starts its steps with srun.
  if (has("SLURM_PROCID") && has("SLURM_STEP_ID")) return of_slurm({environment, "SLURM"});
  if (has("OMPI_COMM_WORLD_RANK")) {
    return of_mpi({environment, "Open MPI"}, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
                  "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE");
  }
  if (has("PMI_RANK")) {
    return of_mpi({environment, "MPICH"}, "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS");
  }
  return {.from = "no launcher"};
}

}  // namespace massface
