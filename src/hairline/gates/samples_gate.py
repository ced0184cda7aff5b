"""The gate behind ingestion: images, masks, splits, copies and drift of one data set."""

from typing import Annotated, Any

from annotated_types import Ge, Le

from hairline.data.splits import ORDER, Split
from hairline.gates.rules import Rule, Severity, Share, refuse_crossed, refuse_severities
from hairline.io import bounds
from hairline.io.options import checked_dataclass

RULES = (
    Rule("samples_found", "samples", "id", "ExpectTableRowCountToBeBetween", lambda o: {"min_value": 1},
         "at least one image", "", "see that the path and the layout of the data set are right", always=True),
    Rule("pairs_complete", "samples", "pair", "ExpectColumnValuesToBeInSet",
         lambda o: {"column": "pair", "value_set": ["complete"] if o.require_masks else ["complete", "no mask"]},
         "every image, and every mask there is or must be, present and readable", "{pair}",
         "add or replace the missing file, or set gates.samples.require_masks for sets without masks"),
    Rule("sizes_equal", "samples", "mask_size", "ExpectColumnPairValuesToBeEqual",
         lambda o: {"column_A": "size", "column_B": "mask_size", "ignore_row_if": "either_value_is_missing"},
         "every mask as large as its image", "image {size}, mask {mask_size}",
         "replace the mask by the one that belongs to the image"),
    Rule("exif_upright", "samples", "exif_of_masked", "ExpectColumnValuesToBeInSet",
         lambda o: {"column": "exif_of_masked", "value_set": [1]},
         "images with masks stored upright", "turned upright by its EXIF orientation {exif_orientation}",
         "see that the mask was drawn on the upright picture; store image and mask upright, without the tag"),
    Rule("mask_values", "samples", "mask_unusual_share", "ExpectColumnValuesToBeBetween",
         lambda o: {"column": "mask_unusual_share", "max_value": o.max_unusual_mask_values},
         "at most {max_unusual_mask_values:.4g} of a mask's pixels with values its layout does not promise",
         "{mask_unusual}, together {mask_unusual_share:.2%} of the mask",
         "save masks as PNG with 0 and 255 only, or see what the values mean; they were read by the layout's own rule"),
    Rule("mask_remarks", "samples", "mask_remarks", "ExpectColumnValuesToBeInSet",
         lambda o: {"column": "mask_remarks", "value_set": [""]},
         "annotations that draw what they state of themselves", "{mask_remarks}",
         "look at the mask; correct the annotation in its tool and export again, or accept it"),
    Rule("polarity", "samples", "crack_share", "ExpectColumnValuesToBeBetween",
         lambda o: {"column": "crack_share", "max_value": o.max_crack_share_per_image},
         "at most {max_crack_share_per_image:.4g} of an image marked as crack", "crack share {crack_share:.4f}",
         "invert the mask if crack and background are exchanged, or raise gates.samples.max_crack_share_per_image"),
    Rule("crack_share", "samples", "crack_part", "ExpectColumnSumToBeBetween",
         lambda o: {"column": "crack_part", "min_value": o.min_crack_share, "max_value": o.max_crack_share},
         "{min_crack_share:.4g} to {max_crack_share:.4g} of all masked pixels marked as crack", "",
         "see whether the masks are inverted or empty, or change gates.samples.min_crack_share / max_crack_share"),
    Rule("empty_masks", "samples", "mask_empty", "ExpectColumnMeanToBeBetween",
         lambda o: {"column": "mask_empty", "max_value": o.max_empty_masks},
         "at most {max_empty_masks:.4g} of the masks without crack", "no crack pixel",
         "see whether the masks are read right, or raise gates.samples.max_empty_masks", share=True),
    Rule("contrast", "samples", "contrast", "ExpectColumnValuesToBeBetween",
         lambda o: {"column": "contrast", "min_value": o.min_contrast},
         "crack darker than its surface by {min_contrast:.4g} grey levels or more", "{contrast:.1f} grey levels darker",
         "see whether the mask lies on the crack, is inverted, or belongs to another image"),
    Rule("exposure", "samples", "faint", "ExpectColumnMeanToBeBetween",
         lambda o: {"column": "faint", "max_value": o.max_faint_images},
         "at most {max_faint_images:.4g} of the images nearly black (mean grey below {min_brightness:.4g}) or flat "
         "(standard deviation below {min_spread:.4g})", "mean grey {brightness:.1f}, standard deviation {spread:.1f}",
         "look at the images; if their range is not what their camera used, set datasets.NAME.pixels: {bits: 12}; or "
         "change gates.samples.max_faint_images", share=True),
    Rule("window_fits", "samples", "shortest_px", "ExpectColumnValuesToBeBetween",
         lambda o: {"column": "shortest_px", "min_value": o.min_window_px},
         "images of at least {min_window_px} px on the shorter side", "image {size}",
         "use larger images or smaller windows; small images are mirrored to a window's size"),
    Rule("known_splits", "samples", "split", "ExpectColumnValuesToBeInSet",
         lambda o: {"column": "split", "value_set": list(ORDER)},
         f"a split among {', '.join(ORDER)}", "split {split!r}", "put the data set's split lists right"),
    Rule("unique_ids", "samples", "id", "ExpectColumnValuesToBeUnique", lambda o: {"column": "id"},
         "every id once", "from {source}", "rename one of the files"),
    Rule("split_shares", "splits", "share", "ExpectColumnPairValuesAToBeGreaterThanB",
         lambda o: {"column_A": "share", "column_B": "min_share", "or_equal": True},
         "of all images at least the shares of gates.samples.min_split_share in each split",
         "{images} images, {share:.1%} of the set, where {min_share:.1%} are asked for",
         "change the split's options or list, or gates.samples.min_split_share"),
    Rule("groups_across_splits", "samples", "group_split_count", "ExpectColumnValuesToBeBetween",
         lambda o: {"column": "group_split_count", "max_value": 1},
         "all images of a group (a parent photo, or photos taken within seconds) in one split",
         "group {group} lies in {group_splits}",
         "move the group to one split, or test scores come out too good; where capture_s joins photos of different "
         "places, lower datasets.NAME.capture_s"),
    Rule("duplicates_across_splits", "samples", "image_split_count", "ExpectColumnValuesToBeBetween",
         lambda o: {"column": "image_split_count", "max_value": 1},
         "every picture in one split only", "same picture as {copies}",
         "keep one of the copies, or test scores come out too good"),
    Rule("duplicates_within_split", "samples", "image_sha256", "ExpectCompoundColumnsToBeUnique",
         lambda o: {"column_list": ["image_sha256", "split"]},
         "every picture once in a split", "same picture as {copies}", "keep one of the copies"),
    Rule("copies_agree", "samples", "contradicted", "ExpectColumnValuesToBeInSet",
         lambda o: {"column": "contradicted", "value_set": [""]},
         "no picture that shows crack in one place and none in another",
         "same picture as {contradicted}, said to be the opposite",
         "see which of the two is right, and leave the other out"),
    Rule("lookalikes_across_splits", "samples", "lookalikes_across", "ExpectColumnValuesToBeInSet",
         lambda o: {"column": "lookalikes_across", "value_set": [""]},
         "no picture that looks like one of another split (correlation {min_lookalike_correlation:.4g} or more)",
         "looks like {lookalikes_across}", "keep one of them or move both to one split"),
    Rule("lookalikes_within_split", "samples", "lookalikes_within", "ExpectColumnValuesToBeInSet",
         lambda o: {"column": "lookalikes_within", "value_set": [""]},
         "no picture that looks like another of its split (correlation {min_lookalike_correlation:.4g} or more)",
         "looks like {lookalikes_within}", "keep one of them, or accept them"),
    Rule("files_passed_over", "passed_over", "unexpected", "ExpectColumnValuesToBeInSet",
         lambda o: {"column": "unexpected", "value_set": [0]},
         "every picture under the root of the set read, or left out by its layout or its options",
         "{reason}; {remedy}", "put the files right, or exclude them by their ids, and ingest again"),
    Rule("overlaps_across_splits", "samples", "overlaps_across", "ExpectColumnValuesToBeInSet",
         lambda o: {"column": "overlaps_across", "value_set": [""]},
         "no picture that shows a part of what one of another split shows (a crop, a turn, a photo of the same place)",
         "shows a part of {overlaps_across}", "move both to one split, or test scores come out too good"),
    Rule("drift", "drift", "shift", "ExpectColumnValuesToBeBetween",
         lambda o: {"column": "shift", "max_value": o.max_drift},
         "distributions within {max_drift:.4g} of those accepted (largest difference of the cumulated shares)",
         "shift {shift:.2f}, median {old_median:.4g} → {new_median:.4g}",
         "see what changed in the images; if it is meant, accept it: hairline accept, and commit baselines/"),
)  # fmt: skip


