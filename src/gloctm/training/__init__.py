"""Training by the published method: settings, presets, batches, checkpoints, callbacks, the loop."""
