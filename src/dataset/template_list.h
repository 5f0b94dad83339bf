#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace massface {

// One image of a template: the images that stand for a person in one comparison ("Pushing the Frontiers of
// Unconstrained Face Detection and Recognition: IARPA Janus Benchmark A", CVPR 2015, section 3).
struct TemplateImage {
  std::string template_id;
  std::string subject;  // the person; "" if the list does not say
  std::string media;    // images of one video have one; "" if the list does not say
  std::string file;     // below the image folder
};

// Parses a list of templates, one image per line, between commas, tabs or spaces. With a first line of names: the
// columns template (or template_id, tid), subject (subject_id, sid, person), media (media_id, mid, sighting_id) and
// file (filename, path, image), in any order and in upper or lower case; others are not used, template and file must be
// there. Without one: the three columns FILE TEMPLATE MEDIA of IJB's meta files. name: of the list, for messages.
// Throws Error, which names the line.
std::vector<TemplateImage> parse_template_list(std::string_view text, const std::string& name);
std::vector<TemplateImage> read_template_list(const std::filesystem::path& path);

// Two templates, and whether they show one person.
struct TemplatePair {
  std::string first, second;
  bool same = false;
};

// Parses lines of FIRST SECOND SAME, with SAME 1 or 0, as IJB's template_pair_label files have them. Throws Error,
// which names the line.
std::vector<TemplatePair> parse_template_pairs(std::string_view text, const std::string& name);
std::vector<TemplatePair> read_template_pairs(const std::filesystem::path& path);

}  // namespace massface
