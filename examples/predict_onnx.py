"""Metres of a picture by an exported model, with ONNX Runtime and NumPy alone.

    python predict_onnx.py MODEL.onnx PICTURE.npy DEPTH.npy

PICTURE.npy: (H, W, 3) uint8 RGB, as it comes out of the pipeline that the model file names (such as a Resize).
"""
import json
import sys

import numpy as np
import onnxruntime


def predict(model, picture, focal_px=0.0):
    """Output -> array: depth (H, W) m; confidence (H, W) and interval (2, H, W) m, if the model has them."""
    session = onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])
    about = json.loads(session.get_modelmeta().custom_metadata_map['mmdepthcls'])
    inputs = {'image': picture[None].astype(about['image'])}
    if about['focal'] == 'input':
        inputs['focal_px'] = np.array([focal_px], np.float32)  # pixels of this picture; 0: unknown
    names = [output.name for output in session.get_outputs()]
    return {name: value[0] for name, value in zip(names, session.run(names, inputs), strict=True)}


if __name__ == '__main__':
    model, picture, out = sys.argv[1:]
    results = predict(model, np.load(picture))
    np.save(out, results['depth'])
    print(', '.join(f'{name} {value.min():.3f} to {value.max():.3f}' for name, value in results.items()))
