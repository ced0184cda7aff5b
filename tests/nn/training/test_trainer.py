import logging
import math
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
from support.notes import KilledError, Notes
from torch import nn
from torch.utils.data import Dataset

from hairline.errors import HairlineError
from hairline.nn.runtime.recipes import ALONE, Parallel, Recipe, Runtime, Stopping
from hairline.nn.training.checkpoints import BEST, CHECKPOINT
from hairline.nn.training.module import SPOILED_BATCH
from hairline.nn.training.optimizers import optimizer, schedule
from hairline.nn.training.task import Task
from hairline.nn.training.trainer import fit


def recipe(**changes):
    values = {
        "epochs": 3, "batch": 4, "accumulate": 1, "optimizer": "sgd", "learning_rate": 0.05, "momentum": 0.9,
        "weight_decay": 1e-4, "schedule": "one_cycle", "step_epochs": 1, "step_divisor": 10.0, "stopping": None,
    }  # fmt: skip
    return Recipe(**{**values, **changes})


class Squares(Dataset):
    """Bright or dark squares; the key's epoch changes the noise."""

    def __init__(self, spoiled=False):
        self.spoiled = spoiled

    def __len__(self):
        return 10

    def __getitem__(self, key):
        epoch, index = key
        noise = np.random.default_rng([epoch, index]).integers(0, 40, (8, 8, 3))
        answer = math.nan if self.spoiled and index == 3 else float(index % 2)
        return (noise + 150 * (index % 2)).astype(np.uint8), np.float32(answer)


