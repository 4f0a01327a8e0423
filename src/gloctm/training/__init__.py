"""Training by the published method: settings, presets, callbacks, and the loop, which alone needs torch."""

from gloctm.training.callbacks import Callback, MLflow, TensorBoard, TrainingRun, WeightsAndBiases
from gloctm.training.presets import PRESETS, get_preset
from gloctm.training.settings import Settings, TrainingSettings, check_settings

__all__ = [
    "PRESETS",
    "Callback",
    "MLflow",
    "Settings",
    "TensorBoard",
    "TrainingRun",
    "TrainingSettings",
    "WeightsAndBiases",
    "check_settings",
    "get_preset",
]
