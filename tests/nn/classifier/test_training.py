from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from support.notes import Notes

from hairline.errors import HairlineError
from hairline.imaging.windows import PatchGrid
from hairline.nn.classifier import backbones
from hairline.nn.classifier.training import predict, train
from hairline.nn.runtime.device import resolve
from hairline.nn.runtime.recipes import ALONE, Augmentation, ClassifierOptions, Recipe, Runtime

WINDOW = 32
RUNTIME = Runtime("cpu", "32", 0, 0, ALONE, 60)
PLACEMENT = resolve(RUNTIME)
NO_CHANGES = Augmentation("none", 0, 0, 0, 0, 0)


def options(epochs):
    return ClassifierOptions(
        dataset="toy",
        backbone="test_resnet",
        weights="none",
        augmentation=Augmentation("all", 0.1, 0.5, 0.02, 0.05, 0.5),
        sides_px=(),
        recipe=Recipe(epochs, 16, 1, "sgd", 0.02, 0.9, 1e-4, "one_cycle", 1, 10.0, None),
    )


def toy():
    """Grey noise; windows with crack have a dark line through them."""
    rng = np.random.default_rng(0)
    images, rows = {}, []
    for number in range(6):
        image = rng.integers(120, 180, (64, 64, 3), dtype=np.uint8)
        for y, x in PatchGrid(64, 64, WINDOW, WINDOW).origins():
            crack = bool(rng.random() < 0.5)
            if crack:
                image[y + 4 : y + 28, x + 14 : x + 18] = 20
            rows.append((str(number), "train" if number < 4 else "val", y, x, crack))
        images[str(number)] = image
    return images, pd.DataFrame(rows, columns=["sample", "split", "y", "x", "crack"]).assign(side=WINDOW)


def test_learns_and_logs_validation_scores(tmp_path):
    images, patches = toy()
    notes = Notes()
    trained = train(patches, images.__getitem__, WINDOW, options(3), RUNTIME, notes, tmp_path)
    assert trained.initial == "none"
    assert set(trained.history[-1]) == {"train/loss", "learning_rate", "val/precision", "val/recall", "val/f1"}
    assert trained.history[-1]["train/loss"] < trained.history[0]["train/loss"]
    assert [step for step, _ in notes.epochs] == [1, 2, 3]
    validation = patches[patches["split"] == "val"]
    found = predict(trained.model, validation, images.__getitem__, WINDOW, 8, PLACEMENT) >= 0.5
    truth = validation["crack"].to_numpy()
    f1 = 2 * (found & truth).sum() / (found.sum() + truth.sum())
    assert trained.history[-1]["val/f1"] == pytest.approx(f1)


def test_trains_without_validation_rows(tmp_path):
    images, patches = toy()
    patches = patches[patches["split"] == "train"]
    trained = train(patches, images.__getitem__, WINDOW, options(1), RUNTIME, Notes(), tmp_path)
    assert set(trained.history[0]) == {"train/loss", "learning_rate"}


def test_probabilities_are_those_of_the_single_windows_in_the_rows_order():
    images, patches = toy()
    patches = patches.sample(frac=1, random_state=1)
    model, _ = backbones.build("test_resnet", "none")
    found = predict(model, patches, images.__getitem__, WINDOW, 5, PLACEMENT)
    assert found.dtype == np.float32 and found.shape == (len(patches),)
    for row, probability in zip(patches.itertuples(), found, strict=True):
        pixels = images[row.sample][row.y : row.y + WINDOW, row.x : row.x + WINDOW]
        with torch.inference_mode():
            expected = model(torch.from_numpy(pixels[None].copy()).permute(0, 3, 1, 2)).softmax(1)[0, 1]
        assert probability == pytest.approx(float(expected), abs=1e-5)


def test_predicts_bf16_close_to_32_bit():
    images, patches = toy()
    model, _ = backbones.build("test_resnet", "none")
    low = resolve(Runtime("cpu", "bf16", 0, 0, ALONE, 60))
    exact = predict(model, patches, images.__getitem__, WINDOW, 8, PLACEMENT)
    np.testing.assert_allclose(predict(model, patches, images.__getitem__, WINDOW, 8, low), exact, atol=0.03)


@pytest.mark.parametrize("crack", [True, False])
def test_one_class_alone_is_an_error(tmp_path, crack):
    images, patches = toy()
    patches["crack"] = crack
    with pytest.raises(HairlineError, match="needs both"):
        train(patches, images.__getitem__, WINDOW, options(1), RUNTIME, Notes(), tmp_path)


def test_a_batch_of_one_that_cannot_be_normalised_is_told_before_training(tmp_path):
    images, patches = toy()
    one = replace(options(1), recipe=replace(options(1).recipe, batch=1), augmentation=NO_CHANGES)
    with pytest.raises(
        HairlineError, match="backbone 'test_resnet' cannot learn from batches of 1 patch of 32x32"
    ) as caught:
        train(patches, images.__getitem__, WINDOW, one, RUNTIME, Notes(), tmp_path)
    assert "set recipe.batch to 2 or set patches.window_px to 64" in str(caught.value)
    assert not list(tmp_path.iterdir())
    two = replace(one, recipe=replace(one.recipe, batch=2))
    assert train(patches, images.__getitem__, WINDOW, two, RUNTIME, Notes(), tmp_path).history
