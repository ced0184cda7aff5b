"""What an exported segmenter's file tells of it, as texts under names; no torch here."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace


@dataclass(frozen=True)
class Difference:
    """How far two networks are apart.

    Attributes:
        largest: Largest difference of two scores.
        mean: Mean difference over all pixels.
        height: Of the image with the largest one, in pixels.
        width: Of it.
        images: Images, and tiles of photos, that were compared.
    """

    largest: float
    mean: float
    height: int
    width: int
    images: int


@dataclass(frozen=True)
class Properties:
    """The properties (``metadata_props``) of an ONNX file.

    Attributes:
        hairline: Version that wrote it.
        info: The content of the segmenter's model.json.
        card: Its model card in Markdown; empty where it has none.
        weights_sha256: Hash of its weights.safetensors.
        threshold: The score from which on a pixel is crack, where nobody names another.
        precision: ``float32``, or ``int8`` where convolutions count in 8 bits.
        largest_difference: Largest difference of its scores from torch's where it was written.
        mean_difference: Mean difference over all pixels.
        images: Images that these were found on.
    """

    hairline: str
    info: str
    card: str
    weights_sha256: str
    threshold: str
    precision: str
    largest_difference: str = ""
    mean_difference: str = ""
    images: str = ""

    def measured(self, found: Difference) -> "Properties":
        """The same with how far its scores are from torch's."""
        return replace(
            self,
            largest_difference=f"{found.largest:.3g}",
            mean_difference=f"{found.mean:.3g}",
            images=str(found.images),
        )

    def as_text(self) -> dict[str, str]:
        """Name → text."""
        return {f"hairline.{name}": value for name, value in asdict(self).items()}


def of_text(told: Mapping[str, str]) -> Properties | None:
    """Properties as :meth:`Properties.as_text` wrote them; None where one is not there."""
    names = [field.name for field in fields(Properties)]
    if not all(f"hairline.{name}" in told for name in names):
        return None
    return Properties(**{name: told[f"hairline.{name}"] for name in names})
