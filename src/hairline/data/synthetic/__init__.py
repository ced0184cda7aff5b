"""Generated cracks with exact masks: to learn from, to try things out, and for tests."""

from hairline.data.synthetic.easy import MAX_WIDTH_PX
from hairline.data.synthetic.making import is_crack_free, make
from hairline.data.synthetic.options import Annotators, Camera, Cracks, Distractors, Ingredients, Options, Surfaces
from hairline.data.synthetic.writing import write

__all__ = [
    "MAX_WIDTH_PX",
    "Annotators",
    "Camera",
    "Cracks",
    "Distractors",
    "Ingredients",
    "Options",
    "Surfaces",
    "is_crack_free",
    "make",
    "write",
]
