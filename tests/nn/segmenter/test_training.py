from functools import partial

import numpy as np
import pytest
import torch
from support.notes import KilledError, Notes
from torch import nn

from hairline.errors import HairlineError
from hairline.nn.architectures import unet
from hairline.nn.runtime.device import resolve
from hairline.nn.runtime.recipes import ALONE, Augmentation, Loss, Recipe, Runtime, SegmenterOptions
from hairline.nn.segmenter.losses import bce
from hairline.nn.segmenter.segmenter import Segmenter, load, predict, save
from hairline.nn.segmenter.training import train
from hairline.nn.training.datasets import mirrored_together

RUNTIME = Runtime("cpu", "32", 0, 0, ALONE, 60)
PLACEMENT = resolve(RUNTIME)


def options(**changes):
    values = {
        "classifier": "toy", "weights": "none", "targets": "soft", "binary_score": 0.5,
        "max_images": 0, "crop_px": 32, "crops_per_image": 2, "loss": Loss("bce_dice", 1, 2, 0.7), "sheet_epochs": 0,
        "seed": None, "augmentation": Augmentation("random", 0.1, 0.5, 0.0, 0.0, 0.0),
        "recipe": Recipe(4, 4, 1, "adamw", 0.02, 0.9, 1e-4, "one_cycle", 1, 10.0, None),
    }  # fmt: skip
    return SegmenterOptions(**{**values, **changes})


