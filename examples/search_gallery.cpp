// Names every face of some photographs by a gallery that `massface gallery` has made.
#include <massface/massface.h>

#include <exception>
#include <iostream>

int main(int argc, char** argv) try {
  if (argc < 4) return std::cerr << "usage: search_gallery WEIGHTS TEAM.mfg PHOTOGRAPH...\n", 2;
  massface::FaceNetwork network(argv[1]);
  const massface::Gallery team(argv[2], network);
  for (int i = 3; i < argc; ++i) {
    for (const massface::FaceEmbedding& face : network.faces(argv[i])) {
      const massface::GalleryMatch match = team.search(face);
      std::cout << argv[i] << ": " << (match.name.empty() ? "unknown" : match.name) << ", " << match.cosine << " to "
                << match.nearest << "\n";
    }
  }
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
