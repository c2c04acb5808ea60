"""One export, from the model file to the compared file."""
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import torch

from ...apis.description_check import UNCORRECTED
from ...apis.exported_description import FOCAL_INPUT, FOCAL_NONE, ExportedDescription
from ...apis.exported_model import ExportedModel
from ...apis.input_pipeline import InputPipeline
from ...apis.model_description import KEY
from ...apis.model_file import load_model
from ...apis.picture_source import PictureSources
from ...markdown_table import markdown_table
from . import exporters
from .comparison import Reference, compare
from .deployed_network import DeployedNetwork

# The other two sizes, of the first: odd both ways, and larger.
SMALLER, LARGER = 0.77, 1.2
LEAST_SIDE = 64
DEFAULT_SIZE = (128, 416)
METADATA_FILE = f'{KEY}.json'  # in a file of torch.export
SPARE_FOCALS = (1.3, 0.0)  # of the one trained at, in comparisons; 0: unknown


class ExportRun:
    """What is asked for, and its work.

    Args:
        args (argparse.Namespace): of the command.

    Raises:
        ValueError: for what does not go together, and what a file cannot hold.
    """

    def __init__(self, args):
        self.args, self.out = args, Path(args.out)
        _check_installed(args.format)
        self.model, about = load_model(args.model)
        self.pipeline = InputPipeline([dict(step) for step in about.pipeline])
        if self.model.test_cfg['mode'] == 'slide':
            raise exporters.CannotExport(
                "the model predicts by sliding windows (test_cfg.mode='slide'), which stay outside of files. Publish "
                "it with --cfg-options model.test_cfg.mode=whole")
        self._check_size(about.pipeline)
        # What is compared is what is in the file.
        self.crf, self.model.crf = self.model.crf, None
        focal = args.focal_px
        if focal is not None and about.focal_px is None:
            raise ValueError(f'--focal-px: {args.model} does not know the focal length that it was trained at. Publish '
                             'it again with --focal-px')
        if focal is not None and about.scale_focal == UNCORRECTED:
            raise ValueError(f'--focal-px: the scale of {args.model} was calibrated without focal lengths and holds '
                             'for the camera of that calibration alone: the file would correct twice. Leave it out, or '
                             'calibrate the model with --focal-px')
        self.factor = focal / about.focal_px if isinstance(focal, float) else 1.0
        self.takes_focal = focal == FOCAL_INPUT
        widening = (about.interval_widening or {}).get('factor', 1.0)
        self.network = DeployedNetwork(
            self.model, self.factor, about.scale, widening, about.focal_px if self.takes_focal else None,
            args.output_size and tuple(args.output_size)).eval()
        self.description = ExportedDescription(
            about, args.input_type, args.size and tuple(args.size), args.batch,
            args.output_size and tuple(args.output_size), FOCAL_NONE if focal is None else focal,
            self.network.outputs, 'half' if args.half else 'float32')
        self.pictures, self.sizes = {}, []
        self.proto = None  # the ONNX model; another run of the same network may be given it

    def remarks(self):
        """list[str]: what stays outside, and what the metres are for."""
        about, remarks = self.description.model, []
        if self.crf is not None:
            remarks.append("the model's CRF stays outside: the file gives what the model gives with crf=None")
        if about.pipeline:
            steps = ' -> '.join(step['type'] for step in about.pipeline)
            remarks.append(f'the pipeline stays outside: the file takes pictures after {steps}. predict --model does '
                           'it')
            if about.decode_at == 'output' and self.args.output_size is None and any(
                    'Resize' in step['type'] for step in about.pipeline):
                remarks.append("decode_at='output' means the size of the picture before the pipeline; the file decodes "
                               'at that of its input. --output-size HEIGHT WIDTH decodes at the size of your camera')
        given, fixed = self.description.size, _fixed_size(about.pipeline)
        if given is not None and fixed not in (None, given):
            remarks.append('the file takes {} x {} pixels, and the pipeline of the model gives {} x {}: predict '
                           '--model cannot use the file'.format(*given, *fixed))
        if about.scale_focal == UNCORRECTED:
            remarks.append('metres are those of the camera of the calibration, which was made without focal lengths')
        elif about.focal_px is None:
            remarks.append('the model does not know its focal length: metres are those of the cameras trained with')
        elif self.takes_focal:
            remarks.append('the file takes focal_px (N, ), in pixels of its input; 0 where it is unknown')
        else:
            focal = about.focal_px * self.factor
            remarks.append(f'built in: metres are for a focal length of {focal:.2f} px in the input of the network' + (
                '' if self.factor != 1 else ', as trained'))
        if about.scale != 1 or about.interval_widening:
            remarks.append('the calibration is built in')
        return remarks

    def _check_size(self, pipeline):
        """Refuse a size whose height and width were exchanged."""
        given, fixed = self.args.size and tuple(self.args.size), _fixed_size(pipeline)
        if given and fixed and given == fixed[::-1] != fixed:
            raise ValueError('--size is HEIGHT WIDTH: the pipeline of the model gives {} x {} pixels (height x width), '
                             'not {} x {}. Give --size {} {}, or leave it out for any size'.format(
                                 *fixed, *given, *fixed))

    def read_pictures(self):
        """Pictures at the sizes of the comparison.

        Raises:
            ValueError, OSError: for what cannot be read.
        """
        with TemporaryDirectory() as folder:
            sources = PictureSources(self.args.pictures or _generated(folder, self.args.number))
            loaded = [source.read() for source, _ in zip(sources, range(self.args.number), strict=False)]
        inputs = [self._through_pipeline(picture) for picture in loaded]
        if self.args.size is not None:
            self.sizes = [tuple(self.args.size)]
        else:
            first = inputs[0].shape[:2]
            first = tuple(max(length, LEAST_SIDE) for length in first)
            self.sizes = [first, tuple(max(int(length * SMALLER), LEAST_SIDE) // 2 * 2 + 1 for length in first),
                          tuple(int(length * LARGER) // 4 * 4 + 2 for length in first)]
        for size in self.sizes:
            self.pictures[size] = [cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA)
                                   if picture.shape[:2] != size else picture for picture in inputs]

    def write(self):
        """Write the file, if it keeps its bounds.

        Returns:
            tuple: Comparison, and list[Path] of what was written.

        Raises:
            CannotExport: for a network that the format cannot hold, and for one that differs from PyTorch.
            OSError: if it cannot be written.
        """
        program = self.proto or exporters.trace(
            self.network, self.description.size, self.description.batch, self.description.image == 'uint8')
        trials = {self.out.with_name(f'.{self.out.stem}.{os.getpid()}{path.suffix}'): path for path in self._files()}
        try:
            run = self._write_trial(program, list(trials)[-1])
            focals = None
            if self.takes_focal:
                focals = [share * self.network.trained_focal_px for share in SPARE_FOCALS]
            comparison = compare(Reference(self.model, self.network), run, self.pictures, self.sizes, focals)
            if not comparison.holds(self.args.half):
                raise exporters.CannotExport(
                    f'the file differs from PyTorch; nothing was written\n{self.table(comparison)}\n{REMEDY}')
            exporters.put_together(trials, self.args.force)
        except OSError as error:
            raise OSError(error.errno, error.strerror or str(error), str(self.out)) from error
        finally:
            for trial in trials:
                trial.unlink(missing_ok=True)
        return comparison, list(trials.values())

    def table(self, comparison):
        """str: the comparison, for people."""
        rows = [['output', 'size', 'largest difference', '99.9th percentile', 'beyond the bound', 'of these no ties']]
        for each in comparison.differences:
            unit = '' if each.name == 'confidence' else ' m'
            rows.append([each.name, '{} x {}'.format(*each.size), f'{each.largest:.2g}{unit}',
                         f'{each.usual:.2g}{unit}', f'{each.beyond:.2%}', str(each.wrong)])
        before, after = comparison.milliseconds
        return (f'\n{self.out.name} beside PyTorch, {len(self.pictures[self.sizes[0]])} pictures a size\n\n'
                f'{markdown_table(rows)}\n\n'
                f'd1 {comparison.d1:.6f}, AbsRel {comparison.abs_rel:.2g} between the two\n'
                f'{before:.1f} ms a picture of {comparison.shape[0]} x {comparison.shape[1]} in PyTorch, {after:.1f} '
                f'ms in the file ({torch.get_num_threads()} threads)')

    def _files(self):
        from .export import files_of
        return files_of(self.out)

    def _through_pipeline(self, picture):
        """The picture (H, W, 3) RGB uint8 as the network gets it."""
        packed = self.pipeline(picture, 'a picture')['inputs']
        return np.ascontiguousarray(packed.numpy()[::-1].transpose(1, 2, 0))

    def _write_trial(self, program, path):
        """Write a file under another name, and give what runs it."""
        text, args = self.description.to_json(), self.args
        if args.format == 'torch-export':
            path.write_bytes(exporters.program_bytes(program, {METADATA_FILE: text}))
            module = torch.export.load(str(path)).module()
            return lambda images, focal: self._of_torch(module, images, focal)
        self.proto = self.proto or exporters.onnx_of(program, self.network)
        proto = type(self.proto)()
        proto.CopyFrom(self.proto)
        if args.format == 'onnx':
            if args.half:
                exporters.halve(proto)
            entry = proto.metadata_props.add()
            entry.key, entry.value = KEY, text
            path.write_bytes(exporters.onnx_bytes(proto))
        else:
            model = exporters.openvino_of(exporters.onnx_bytes(proto))
            model.set_rt_info(text, KEY)
            exporters.write_openvino(model, path, args.half)
        exported = ExportedModel(path, torch.get_num_threads())
        return lambda images, focal: exported.predicted(images, focal)

    def _of_torch(self, module, images, focal):
        about = self.description
        images = torch.from_numpy(np.repeat(images, about.batch or 1, axis=0)).to(getattr(torch, about.image))
        focals = [torch.full((len(images), ), focal, dtype=torch.float32)] if self.takes_focal else []
        with torch.no_grad():
            results = module(images, *focals)
        return {name: each[:1].numpy() for name, each in zip(about.outputs, results, strict=True)}


REMEDY = ('If the weights were not trained, rounding is all that they show; else try --size HEIGHT WIDTH, or another '
          '--format, and please report it with the model')


def _fixed_size(pipeline):
    """tuple[int, int] or None: height and width of all that a pipeline gives; None where it depends on the picture."""
    last = pipeline[-1] if pipeline else {}
    scale = last.get('scale')
    if last.get('type') != 'Resize' or last.get('keep_ratio') or not isinstance(scale, (list, tuple)):
        return None
    return tuple(scale[::-1])


def _check_installed(kind):
    from importlib.util import find_spec
    needed = dict(onnx=('onnx', 'onnxscript', 'onnxruntime'), openvino=('onnx', 'onnxscript', 'openvino'))
    missing = [name for name in needed.get(kind, ()) if find_spec(name) is None]
    if missing:
        raise ValueError(f'--format {kind} needs {", ".join(missing)}: {exporters.INSTALL}')


def _generated(folder, number):
    """list[str]: paths of generated street scenes."""
    from ..minidrive.writer import make_minidrive
    root = make_minidrive(Path(folder, 'minidrive'), 0, 0, number, *DEFAULT_SIZE, workers=1, progress=False)
    return sorted(map(str, root.glob('image/test/*.png')))
