#include "gallery/identify.h"

#include <map>

#include "core/error.h"

namespace massface {

KnownPeople::KnownPeople(const GalleryFile& gallery) : search_(gallery.facts().dimensions) {
  std::map<int64_t, int64_t> index_of;  // by the number of the person in the file
  search_.reserve(gallery.num_faces());
  gallery.for_each_face([&](const StoredFace& stored) {
    const auto [person, is_new] = index_of.try_emplace(stored.person_id, std::ssize(names_));
    if (is_new) {
      names_.push_back(stored.face.person);
      faces_of_person_.push_back(0);
    }
    ++faces_of_person_[static_cast<size_t>(person->second)];
    search_.add(stored.face.embedding.data(), person->second);
    person_of_face_.push_back(person->second);
    ids_.push_back(stored.id);
  });
}

std::vector<KnownPeople::Similar> KnownPeople::most_similar(const float* embedding, int64_t count) const {
  std::vector<Similar> people;
  for (const FoundPerson& found : search_.search(embedding, count)) {
    people.push_back({.name = names_[static_cast<size_t>(found.person)],
                      .face_id = ids_[static_cast<size_t>(found.face)],
                      .cosine = found.cosine});
  }
  return people;
}

std::optional<Identification> KnownPeople::identify(const float* embedding, double threshold_cosine) const {
  const std::vector<FoundPerson> found = search_.search(embedding, 2);
  if (found.empty()) return std::nullopt;
  Identification answer{.cosine = found[0].cosine, .nearest = names_[static_cast<size_t>(found[0].person)]};
  if (answer.cosine > threshold_cosine) answer.name = answer.nearest;
  if (found.size() > 1) {
    answer.second = names_[static_cast<size_t>(found[1].person)];
    answer.second_cosine = found[1].cosine;
  }
  return answer;
}

KnownPeople::LeftOneOut KnownPeople::leave_one_out(double threshold_cosine) const {
  LeftOneOut result;
  for (int64_t face = 0; face < search_.size(); ++face) {
    const int64_t person = person_of_face_[static_cast<size_t>(face)];
    const std::vector<FoundPerson> found = search_.search(search_.row(face), 2, face);
    if (faces_of_person_[static_cast<size_t>(person)] > 1) {
      ++result.searched;
      const bool is_named = found[0].person == person && found[0].cosine > threshold_cosine;
      result.not_named += is_named ? 0 : 1;
    }
    if (names_.size() < 2) continue;  // there is nobody whose name a stranger could get
    ++result.strangers;
    for (const FoundPerson& other : found) {
      if (other.person == person) continue;
      result.named += other.cosine > threshold_cosine ? 1 : 0;
      break;
    }
  }
  return result;
}

}  // namespace massface
