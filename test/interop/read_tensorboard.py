"""Prints what TensorBoard finds in a folder of runs, as JSON: {run: {scalars: {tag: [[step, value]]}, histograms: …}}."""

import json
import os
import sys

from tensorboard.backend.event_processing import event_accumulator


def histogram(event):
    value = event.histogram_value
    return {
        "step": event.step,
        "min": value.min,
        "max": value.max,
        "count": value.num,
        "sum": value.sum,
        "sumOfSquares": value.sum_squares,
        "limits": list(value.bucket_limit),
        "counts": list(value.bucket),
    }


def read(folder):
    everything = event_accumulator.STORE_EVERYTHING_SIZE_GUIDANCE
    run = event_accumulator.EventAccumulator(folder, size_guidance=everything).Reload()
    tags = run.Tags()
    return {
        "version": run.file_version,
        "scalars": {tag: [[e.step, e.value] for e in run.Scalars(tag)] for tag in tags["scalars"]},
        "histograms": {tag: [histogram(e) for e in run.Histograms(tag)] for tag in tags["histograms"]},
    }


root = sys.argv[1]
json.dump({name: read(os.path.join(root, name)) for name in sorted(os.listdir(root))}, sys.stdout)
