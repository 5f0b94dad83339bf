#pragma once

#include "synthetic/head.h"

namespace massface {

// The state shared by the painters of a synthetic face, who work from back to front on one canvas. Colours are those of
// the surfaces; light is applied last.
struct Sitting {
  const SyntheticIdentity& person;
  const SyntheticScene& scene;
  const SyntheticHead& head;
  const Frame& frame;
  Canvas& canvas;
  Mask lit{frame};  // everything painted so far that the head's light falls on

  Mask fill(const Curve& closed) const { return massface::fill(closed, frame); }
  Mask stroke(const Curve& open, float start, float middle, float end) const {
    return massface::stroke(open, start, middle, end, frame);
  }
};

// A person is painted from back to front: what the clothes hide, the clothes, the head, what hides a part of it, and
// finally the light on all surfaces painted so far.
void paint_behind_clothes(Sitting& sitting);
void paint_face(Sitting& sitting);
void paint_light(Sitting& sitting);

// Paints shoulders and chest as wide as a photograph shows, upright in the picture however the head is turned, with
// light on them.
void paint_body(Sitting& sitting);
// Paints the arm of a hand that hides the face or holds a microphone. To be called before paint_occluder().
void paint_arm(Sitting& sitting);

void paint_background(Sitting& sitting);
void paint_clothes(Sitting& sitting);
void paint_occluder(Sitting& sitting);
void paint_glasses(Sitting& sitting);

void paint_hair_behind(Sitting& sitting);
void paint_hair_in_front(Sitting& sitting);
void paint_beard(Sitting& sitting);
// The colour of the hair's surface at a pixel, with streaks or curls.
Color hair_color_at(const Sitting& sitting, Point2f pixel);

void paint_neck_and_ears(Sitting& sitting);
void paint_skin(Sitting& sitting);
void paint_eyes(Sitting& sitting);
void paint_brows(Sitting& sitting);
void paint_nose(Sitting& sitting);
void paint_mouth(Sitting& sitting);

}  // namespace massface
