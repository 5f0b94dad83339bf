#include "gallery/identify.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

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
  std::map<std::pair<int64_t, int64_t>, Confusion> confusions;  // by the two people, in ascending order
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
      if (other.cosine <= threshold_cosine) break;
      ++result.named;
      const bool in_order = person < other.person;
      Confusion& confusion = confusions[std::minmax(person, other.person)];
      ++confusion.faces;
      if (confusion.faces > 1 && other.cosine <= confusion.cosine) break;
      confusion.cosine = other.cosine;
      confusion.first_face = ids_[static_cast<size_t>(in_order ? face : other.face)];
      confusion.second_face = ids_[static_cast<size_t>(in_order ? other.face : face)];
      break;
    }
  }
  for (auto& [people, confusion] : confusions) {
    confusion.first = names_[static_cast<size_t>(people.first)];
    confusion.second = names_[static_cast<size_t>(people.second)];
    result.confusions.push_back(std::move(confusion));
  }
  std::ranges::stable_sort(result.confusions, std::greater{}, &Confusion::cosine);
  return result;
}

}  // namespace massface
