"""What answers about photos, as it comes to another process."""

import pickle
from pathlib import Path

import numpy as np
from support import small_network

from hairline.inspection.labeller import Labeller
from hairline.inspection.onnx_prediction import ShippedPredictor
from hairline.inspection.prediction import Predictor
from hairline.nn.classifier import backbones
from hairline.nn.segmenter import shipped

IMAGE = np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8)


def test_predictors_and_labellers_answer_the_same_where_they_are_sent(tmp_path: Path) -> None:
    info = {"images": 6, "epochs": 1, "initialisation": "none", "window_px": 32}
    backbones.save(backbones.build("test_resnet", "none")[0], tmp_path / "classifier", info)
    for asked in (
        Predictor(small_network.make(tmp_path / "network")),
        Labeller(tmp_path / "classifier", "konig"),
        ShippedPredictor(shipped.FOLDER),
    ):
        before = asked.predict(IMAGE, 1)
        sent = pickle.loads(pickle.dumps(asked))
        assert sent.sha256 == asked.sha256
        assert np.array_equal(sent.predict(IMAGE, 1), before)
        assert np.array_equal(asked.predict(IMAGE, 1), before)  # and stays what it was
