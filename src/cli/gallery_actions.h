#pragma once

#include <span>
#include <string>
#include <vector>

#include "gallery/gallery_file.h"
#include "recognition/decision_rule.h"
#include "recognition/recognize_images.h"

namespace massface {

struct GalleryArguments {
  std::string gallery;
  std::vector<std::string> images;  // or galleries
  std::string person;
  std::string out;
  int64_t count = 5;  // of the most similar people
  IdentificationOptions identification;
  RecognizerOptions recognizer;
  bool json = false;
};

// What `massface gallery ACTION` does, one function for each.
void create_gallery(const GalleryArguments& arguments);
void add_to_gallery(const GalleryArguments& arguments);
void remove_from_gallery(const GalleryArguments& arguments);
void list_gallery(const GalleryArguments& arguments);
void search_gallery(const GalleryArguments& arguments);
void identify_by_gallery(const GalleryArguments& arguments);
void verify_gallery(const GalleryArguments& arguments);
void reembed_gallery(const GalleryArguments& arguments);
void merge_galleries(const GalleryArguments& arguments);
void export_gallery(const GalleryArguments& arguments);

// What the recognizer's embeddings have in common.
GalleryFacts facts_of(const Recognizer& recognizer);

// The face of a recognized image as a gallery keeps it.
GalleryFace gallery_face(const std::string& person, const RecognizedImage& image, size_t face);

}  // namespace massface
