// Says how similar the largest faces of two photographs are, and whether they are of one person.
#include <massface/massface.h>

#include <exception>
#include <iostream>

int main(int argc, char** argv) try {
  if (argc != 4) return std::cerr << "usage: compare_photographs WEIGHTS A.jpg B.jpg\n", 2;
  massface::FaceNetwork network(argv[1]);
  const double cosine = massface::cosine(network.face(argv[2]), network.face(argv[3]));
  std::cout << "cosine " << cosine;
  if (const auto threshold = network.threshold(1e-3)) {
    std::cout << (cosine > *threshold ? ": the same person" : ": two people") << " (threshold " << *threshold << ")";
  }
  std::cout << "\n";
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