class Dark(nn.Module):
    """Logits from each pixel and its neighbours."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 1))

    def forward(self, images):
        assert images.shape[2] % 32 == images.shape[3] % 32 == 0
        return self.conv(images)


def build():
    return Segmenter(Dark()), "none"


def toy(count=6):
    rng = np.random.default_rng(1)
    images, targets = {}, {}
    for number in range(count):
        image = rng.integers(120, 180, (40, 50, 3), dtype=np.uint8)
        target = np.zeros((40, 50), np.float32)
        target[:, 5 * number + 10 : 5 * number + 14] = 0.8
        image[target > 0] = 20
        images[str(number)], targets[str(number)] = image, target
    return images, targets


def fitted(tmp_path, val_ids=("4", "5"), **changes):
    images, targets = toy()
    seen = []

    def load_image(sample):
        seen.append(sample)
        return images[sample]

    trained = train(
        list("0123"),
        val_ids,
        load_image,
        targets.__getitem__,
        build,
        options(**changes),
        RUNTIME,
        Notes(),
        tmp_path,
    )
    return trained, seen


@pytest.mark.parametrize("loss", ["bce", "bce_dice", "focal", "gce"])
def test_learns_and_scores_whole_validation_images(tmp_path, loss):
    recipe = Recipe(12, 4, 1, "adamw", 0.05, 0.9, 1e-4, "one_cycle", 1, 10.0, None)
    trained, _ = fitted(tmp_path, loss=Loss(loss, 2, 2, 0.7), recipe=recipe)
    assert set(trained.history[-1]) == {
        "train/loss", "learning_rate", "train/all_black", "train/all_white", "val/loss", "val/f1", "val/all_black",
        "val/all_white",
    }  # fmt: skip
    assert trained.history[-1]["val/f1"] > 0.9
    images, targets = toy()
    scores = []
    for sample in ("4", "5"):
        found, truth = predict(trained.model, images[sample], PLACEMENT) >= 0.5, targets[sample] >= 0.5
        scores.append(2 * (found & truth).sum() / (found.sum() + truth.sum()))
    assert trained.history[-1]["val/f1"] == pytest.approx(np.mean(scores))


def test_without_validation_images_only_the_loss_is_logged(tmp_path):
    trained, _ = fitted(tmp_path, val_ids=())
    assert set(trained.history[0]) == {"train/loss", "learning_rate", "train/all_black", "train/all_white"}


def test_learns_from_every_image_it_is_given_once_loaded(tmp_path):
    _, seen = fitted(tmp_path, val_ids=(), max_images=2)  # the stage has chosen them
    assert seen == ["0", "1", "2", "3"]


def test_binary_targets_cut_the_confidence(tmp_path):
    below, _ = fitted(tmp_path / "below", targets="binary", binary_score=0.8)
    above, _ = fitted(tmp_path / "above", targets="binary", binary_score=0.81)
    assert below.history[-1]["val/f1"] > 0
    assert above.history[-1]["val/f1"] in (0.0, 1.0)  # nothing is crack: empty prediction 1, else 0


def test_resuming_gives_the_same_weights(tmp_path):
    whole, _ = fitted(tmp_path / "whole")
    images, targets = toy()

    arguments = (list("0123"), list("45"), images.__getitem__, targets.__getitem__, build, options(), RUNTIME)
    with pytest.raises(KilledError):
        train(*arguments, Notes(lost_in=3), tmp_path / "cut")
    resumed = train(*arguments, Notes(), tmp_path / "cut")
    assert all(torch.equal(a, b) for a, b in zip(whole.model.parameters(), resumed.model.parameters(), strict=True))
    assert resumed.history == whole.history


def mixed(folder, log, epochs=4):
    """A training on two images of many steps and two of few, half and half, at the lengths of any number of them."""
    images, targets = toy()
    recipe = Recipe(epochs, 4, 1, "adamw", 0.02, 0.9, 1e-4, "one_cycle", 1, 10.0, None)
    seen = []

    class Seen(Dark):
        def forward(self, images):
            if self.training and images.device.type == "cpu":
                seen.append(len(images))
            return super().forward(images)

    chosen = options(items_per_epoch=12, recipe=recipe)
    trained = train(list("0123"), [], images.__getitem__, targets.__getitem__, lambda: (Segmenter(Seen()), "none"),
                    chosen, RUNTIME, log, folder, shares=[(1, 0.5), (3, 0.5)])  # fmt: skip
    return trained, seen


def test_epochs_by_shares_are_as_long_as_told_and_resumed_with_the_same_weights(tmp_path):
    whole, seen = mixed(tmp_path / "whole", Notes())
    assert seen == [4] * 3 * 4
    with pytest.raises(KilledError):
        mixed(tmp_path / "cut", Notes(lost_in=3))
    resumed, seen = mixed(tmp_path / "cut", Notes())
    assert len(seen) < 3 * 4
    assert all(torch.equal(a, b) for a, b in zip(whole.model.parameters(), resumed.model.parameters(), strict=True))
    assert resumed.history == whole.history


def unsure(tmp_path, level, pseudo, **changes):
    """A training on labels whose first ten rows have this confidence."""
    images, targets = toy()
    for target in targets.values():
        target[:10] = level
    chosen = options(ignore=(0.2, 0.75), **changes)
    return train(list("0123"), ["4"], images.__getitem__, targets.__getitem__, build, chosen, RUNTIME, Notes(),
                 tmp_path / f"{level} {len(pseudo)}", pseudo=pseudo)  # fmt: skip


@pytest.mark.parametrize("changes", [{}, {"targets": "binary"}, {"crop_px": 0, "loss": Loss("focal", 1, 2, 0.7)}])
def test_what_an_unsure_pixel_of_a_pseudo_label_says_changes_nothing_and_that_of_a_mask_does(tmp_path, changes):
    def equal(pseudo):
        one, two = (unsure(tmp_path, level, pseudo, **changes) for level in (0.3, 0.7))
        weights = zip(one.model.parameters(), two.model.parameters(), strict=True)
        return all(torch.equal(a, b) for a, b in weights), one.history[-1]["val/loss"] == two.history[-1]["val/loss"]

    assert equal(frozenset("01234")) == (True, True)
    assert equal(frozenset()) == (False, False)


@pytest.mark.parametrize("changes", [
    {}, {"targets": "binary"}, {"scales": (0.4, 1.5)}, {"crop_px": 0, "loss": Loss("focal", 1, 2, 0.7)},
    {"ignore": (0.2, 0.75)},
])  # fmt: skip
def test_what_a_mask_says_of_pixels_that_it_ignores_changes_nothing(tmp_path, changes):
    def fitted(level):
        images, targets = toy()
        ignored = np.zeros((40, 50), bool)
        ignored[:10] = True
        targets = {name: np.where(ignored & (name != "0"), np.float32(level), each) for name, each in targets.items()}
        return train(list("0123"), ["4"], images.__getitem__, targets.__getitem__, build, options(**changes), RUNTIME,
                     Notes(), tmp_path / str(level), load_ignored=lambda name: None if name == "0" else ignored
                     )  # fmt: skip

    one, two = fitted(0.0), fitted(1.0)
    assert all(torch.equal(a, b) for a, b in zip(one.model.parameters(), two.model.parameters(), strict=True))
    assert one.history == two.history  # val/loss, val/f1 and the shares of black and white images too


@pytest.mark.parametrize("name", ["bce", "bce_dice", "focal", "gce"])
def test_images_that_masks_say_nothing_of_leave_the_weights_as_they_were(tmp_path, name):
    images, targets = toy()
    chosen = options(loss=Loss(name, 2, 2, 0.7), recipe=Recipe(1, 4, 1, "sgd", 0.5, 0.9, 0, "constant", 1, 10, None))
    torch.manual_seed(0)
    start = build()
    before = [weight.detach().clone() for weight in start[0].parameters()]
    trained = train(list("0123"), ["4"], images.__getitem__, targets.__getitem__, lambda: start, chosen, RUNTIME,
                    Notes(), tmp_path, load_ignored=lambda _: np.ones((40, 50), bool))  # fmt: skip
    assert all(torch.equal(a, b) for a, b in zip(before, trained.model.parameters(), strict=True))
    assert trained.history[-1]["train/loss"] == trained.history[-1]["val/loss"] == 0


def test_no_image_and_a_wrong_size_are_errors(tmp_path):
    images, targets = toy()
    rest = (build, options(), RUNTIME, Notes(), tmp_path)
    with pytest.raises(HairlineError, match="no training image"):
        train([], [], images.__getitem__, targets.__getitem__, *rest)
    with pytest.raises(HairlineError, match=r"'1': the image is 40x50 pixels, its target 10x50"):
        train(["1"], [], images.__getitem__, lambda sample: targets[sample][:10], *rest)


@pytest.mark.parametrize("size", [(1, 1), (5, 70), (31, 33), (32, 64), (65, 40)])
def test_predicts_any_size(size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    model = build()[0].eval()
    scores = predict(model, image, PLACEMENT)
    assert scores.shape == size and scores.dtype == np.float32
    assert scores.min() >= 0 and scores.max() <= 1
    if size == (32, 64):
        with torch.inference_mode():
            logits = model(torch.from_numpy(image[None]).permute(0, 3, 1, 2))
        np.testing.assert_allclose(scores, logits.sigmoid()[0, 0].numpy(), atol=1e-6)


def test_saves_and_loads(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    unet_options = unet.Options(encoder="resnet18")
    model, initial = partial(unet.build, unet_options, "none")()
    expected = predict(model, image, PLACEMENT)
    save(model, tmp_path / "net", "unet", unet_options, {"initial": initial, "status": "trained"})
    again, info = load(tmp_path / "net")
    np.testing.assert_array_equal(predict(again, image, PLACEMENT), expected)
    assert info == {
        "initial": "none", "status": "trained", "network": "unet",
        "options": {"encoder": "resnet18", "decoder_channels": [256, 128, 64, 32, 16]},
        "normalisation": {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
    }  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "net").iterdir()) == ["model.json", "weights.safetensors"]


def test_loading_from_an_empty_folder_says_what_to_do(tmp_path):
    with pytest.raises(HairlineError, match="train this segmenter first"):
        load(tmp_path)


def test_whole_images_of_several_sizes_are_learned_together(tmp_path):
    images, targets = toy()
    images["1"], targets["1"] = images["1"][:30].copy(), targets["1"][:30].copy()
    images["2"], targets["2"] = images["2"][:, :45].copy(), targets["2"][:, :45].copy()
    shapes = []

    class Seen(Segmenter):
        def outputs(self, batch):
            if not batch.is_meta:
                shapes.append(tuple(batch.shape))
            return super().outputs(batch)

    recipe = Recipe(24, 4, 1, "adamw", 0.05, 0.9, 1e-4, "one_cycle", 1, 10.0, None)
    trained = train(
        list("0123"), list("45"), images.__getitem__, targets.__getitem__, lambda: (Seen(Dark()), "none"),
        options(crop_px=0, crops_per_image=1, recipe=recipe), RUNTIME, Notes(), tmp_path,
    )  # fmt: skip
    assert {shape for shape in shapes if shape[0] == 4} == {(4, 3, 64, 64)}  # turned by 90 degrees or not
    assert trained.history[-1]["val/f1"] > 0.9


def test_a_batch_of_several_sizes_is_mirrored_to_the_largest():
    draws = np.random.default_rng(0)
    items = [
        (draws.integers(0, 256, (*size, 3), dtype=np.uint8), draws.integers(0, 256, size, dtype=np.uint8))
        for size in ((40, 50), (33, 64), (64, 20))
    ]
    images, masks = mirrored_together(items, 32)
    assert images.shape == (3, 64, 64, 3) and masks.shape == (3, 64, 64)
    for index, (image, mask) in enumerate(items):
        height, width = mask.shape
        margins = ((0, 64 - height), (0, 64 - width))
        np.testing.assert_array_equal(images[index], np.pad(image, (*margins, (0, 0)), mode="reflect"))
        np.testing.assert_array_equal(masks[index], np.pad(mask, margins, mode="reflect"))


def test_outputs_are_weighed_in_the_loss(tmp_path):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.answer, self.side = nn.Conv2d(3, 1, 1), nn.Conv2d(3, 1, 1)

        def forward(self, images):
            return self.answer(images), self.side(images)

    torch.manual_seed(0)
    model = Segmenter(Two(), (1.0, 0.25))
    images, targets = toy(1)
    batch = torch.from_numpy(images["0"][None, :32, :32]).permute(0, 3, 1, 2)
    truth = torch.from_numpy(targets["0"][None, :32, :32])
    with torch.no_grad():
        answer, side = (output[:, 0] for output in model.outputs(batch))
        expected = float(bce(answer, truth) + 0.25 * bce(side, truth))
    still = Augmentation("none", 0.0, 0.0, 0.0, 0.0, 0.0)
    how = Recipe(1, 1, 1, "sgd", 1e-9, 0.0, 0.0, "constant", 1, 10.0, None)
    cut = options(loss=Loss("bce", 1, 2, 0.7), augmentation=still, recipe=how, crops_per_image=1)
    trained = train(
        ["0"], [], lambda one: images[one][:32, :32], lambda one: targets[one][:32, :32], lambda: (model, "none"), cut,
        RUNTIME, Notes(), tmp_path,
    )  # fmt: skip
    assert trained.history[0]["train/loss"] == pytest.approx(expected, rel=2e-3)  # targets are kept in 256 levels


def test_pictures_are_drawn_every_so_many_epochs(tmp_path):
    drawn, notes = [], Notes()

    def draw(rows):
        drawn.append(rows)
        return b"png"

    images, targets = toy()
    train(
        list("0123"), list("45"), images.__getitem__, targets.__getitem__, build, options(sheet_epochs=2), RUNTIME,
        notes, tmp_path, draw,
    )  # fmt: skip
    assert notes.pictures == [("epoch_002.png", b"png"), ("epoch_004.png", b"png")]
    (name, image, target, scores), _ = drawn[0]
    assert name == "4" and image is images["4"] and target is targets["4"]
    assert scores.shape == (40, 50) and 0 <= scores.min() <= scores.max() <= 1


class Pooled(Dark):
    """The same with a mean over the whole image that is normalised, as in DeepLabV3+ and PAN."""

    def __init__(self):
        super().__init__()
        self.pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(3, 1, 1, bias=False), nn.BatchNorm2d(1))

    def forward(self, images):
        return super().forward(images) + self.pooled(images)


@pytest.mark.parametrize(
    ("ids", "changes", "told", "remedy"),
    [
        ("0", {"crops_per_image": 1}, ["batches of 1 crop of 32x32 px", "set crops_per_image to 2"],
         {"crops_per_image": 2}),
        ("0", {"crops_per_image": 1, "crop_px": 0}, ["batches of 1 image of 64x64 px", "set crops_per_image to 2"],
         {"crops_per_image": 2}),
        ("012", {"recipe": Recipe(1, 1, 1, "adamw", 0.02, 0.9, 1e-4, "constant", 1, 10.0, None)},
         ["batches of 1 crop of 32x32 px", "set recipe.batch to 2"],
         {"recipe": Recipe(1, 2, 1, "adamw", 0.02, 0.9, 1e-4, "constant", 1, 10.0, None)}),
    ],
)  # fmt: skip
def test_a_batch_of_one_that_cannot_be_normalised_is_told_before_training(tmp_path, ids, changes, told, remedy):
    images, targets = toy()

    def trained(**changes):
        build = lambda: (Segmenter(Pooled()), "none")  # noqa: E731
        arguments = (images.__getitem__, targets.__getitem__, build, options(**changes), RUNTIME, Notes(), tmp_path)
        return train(list(ids), (), *arguments)

    with pytest.raises(HairlineError, match="network 'Pooled' cannot learn from") as caught:
        trained(**changes)
    assert all(part in str(caught.value) for part in told), str(caught.value)
    assert not list(tmp_path.iterdir())
    assert trained(**changes | remedy).history
