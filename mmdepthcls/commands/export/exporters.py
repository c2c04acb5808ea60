"""From a network to files: ONNX, OpenVINO, torch.export."""
import contextlib
import io
import logging
import os
import warnings
from pathlib import Path

import torch

from .exact_rewrites import CannotExport, exact_rewrites, refuse_endless

# Rows or columns of a picture that one dynamic file takes; and pictures in a batch.
SIZES, BATCHES = (64, 8192), (1, 1024)
# Of the picture that the trace follows: odd, and different, so that nothing is mistaken for something else.
TRACED_SIZE, TRACED_BATCH = (131, 197), 2
OPSET = 18
# A file of protocol buffers can have no more.
LARGEST_ONNX = 2**31 - 1
INSTALL = "pip install 'mmdepthcls[export]'"


def trace(network, size=None, batch=None, of_bytes=True):
    """The network as a graph of torch.export.

    Args:
        network (DeployedNetwork)
        size (tuple[int, int], optional): height and width of pictures. Default: any.
        batch (int, optional): pictures at a time. Default: any number.
        of_bytes (bool): pictures are uint8, else float32.

    Returns:
        torch.export.ExportedProgram

    Raises:
        CannotExport: says what to do.
    """
    if size is None:
        refuse_endless(network)
    dims, example = {}, [batch or TRACED_BATCH, *(size or TRACED_SIZE)]
    if batch is None:
        dims[0] = torch.export.Dim('batch', min=BATCHES[0], max=BATCHES[1])
    if size is None:
        dims |= {1: torch.export.Dim('height', min=SIZES[0], max=SIZES[1]),
                 2: torch.export.Dim('width', min=SIZES[0], max=SIZES[1])}
    image = torch.full((*example, 3), 127, dtype=torch.uint8 if of_bytes else torch.float32)
    arguments, shapes = (image, ), (dims, )
    if network.trained_focal_px is not None:
        arguments, shapes = (image, torch.zeros(example[0])), (dims, {0: dims[0]} if batch is None else {})
    with torch.no_grad(), exact_rewrites(), _quiet():
        try:
            network(*arguments)  # what is cached is cached, and errors are the network's own
        except (AssertionError, RuntimeError, ValueError) as error:
            raise CannotExport(f'the network takes no picture of {example[1]} x {example[2]} pixels ({_first(error)}). '
                               + _give_size(size)) from error
        try:
            return torch.export.export(network, arguments, dynamic_shapes=shapes, strict=False)
        except CannotExport:
            raise
        except Exception as error:  # of torch, in many forms
            raise CannotExport(f'torch.export cannot follow this network: {_first(error)}. {_give_size(size)}'
                               ) from error


def _give_size(size):
    if size is None:
        return 'Export it for pictures of one size: --size HEIGHT WIDTH'
    return 'Try another --size, or predict with the model file itself'


def _first(error):
    """The beginning of what an error says: torch's fill pages."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = ' '.join(lines[:3]) or type(error).__name__
    return text if len(text) <= 300 else f'{text[:300]}...'


def onnx_of(program, network):
    """A graph as an ONNX model.

    Returns:
        onnx.ModelProto

    Raises:
        CannotExport: for an operator that ONNX has not, and for one that is too large.
    """
    names = ['image', *(['focal_px'] if network.trained_focal_px is not None else [])]
    with _quiet():
        try:
            exported = torch.onnx.export(program, (), dynamo=True, input_names=names,
                                         output_names=list(network.outputs), opset_version=OPSET, verbose=False)
        except torch.onnx.OnnxExporterError as error:
            raise CannotExport(f'ONNX cannot hold this network: {_first(error.__cause__ or error)}') from error
    return exported.model_proto


def onnx_bytes(proto):
    """An ONNX model as the content of one file.

    Raises:
        CannotExport: for one that is too large.
    """
    if proto.ByteSize() > LARGEST_ONNX:
        raise CannotExport(f'{proto.ByteSize()} bytes are more than one ONNX file can have (2 GiB). Give --half, or '
                           '--format openvino')
    return proto.SerializeToString()


def halve(proto):
    """Store an ONNX model's large weights in half precision, in place: the graph makes float32 of them, and computes
    in float32.

    Raises:
        CannotExport: for a weight beyond the range of half precision.
    """
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper
    graph, casts = proto.graph, []
    for index, weight in enumerate(graph.initializer):
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < 256:  # norms, bins, constants
            continue
        if not np.abs(values).max() <= np.finfo(np.float16).max:
            raise CannotExport(f'{weight.name} reaches {np.abs(values).max():.3g}, beyond half precision. Export '
                               'without --half')
        name = weight.name
        graph.initializer[index].CopyFrom(numpy_helper.from_array(values.astype(np.float16), f'{name}_half'))
        casts.append(helper.make_node('Cast', [f'{name}_half'], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def openvino_of(content):
    """An OpenVINO model of an ONNX file's content."""
    import openvino
    with _quiet():
        return openvino.Core().read_model(content)


def write_openvino(model, path, half):
    """Write an OpenVINO model, PATH and the .bin beside it."""
    import openvino
    openvino.save_model(model, str(path), compress_to_fp16=half)


def program_bytes(program, metadata):
    """A graph of torch.export as a file's content; ``metadata`` (name -> text) are among its extra files."""
    buffer = io.BytesIO()
    torch.export.save(program, buffer, extra_files=metadata)
    return buffer.getvalue()


def put_together(trials, force):
    """Give files their names, all of them or none.

    Args:
        trials (dict[Path, Path]): written file -> its name; the file that names the others last.
        force (bool): replace what is there.

    Raises:
        OSError: if one is there, or cannot be written.
    """
    done, kept = [], {}
    try:
        for trial, path in trials.items():
            if os.path.lexists(path):
                if not force:
                    raise FileExistsError(17, 'is there already; --force replaces it', str(path))
                kept[path] = Path(f'{trial}.before')
                os.replace(path, kept[path])
            os.replace(trial, path)
            done.append(path)
    except BaseException:
        for path in done:
            path.unlink(missing_ok=True)
        for path, before in kept.items():
            os.replace(before, path)
        raise
    for before in kept.values():
        before.unlink()


@contextlib.contextmanager
def _quiet():
    """Without what exporters say of their own progress."""
    loggers = [logging.getLogger(name) for name in ('torch.onnx', 'onnxscript', 'onnx_ir', 'torch.export')]
    before = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter('ignore')
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