@checked_dataclass
class Options:
    """What a data set must be like to be worked on.

    Attributes:
        require_masks: Whether every image must have a mask.
        min_crack_share: Lowest share of crack pixels over all masked images of the set together.
        max_crack_share: Highest share of crack pixels over all masked images of the set together.
        max_crack_share_per_image: Highest share of crack pixels in one image; more looks like an inverted mask.
        max_empty_masks: Highest share of masks without crack.
        max_unusual_mask_values: Highest share of a mask's pixels with values that its layout does not promise.
        min_brightness: Mean grey, of 255, below which an image counts as nearly black.
        min_spread: Standard deviation of grey below which an image counts as flat.
        max_faint_images: Highest share of images that are nearly black or flat.
        min_window_px: Shortest side in pixels an image must have, the largest window that is to fit in.
        min_contrast: Lowest mean grey outside minus inside the crack, of 255; cracks are darker than their surface.
        min_split_share: Split → lowest share of the images; a split left out may be empty.
        min_lookalike_correlation: Two pictures of 32 x 32 px that correlate so much are one picture in two files.
        max_drift: Largest shift of a distribution against the accepted baseline, 0 to 1.
        severities: What each rule does: ``error`` stops, ``warn`` tells, ``off`` is not evaluated.
    """

    require_masks: bool
    min_crack_share: Share
    max_crack_share: Share
    max_crack_share_per_image: Share
    max_empty_masks: Share
    max_unusual_mask_values: Share
    min_brightness: Annotated[float, Ge(0), Le(255)]
    min_spread: Annotated[float, Ge(0), Le(255)]
    max_faint_images: Share
    min_window_px: Annotated[int, Ge(1), Le(bounds.SIDE_PX)]
    min_contrast: Annotated[float, Ge(-255), Le(255)]
    min_split_share: dict[Split, Share]
    min_lookalike_correlation: Share
    max_drift: Share
    severities: dict[str, Severity]

    def __post_init__(self) -> None:
        refuse_crossed(self.min_crack_share, self.max_crack_share)
        refuse_severities(self.severities, RULES)


def for_overlaps(options: Any) -> bool:
    """Whether to look for pictures that show a part of the same."""
    return bool(options.severities["overlaps_across_splits"] != "off")


def for_lookalikes(options: Any) -> float | None:
    """The correlation to look for, or None where both rules about lookalikes are off."""
    wanted = {options.severities["lookalikes_across_splits"], options.severities["lookalikes_within_split"]}
    return None if wanted == {"off"} else float(options.min_lookalike_correlation)
