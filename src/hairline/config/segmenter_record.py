"""Which images a segmenter has seen, as far as its training knows: kept beside its weights for what starts from it.

:mod:`hairline.config.uses` tells more of an experiment's own segmenters: it knows how their labels were made as well.
"""

from collections.abc import Iterator, Sequence

from hairline.data.names import MASKS, called
from hairline.data.seen import Labels, Word
from hairline.data.training_table import Images
from hairline.data.uses import NOT_KNOWN
from hairline.gates import identities
from hairline.labelling import chosen_options
from hairline.labelling.chosen_options import ChosenOn
from hairline.nn.runtime.recipes import SHIPPED, SegmenterOptions
from hairline.nn.runtime.weights import NAMES
from hairline.nn.segmenter import learned_images, start
from hairline.nn.segmenter.learned_images import Record, Way


def record(name: str, images: Images, own: Sequence[str], options: SegmenterOptions) -> Record:
    """What a segmenter has seen.

    Args:
        name: Of its architecture, for the sentences.
        images: What it learned from, with the validation images.
        own: Keys of the images that it learned from.
        options: How it was trained.
    """
    stopping = options.recipe.stopping
    chosen = images.validation() if stopping is not None and stopping.monitor.startswith("val/") else []
    keys = [*own, *chosen]
    ways = [
        *_ways(images, own, 0, "trained on", f"{name} learned from {{}}"),
        *_ways(images, chosen, len(own), "chosen on", f"{{}} chose the weights of {name}"),
        *_of_labels(name, list(dict.fromkeys(images.table.loc[keys, "label_set"]))),
    ]
    known = Record(ways, [_identity(images, key) for key in keys])
    if options.init is not None:
        before = None if options.init == SHIPPED else learned_images.read(start.folder(options.init))
        inherited = learned_images.inherited(name, options.init, before)
        known = learned_images.joined(known, inherited, before.images if before else [])
    elif options.weights not in NAMES:
        known = learned_images.joined(known, _of_weights(name, options.weights), [])
    if images.wide or options.init == SHIPPED:  # the segmenter inside hairline learned from such images
        beside = _of_generator(name)
        known = learned_images.joined(known, beside.ways, beside.images)
    return known


def _of_generator(name: str) -> Record:
    """What generated images of the style ``wide`` owe to others, beside which their generator was made."""
    what = f"the generator whose images {name} learned from was made beside it"
    ways, images = list[Way](), list[ChosenOn]()
    for choice in chosen_options.holding(chosen_options.shipped(), "generator", {}):
        numbers = list(range(len(images), len(images) + len(choice.images)))
        labels: Labels = "masks to choose options" if choice.masks else "no labels"
        ways.append(Way(chosen_options.clause(choice, what), "chosen on", labels, numbers))
        images += choice.images
    return Record(ways, images)


def _ways(images: Images, keys: Sequence[str], first: int, word: Word, how: str) -> Iterator[Way]:
    """How images took part by their labels of each label set; ``first`` is the number of the first of them."""
    label_sets = images.table.loc[list(keys), "label_set"].to_list()
    for label_set in dict.fromkeys(label_sets):
        numbers = [first + number for number, each in enumerate(label_sets) if each == label_set]
        yield Way(how.format(called(label_set)), word, "masks" if label_set in MASKS else "patch labels", numbers)


def _of_labels(name: str, label_sets: Sequence[str]) -> Iterator[Way]:
    for label_set in label_sets:
        if label_set not in MASKS:
            how = f"{name} learned labels of {label_set}: the images that these owe their making to are not on record"
            yield Way(how, NOT_KNOWN, "patch labels")


def _of_weights(name: str, weights: str) -> list[Way]:
    return [Way(learned_images.unknown(name, f"weights '{weights}'"), NOT_KNOWN, "no labels")]


def _identity(images: Images, key: str) -> ChosenOn:
    """What an image is known by elsewhere."""
    pixels, strengths = identities.briefly(images.image(key))
    dataset, sample, group = (str(images.table.loc[key, column]) for column in ("dataset", "id", "group"))
    return ChosenOn(dataset, sample, group, pixels, strengths)
