#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/options.h"

namespace massface {

// From this epoch (counted from 0) on, the learning rate is `rate`.
struct SchedulePoint {
  int64_t epoch;
  double rate;
};

struct ScheduleOptions {
  std::string name = "constant";
  int64_t warmup_steps = 0;
  int64_t step_epochs = 2;
  double step_factor = 0.1;
  double final_fraction = 0;
  double power = 2;
  std::string file;
  std::string rates;  // the lines of the file, joined by commas: "0: 0.1, 4: 0.01"

  std::vector<SchedulePoint> points;  // read by load_points()

  void describe(OptionTable& table);
  // If name is "file", reads the points from `rates` or, if that is empty, from `file`, and keeps them in `rates`
  // instead of the file's name: the options then need the file no longer. Otherwise does nothing. Throws Error, which
  // names the file and the line, and for both or neither of `rates` and `file`.
  void load_points();
};

// Reads a file of `epoch: rate` lines with ascending epochs, the first of which is 0. Blank lines and `# comments` are
// allowed. Throws Error, which names the file and the line.
std::vector<SchedulePoint> read_schedule_file(const std::filesystem::path& path);

// The points as ScheduleOptions::rates has them, and back. parse_rates() throws Error that names the entry.
std::string to_rates(const std::vector<SchedulePoint>& points);
std::vector<SchedulePoint> parse_rates(const std::string& rates);

// The learning rate of a phase's step (counted from 0), a pure function.
//   constant  base
//   step      base * step_factor ^ (epoch / step_epochs, rounded down)
//   cosine    base at the end of the warm-up, along half a cosine, to base * final_fraction after the last step
//             ("SGDR", arXiv:1608.03983, equation 5, without restarts)
//   polynomial  between the same rates as cosine, along (1 - t)^power with t from 0 to 1
//   file      the rate of the file's last line whose epoch has begun; base is not used
// In the first warmup_steps steps the rate rises linearly: step s has (s + 1) / warmup_steps of the rate above.
double learning_rate_at(const ScheduleOptions& options, double base, int64_t step, int64_t total_steps,
                        int64_t steps_per_epoch);

}  // namespace massface
