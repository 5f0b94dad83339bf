#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace massface {

// Each adds its verb to the program: its flags, its help, and a callback that runs it and throws Error or Failure.
// There is one file per verb, cli/VERB.cpp; a new verb needs that file and a line in each of these lists.
void add_align_verb(CLI::App& program);
void add_synth_verb(CLI::App& program);
void add_import_verb(CLI::App& program);
void add_export_verb(CLI::App& program);
void add_inspect_verb(CLI::App& program);
void add_pack_verb(CLI::App& program);
void add_unpack_verb(CLI::App& program);
void add_clean_verb(CLI::App& program);
void add_mine_verb(CLI::App& program);
void add_train_verb(CLI::App& program);
void add_evaluate_verb(CLI::App& program);
void add_report_verb(CLI::App& program);
void add_embed_verb(CLI::App& program);
void add_compare_verb(CLI::App& program);
void add_gallery_verb(CLI::App& program);
void add_cluster_verb(CLI::App& program);
void add_benchmark_verb(CLI::App& program);
void add_options_verb(CLI::App& program);

// In the order of --help.
inline constexpr void (*kVerbs[])(CLI::App& program) = {
    add_align_verb,   add_synth_verb,   add_inspect_verb,  add_pack_verb,   add_unpack_verb,    add_clean_verb,
    add_mine_verb,    add_train_verb,   add_evaluate_verb, add_report_verb, add_embed_verb,     add_compare_verb,
    add_gallery_verb, add_cluster_verb, add_import_verb,   add_export_verb, add_benchmark_verb, add_options_verb,
};

}  // namespace massface
