#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dataset/template_list.h"
#include "evaluation/evaluate_pairs.h"

namespace massface {

// The templates of a list, each as one embedding.
struct Templates {
  std::vector<std::string> ids;       // in the order of the list
  std::vector<std::string> subjects;  // "" where the list does not say
  Tensor embeddings;                  // float32 [T, D] of unit length, contiguous, on the CPU
  int64_t num_images = 0;             // that could be read
  std::vector<UnreadableImage> unreadable;
  std::vector<std::string> lost;  // ids of templates none of whose images could be read; not among `ids`
};

// Averages the embeddings of each template: first those of one medium, so that a long video does not outvote a
// photograph, then the media (IJB-C, ICB 2018, and its usual evaluation). rows: float32 [N, D], row i of images[i], not
// scaled, so that faces with longer embeddings weigh more. is_bad: rows that do not count. Throws Error if a template
// has two subjects.
Templates average_templates(const Tensor& rows, const std::vector<TemplateImage>& images,
                            const std::vector<bool>& is_bad);

// Embeds the images of a list, each file once, and averages them. Images that are missing or cannot be read are left
// out with a warning. images: the folder that the files lie in. Throws Error if more than half of the images cannot be
// used, and as average_templates() does.
Templates embed_templates(const ImageEmbedder& embedder, const std::vector<TemplateImage>& list,
                          const std::filesystem::path& images, const EvaluationOptions& options);

// The distances of the given pairs of templates. Pairs with a lost template are left out, and counted in *left_out.
// Throws Error for a template that is in no list.
PairDistances distances_of(const Templates& templates, const std::vector<TemplatePair>& pairs, int64_t* left_out);

}  // namespace massface