class Tiny(nn.Module):
    """With batch statistics and dropout, so that resuming must restore buffers and the generator."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.drop = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.3)
        self.last = nn.Linear(4, 1)
        self.seen = []

    def forward(self, images):
        self.seen.append(tuple(images.shape[2:]))
        features = self.drop(torch.relu(self.norm(self.conv(images.float() / 255))))
        return self.last(features.mean((2, 3)))[:, 0]


def run(
    folder, seed=0, killed_in=None, killed_at=None, workers=0, items=None, initial="none", how=None, log=None, sides=(),
    checkpoint_s=60, scores=(),
):  # fmt: skip
    """Train; fail in the evaluation of epoch ``killed_in``, or at the loss of step ``killed_at``, counted from 1."""
    torch.manual_seed(seed)
    model, calls, steps, log = Tiny(), [], [], log or Notes()

    def evaluate():
        calls.append(1)
        if len(calls) == killed_in:
            raise KilledError
        return {"val/f1": scores[len(calls) - 1] if scores else 0.5}

    def loss(logits, targets):
        steps.append(1)
        if len(steps) == killed_at:
            raise KilledError
        return nn.functional.binary_cross_entropy_with_logits(logits, targets)

    task = Task(model, initial, items or Squares(), loss, evaluate, sides)
    trained = fit(task, how or recipe(), Runtime("cpu", "32", workers, 0, ALONE, checkpoint_s), log, folder)
    return trained, log, len(calls)


def weights(trained):
    return {name: tensor.clone() for name, tensor in trained.model.state_dict().items()}


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


def test_logs_every_epoch_and_learns(tmp_path):
    trained, log, _ = run(tmp_path / "state", how=recipe(epochs=8))
    assert [step for step, _ in log.epochs] == list(range(1, 9))
    assert [metrics for _, metrics in log.epochs] == trained.history
    assert trained.kept == 8 and all(speed > 0 for speed in log.speeds)
    assert set(trained.history[0]) == {"train/loss", "learning_rate", "val/f1"}
    assert trained.history[-1]["train/loss"] < trained.history[0]["train/loss"]
    assert not trained.model.training
    assert [path.name for path in (tmp_path / "state").iterdir()] == [CHECKPOINT]


@pytest.mark.parametrize("killed_in", [1, 2, 3])
@pytest.mark.parametrize("how", [recipe(), recipe(optimizer="adamw", schedule="step", learning_rate=0.01)])
def test_a_killed_training_ends_with_the_same_weights(tmp_path, killed_in, how):
    whole, logged, _ = run(tmp_path / "whole", how=how)
    with pytest.raises(KilledError):
        run(tmp_path / "cut", killed_in=killed_in, how=how)
    resumed, relogged, epochs = run(tmp_path / "cut", seed=0 if killed_in == 1 else 99, initial="imagenet", how=how)
    assert epochs == 3 - (killed_in - 1)
    assert same(weights(whole), weights(resumed))
    assert (relogged.epochs, relogged.points) == (logged.epochs, logged.points)
    assert resumed.history == whole.history
    assert resumed.initial == ("none" if killed_in > 1 else "imagenet")


def test_a_finished_training_is_not_trained_again(tmp_path):
    first, _, _ = run(tmp_path)
    expected = weights(first)
    again, logged, epochs = run(tmp_path, seed=5)
    assert epochs == 0
    assert same(expected, weights(again))
    assert len(logged.epochs) == 3


@pytest.mark.parametrize("killed_at", [2, 3, 4, 5, 8])
@pytest.mark.parametrize("workers", [0, 2])
def test_a_training_goes_on_after_the_step_it_was_killed_in(tmp_path, killed_at, workers):
    how = recipe(optimizer="adamw", batch=3)  # 10 items: batches of 3, 3 and 4
    whole, logged, _ = run(tmp_path / "whole", how=how, workers=workers)
    with pytest.raises(KilledError):
        run(tmp_path / "cut", killed_at=killed_at, how=how, workers=workers, checkpoint_s=0)
    resumed, relogged, _ = run(tmp_path / "cut", seed=99, how=how, workers=workers, checkpoint_s=0)
    assert len(resumed.model.seen) == 9 - (killed_at - 1)
    assert same(weights(whole), weights(resumed))
    assert resumed.history == whole.history
    assert (relogged.epochs, relogged.points) == (logged.epochs, logged.points)


@pytest.mark.parametrize("killed_at", [2, 3, 4])
def test_with_accumulated_gradients_it_goes_on_after_a_whole_step(tmp_path, killed_at):
    how = recipe(batch=2, accumulate=2)  # 5 batches, 3 steps an epoch
    whole, _, _ = run(tmp_path / "whole", how=how)
    with pytest.raises(KilledError):
        run(tmp_path / "cut", killed_at=killed_at, how=how, checkpoint_s=0)
    resumed, _, _ = run(tmp_path / "cut", seed=0 if killed_at == 2 else 99, how=how, checkpoint_s=0)
    assert len(resumed.model.seen) == 15 - (0 if killed_at < 3 else 2)
    assert same(weights(whole), weights(resumed))


def test_accumulated_gradients_are_those_of_the_larger_batch(tmp_path):
    class Linear(Tiny):
        def forward(self, images):
            return self.last(self.conv(images.float() / 255).mean((2, 3)))[:, 0]

    found = []
    for batch, accumulate in ((10, 1), (5, 2)):
        torch.manual_seed(0)
        loss = nn.functional.binary_cross_entropy_with_logits
        task = Task(Linear(), "none", Squares(), loss, dict)
        how = recipe(batch=batch, accumulate=accumulate, schedule="constant")
        found.append(fit(task, how, Runtime("cpu", "32", 0, 0, ALONE, 60), Notes(), tmp_path / str(batch)))
    for first, second in zip(*(trained.model.parameters() for trained in found), strict=True):
        torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-6)


def test_points_of_the_curves_are_every_tenth_step(tmp_path):
    _, log, _ = run(tmp_path, how=recipe(epochs=8))  # 3 batches an epoch
    assert [step for step, _ in log.points] == [10, 20]
    assert set(log.points[0][1]) == {"step/loss", "step/learning_rate"}


def test_an_early_stop_keeps_the_best_epoch_also_after_an_interruption(tmp_path):
    how, scores = recipe(epochs=9, stopping=Stopping("val/f1", 2)), (0.1, 0.4, 0.3, 0.4, 0.9)
    short, _, _ = run(
        tmp_path / "short", how=recipe(epochs=9, stopping=Stopping("val/f1", 9)), scores=(0.1, 0.4, *[0.2] * 7)
    )
    stopped, log, epochs = run(tmp_path / "whole", how=how, scores=scores)
    assert (epochs, stopped.kept, len(log.epochs)) == (4, 2, 4)
    assert same(weights(stopped), weights(short))
    assert (tmp_path / "whole" / BEST).is_file()
    with pytest.raises(KilledError):
        run(tmp_path / "cut", killed_in=4, how=how, scores=scores)
    resumed, _, epochs = run(tmp_path / "cut", seed=99, how=how, scores=scores[3:])
    assert (epochs, resumed.kept) == (1, 2)
    assert same(weights(resumed), weights(stopped))
    again, _, epochs = run(tmp_path / "cut", seed=5, how=how)
    assert (epochs, again.kept) == (0, 2)
    assert same(weights(again), weights(stopped))


def test_a_score_that_is_no_number_is_the_worst(tmp_path):
    how = recipe(epochs=9, stopping=Stopping("val/f1", 2))
    stopped, _, epochs = run(tmp_path / "some", how=how, scores=(math.nan, 0.1, math.nan, math.nan))
    assert (epochs, stopped.kept) == (4, 2)
    with pytest.raises(HairlineError, match=r"recipe\.stopping\.monitor: 'val/f1' was no number in any of 3 epochs"):
        run(tmp_path / "none", how=how, scores=[math.nan] * 9)


def test_an_early_stop_needs_its_score(tmp_path):
    with pytest.raises(
        HairlineError, match=r"no 'val/loss' to watch .* choose one of train/loss, learning_rate, val/f1"
    ):
        run(tmp_path, how=recipe(stopping=Stopping("val/loss", 2)))


def test_an_unknown_strategy_is_told(tmp_path):
    task = Task(Tiny(), "none", Squares(), nn.functional.binary_cross_entropy_with_logits, dict)
    with pytest.raises(HairlineError, match=r"runtime\.parallel: .*quantum"):
        fit(task, recipe(), Runtime("cpu", "32", 0, 0, Parallel(1, "quantum", 1), 60), Notes(), tmp_path)


@pytest.mark.parametrize("lost_in", [1, 3])
def test_an_epoch_that_cannot_be_logged_is_not_trained_again(tmp_path, lost_in):
    whole, logged, _ = run(tmp_path / "whole")
    with pytest.raises(KilledError):
        run(tmp_path / "cut", log=Notes(lost_in))
    resumed, relogged, epochs = run(tmp_path / "cut", seed=99)
    assert epochs == 3 - lost_in
    assert (relogged.epochs, relogged.points) == (logged.epochs, logged.points)
    assert same(weights(whole), weights(resumed))


def test_weights_do_not_depend_on_the_number_of_workers(tmp_path):
    assert same(weights(run(tmp_path / "a")[0]), weights(run(tmp_path / "b", workers=2)[0]))


def test_a_loss_that_is_no_number_is_an_error(tmp_path):
    told = r"nan in epoch 1 of 3, batch \d, which lies in .*; look at it, lower recipe\.learning_rate \(now 0\.05\)"
    with pytest.raises(HairlineError, match=told):
        run(tmp_path, items=Squares(spoiled=True))
    assert not (tmp_path / CHECKPOINT).exists()
    with np.load(tmp_path / SPOILED_BATCH) as batch:  # item 3 and those it was learned with
        assert batch["images"].shape == (4, 8, 8, 3)
        assert np.isnan(batch["targets"]).sum() == 1


def test_lightning_is_silent_and_its_loggers_are_left_as_they_were(tmp_path, capfd, caplog, recwarn):
    level = logging.getLogger("lightning.pytorch").level
    with caplog.at_level(logging.INFO):
        run(tmp_path)
    printed = capfd.readouterr()
    assert printed.out == printed.err == ""
    assert {record.name for record in caplog.records} == {"hairline.nn.training.module"}
    assert [str(warning.message) for warning in recwarn.list] == []
    assert logging.getLogger("lightning.pytorch").level == level


def rates(how, steps_per_epoch):
    optimiser = optimizer([nn.Parameter(torch.zeros(1))], how)
    plan, found = schedule(optimiser, how, steps_per_epoch), []
    for _ in range(how.epochs * steps_per_epoch):
        found.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        plan.step()
    return np.array(found)


def test_step_schedule_is_the_papers():
    found = rates(recipe(epochs=30, schedule="step", learning_rate=1e-3, step_epochs=10), 5)
    np.testing.assert_allclose(found, np.repeat([1e-3, 1e-4, 1e-5], 50))


def test_cosine_schedule_is_its_formula_over_steps_of_several_batches():
    found = rates(recipe(epochs=4, schedule="cosine", accumulate=2), 5)[: 4 * 3]
    np.testing.assert_allclose(found, 0.05 * (1 + np.cos(np.pi * np.arange(12) / 12)) / 2, atol=1e-12)


def test_constant_schedule():
    np.testing.assert_allclose(rates(recipe(schedule="constant"), 4), 0.05)


@pytest.mark.parametrize(("epochs", "steps"), [(1, 1), (1, 2), (3, 10)])
def test_one_cycle_peaks_at_the_rate_and_ends_near_zero(epochs, steps):
    found = rates(recipe(epochs=epochs), steps)
    assert found.max() <= 0.05 + 1e-12
    if epochs * steps == 30:
        assert found.max() == pytest.approx(0.05)
        assert found[0] < 0.05 / 20 and found[-1] < 0.05 / 1000
        assert (np.diff(np.sign(np.diff(found))) != 0).sum() == 1


def test_optimisers_take_the_recipes_numbers():
    parameters = [nn.Parameter(torch.zeros(1))]
    sgd, adamw = optimizer(parameters, recipe()), optimizer(parameters, recipe(optimizer="adamw"))
    assert isinstance(sgd, torch.optim.SGD) and isinstance(adamw, torch.optim.AdamW)
    assert sgd.defaults["momentum"] == 0.9 and sgd.defaults["weight_decay"] == adamw.defaults["weight_decay"] == 1e-4


def test_batches_take_the_sides_asked_for_and_the_same_ones_after_an_interruption(tmp_path):
    whole, _, _ = run(tmp_path / "whole", sides=(6, 8, 12))
    assert set(whole.model.seen) == {(6, 6), (8, 8), (12, 12)}
    with pytest.raises(KilledError):
        run(tmp_path / "cut", killed_in=2, sides=(6, 8, 12))
    resumed, _, _ = run(tmp_path / "cut", sides=(6, 8, 12))
    assert resumed.model.seen == whole.model.seen[len(whole.model.seen) // 3 :]
    for name, tensor in weights(whole).items():
        assert torch.equal(tensor, weights(resumed)[name]), name


def test_without_sides_batches_keep_theirs(tmp_path):
    trained, _, _ = run(tmp_path)
    assert set(trained.model.seen) == {(8, 8)}


class Payload:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.write_text, (self.path, "ran")


def spoilt(state, ran):
    """What may lie where a checkpoint should be, by a word for it."""
    other = torch.load(state, weights_only=True)
    whole, keys = state.read_bytes(), dict(other)

    def saved(content):
        torch.save(content, state)
        return state.read_bytes()

    return {
        "empty": b"", "cut": whole[: len(whole) // 2], "all but one byte": whole[:-1], "random": bytes(range(256)) * 9,
        "a list": saved([1, 2]), "another version's": saved({"state_dict": keys["state_dict"], "epoch": 1}),
        "another progress": saved({**keys, "hairline": {"history": []}}),
        "another Lightning's": saved({**keys, "pytorch-lightning_version": "1.9.5"}),
        "another network's": saved({**keys, "state_dict": {"weight": torch.zeros(3)}}),
        "pickled": pickle.dumps(Payload(ran)), "pickled inside": saved({**keys, "hairline": Payload(ran)}),
    }  # fmt: skip


@pytest.mark.parametrize(
    "way",
    ["empty", "cut", "all but one byte", "random", "a list", "another version's", "another progress",
     "another Lightning's", "another network's", "pickled", "pickled inside", "folder"],
)  # fmt: skip
def test_a_checkpoint_that_cannot_be_read_is_moved_aside_and_told(tmp_path, caplog, way):
    whole, _, _ = run(tmp_path / "whole")
    expected = weights(whole)
    with pytest.raises(KilledError):
        run(tmp_path / "cut", killed_in=2)
    state = tmp_path / "cut" / CHECKPOINT
    content = None if way == "folder" else spoilt(state, tmp_path / "ran")[way]
    state.unlink()
    if content is None:
        state.mkdir()
    else:
        state.write_bytes(content)
    again, _, epochs = run(tmp_path / "cut")
    assert epochs == 3
    assert same(expected, weights(again))
    assert not (tmp_path / "ran").exists()
    (kept,) = (path for path in (tmp_path / "cut").iterdir() if path.name.startswith(f"{CHECKPOINT}.unreadable-"))
    assert content is None or kept.read_bytes() == content
    (line,) = (record.getMessage() for record in caplog.records if "no training can go on" in record.getMessage())
    assert line.startswith(f"{state}: ") and kept.name in line and "\n" not in line
    assert run(tmp_path / "cut")[2] == 0  # the next attempt goes on from the new one


@pytest.mark.parametrize("content", [b"", b"cut", None])
def test_best_weights_that_cannot_be_read_are_moved_aside_too(tmp_path, content):
    how = recipe(stopping=Stopping("val/f1", 3))
    scores = (0.9, 0.5, 0.4)
    expected = weights(run(tmp_path / "whole", how=how, scores=scores)[0])
    with pytest.raises(KilledError):
        run(tmp_path / "cut", killed_in=2, how=how, scores=scores)
    best = tmp_path / "cut" / BEST
    best.unlink() if content is None else best.write_bytes(content)
    again, _, epochs = run(tmp_path / "cut", how=how, scores=scores)
    assert epochs == 3
    assert same(expected, weights(again))


def test_checkpoints_go_through_no_other_place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    run(tmp_path / "state")
    assert [path.name for path in (tmp_path / "state").iterdir()] == [CHECKPOINT]
