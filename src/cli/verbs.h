#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace massface {

// Each adds its verb to the program: its flags, its help, and a callback that runs it and throws Error or Failure.
// There is one file per verb, cli/VERB.cpp; a new verb needs that file, a line here and a line in main.cpp.
void add_align_verb(CLI::App& program);
void add_synth_verb(CLI::App& program);
void add_import_verb(CLI::App& program);
void add_inspect_verb(CLI::App& program);
void add_pack_verb(CLI::App& program);
void add_unpack_verb(CLI::App& program);
void add_mine_verb(CLI::App& program);
void add_train_verb(CLI::App& program);
void add_evaluate_verb(CLI::App& program);
void add_benchmark_verb(CLI::App& program);
void add_options_verb(CLI::App& program);

}  // namespace massface
