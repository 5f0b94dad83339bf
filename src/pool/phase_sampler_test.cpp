#include "pool/phase_sampler.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/error.h"
#include "recipe/testing_recipe.h"

namespace massface {
namespace {

using Names = std::vector<IdentityIndex>;

class SimilarIdentities : public SmallRecipe {
 protected:
  static Recipe recipe_of_groups(int64_t group, const std::string& pool = "online") {
    Recipe grouped = recipe(pool);
    grouped.phases[0].objective.batch.by_identity.similar_identities = group;
    return grouped;
  }

  // One phase, ready to draw.
  struct Phase {
    explicit Phase(const Recipe& recipe)
        : setup(open_training_setup(recipe, true)),
          objective(make_objective(recipe.phases[0].objective, 16, 10, at::kCPU, 1)),
          context{setup, 0},
          sampler(context, *objective) {}

    // Returns the identities of the first batch, in order.
    Names walk() const {
      Names walk;
      for (const ImageIndex image : sampler.sampler().batch(0)) {
        const IdentityIndex identity = setup.training->identity_of(image);
        if (walk.empty() || walk.back() != identity) walk.push_back(identity);
      }
      return walk;
    }

    TrainingSetup setup;
    std::unique_ptr<Objective> objective;
    PhaseContext context;
    PhaseSampler sampler;
    BadImageList bad{{}};
  };

  // Returns all other identities, most similar first, by sums in double precision over all images and a full sort.
  static std::vector<Names> naive_neighbours(const Phase& phase) {
    std::vector<ImageIndex> images;
    for (ImageIndex image = 0; image < 40; ++image) images.push_back(image);
    BadImageList bad({});
    const Tensor faces = embed_set(phase.context, images, bad).embeddings.to(at::kDouble).reshape({10, 4, 16}).sum(1);
    const Tensor cosines = at::cosine_similarity(faces.unsqueeze(0), faces.unsqueeze(1), 2);
    std::vector<Names> nearest(10);
    for (IdentityIndex i = 0; i < 10; ++i) {
      for (IdentityIndex j = 0; j < 10; ++j) {
        if (j != i) nearest[static_cast<size_t>(i)].push_back(j);
      }
      std::ranges::sort(nearest[static_cast<size_t>(i)], std::greater(),
                        [&](IdentityIndex j) { return cosines[i][j].item<double>(); });
    }
    return nearest;
  }
};

TEST_F(SimilarIdentities, FollowEachOtherByTheMeanOfTheirEmbeddings) {
  Phase phase(recipe_of_groups(2));
  const Names plain = phase.walk();
  phase.sampler.prepare(phase.bad);
  const auto nearest = naive_neighbours(phase);
  const Tensor table = phase.sampler.state().at("sampler.neighbours");
  ASSERT_EQ(table.sizes(), (std::vector<int64_t>{10, 8}));
  for (IdentityIndex i = 0; i < 10; ++i) {
    for (int64_t j = 0; j < 8; ++j) {
      EXPECT_EQ(table[i][j].item<int64_t>(), nearest[static_cast<size_t>(i)][static_cast<size_t>(j)]) << i << " " << j;
    }
  }
  const Names walk = phase.walk();
  ASSERT_EQ(walk.size(), 4u);
  EXPECT_EQ(walk[0], plain[0]) << "the first identity of the shuffle comes first";
  EXPECT_EQ(walk[1], nearest[static_cast<size_t>(walk[0])][0]);
  const Names& of_second = nearest[static_cast<size_t>(walk[2])];
  const auto free = std::ranges::find_if(of_second, [&](IdentityIndex i) { return i != walk[0] && i != walk[1]; });
  EXPECT_EQ(walk[3], *free);
}

TEST_F(SimilarIdentities, AreThoseOfTheCheckpointWhenTheNetworkHasChanged) {
  Phase before(recipe_of_groups(3));
  before.sampler.prepare(before.bad);
  Phase after(recipe_of_groups(3));
  const torch::NoGradGuard no_grad;
  for (Tensor& parameter : after.setup.model.network->parameters()) parameter.normal_();
  after.sampler.restore(before.sampler.state());
  after.sampler.prepare(after.bad);
  EXPECT_TRUE(after.sampler.state().at("sampler.neighbours").equal(before.sampler.state().at("sampler.neighbours")));
  EXPECT_EQ(after.walk(), before.walk());
}

TEST_F(SimilarIdentities, RefuseATableOfAnotherSet) {
  Phase phase(recipe_of_groups(2));
  NamedTensors state;
  state.tensors = {{"sampler.neighbours", torch::full({10, 8}, 10, torch::kLong)}};
  EXPECT_THROW(phase.sampler.restore(state), Error);
  state.tensors[0].second = torch::zeros({9, 8}, torch::kLong);
  EXPECT_THROW(phase.sampler.restore(state), Error);
}

}  // namespace
}  // namespace massface
