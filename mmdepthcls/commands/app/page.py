"""The page itself: what stands where, and what follows from what."""
from __future__ import annotations

import time
from typing import Any

import gradio as gr

from ...visualization.depth_color import DepthColors
from . import shown_picture, viewer_points, words
from .example_picture import NAME, example_camera, example_picture
from .offered_model import OfferedModel
from .style import FONTS, MONO
from .visit import PageError
from .workbench import SHARPEN, Settings, Workbench, downloads_of

GONE = 'gone'  # a class of what stays on the page unseen: its viewer may be loading, which does not survive removal
BEHIND = (.09, .1, .12, 1)  # color behind the points, RGBA
LONGEST_QUEUE = 32
SWEEP, KEPT = 60, 600  # seconds: how often files that nobody has taken are looked for, and how old they are


class Page:
    """Builds the page and answers its events.

    Args:
        bench: does the work.
    """

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.models = list(bench.models.values())

    def build(self) -> gr.Blocks:
        """The page."""
        with gr.Blocks(title='mmdepthcls', analytics_enabled=False, delete_cache=(SWEEP, KEPT)) as blocks:
            gr.HTML(f'<h1>{words.TITLE}</h1><p>{words.LEAD}</p>', elem_id='head')
            with gr.Row():
                with gr.Column(scale=2, min_width=290):
                    self._build_inputs()
                with gr.Column(scale=5, min_width=320):
                    self._build_outputs()
            self._connect()
            blocks.unload(self.close)
        blocks.queue(max_size=LONGEST_QUEUE, api_open=False)
        return blocks

    def _build_inputs(self):
        first = self.models[0]
        self.drop = gr.File(label='Picture', elem_id='drop', height=140)
        self.example = gr.Button('Draw a street for me', elem_id='example')
        with gr.Accordion('Camera', open=False):
            self.focal = gr.Number(label='Focal length, pixels of the picture', info='Counts before what the picture '
                                   'says of itself (EXIF).', elem_id='focal')
            self.fov = gr.Number(label='Field of view from left to right, degrees', info='Where nothing else is known.',
                                 elem_id='fov')
        with gr.Accordion('Model', open=len(self.models) > 1):
            self.model = gr.Dropdown([each.name for each in self.models], value=first.name, label='Model',
                                     visible=len(self.models) > 1, elem_id='model')
            self.about = gr.HTML(self._about(first))
            # It is the bench that refuses decoders: Gradio would compare what was asked for of one model with the
            # choices of the one that was chosen since.
            self.decoder = gr.Dropdown(list(first.reading.decoders), value=next(iter(first.reading.decoders)),
                                       label='Metres from the bins by', elem_id='decoder', allow_custom_value=True,
                                       filterable=False)
            self.crf = gr.Checkbox(first.reading.own_crf, label=f'{SHARPEN} (slower)',
                                   visible=first.reading.has_crf, elem_id='crf')

    def _build_outputs(self):
        self.status = gr.HTML(words.EMPTY, elem_id='status')
        view = dict(interactive=False, buttons=['fullscreen'], type='filepath', min_width=280)
        with gr.Column(visible=False) as self.results:
            with gr.Row(elem_id='views') as self.views:
                self.picture = gr.Image(label='Picture', elem_id='picture', **view)
                self.depth = gr.Image(label='Depth', elem_id='depth', **view)
            self.legend = gr.HTML(elem_id='legend')
            with gr.Row(elem_id='reading'):
                with gr.Column(scale=3, min_width=280):
                    self.point = gr.HTML(elem_id='point')
                with gr.Column(scale=2, min_width=240), gr.Row():
                    self.x = gr.Number(label='x', precision=0, min_width=70, elem_id='x')
                    self.y = gr.Number(label='y', precision=0, min_width=70, elem_id='y')
                    self.measure = gr.Button('Read', min_width=70, elem_id='measure')
            with gr.Row():
                self.points = gr.Model3D(label='Points in space: drag to turn them', height=360, scale=3,
                                         interactive=False, elem_id='points', camera_position=viewer_points.FROM,
                                         clear_color=BEHIND, min_width=280)
                self.confidence = gr.Image(label='Confidence: light is sure', elem_id='confidence', scale=2, **view)
            self.note = gr.HTML(elem_id='note')
            self.files = gr.HTML(elem_id='files')

    def _connect(self):
        settings = [self.model, self.decoder, self.crf, self.focal, self.fov]
        shown = [self.status, self.results, self.views, self.picture, self.depth, self.legend, self.point,
                 self.confidence, self.note, self.files]
        # What is chosen while the page works counts when it is done: by default it would be passed over, and the fields
        # would name what the metres beside them are not.
        last = dict(api_visibility='private', trigger_mode='always_last')
        turn = dict(last, concurrency_limit=1, concurrency_id='predict')
        quick = dict(last, concurrency_limit=8, concurrency_id='quick', show_progress='hidden')
        changed = [self.decoder.input, self.crf.input, self.focal.submit, self.fov.submit, self.focal.blur,
                   self.fov.blur]
        for predicted in (
                self.drop.upload(self.upload, [self.drop, *settings], [self.drop, *shown], **turn),
                self.example.click(self.draw, settings, shown, **dict(turn, trigger_mode='once')),
                self.model.input(self.choose, self.model, [self.about, self.decoder, self.crf], **quick).then(
                    self.again, settings, shown, **turn),
                gr.on(changed, self.again, settings, shown, **turn)):
            # The viewer starts only if it is on the page before it is given something to show.
            predicted.then(self.show_points, None, self.points, **quick)
        marked = [self.point, self.picture, self.depth]
        for view in (self.picture, self.depth):
            view.select(self.click, None, [*marked, self.x, self.y], **dict(quick, trigger_mode='once'))
        gr.on([self.measure.click, self.x.submit, self.y.submit], self.read, [self.x, self.y], marked, **quick)

    def _about(self, model: OfferedModel) -> str:
        loaded = model.inferencer.loaded
        return words.about_model(model.name, loaded.remark, loaded.depth_range,
                                 words.PROVISIONAL if model.provisional else '')

    # What follows are the events. A page gives itself a name (session_hash) when it is loaded.

    def upload(self, request: gr.Request, path: str | None, *settings: Any) -> list[Any]:
        """A file was dropped."""
        if path is None:
            return [None, *[gr.skip()] * 10]
        return [None, *self._shown(request, settings, lambda session: self.bench.receive(session, path))]

    def draw(self, request: gr.Request, *settings: Any) -> list[Any]:
        """The page's own picture is wanted."""
        return self._shown(request, settings, lambda session: self.bench.take(
            session, NAME, example_picture(), example_camera()))

    def again(self, request: gr.Request, *settings: Any) -> list[Any]:
        """The settings may have changed: fields say so when they are left."""
        visit = self.bench.visits.of(request.session_hash)
        if not visit.content or visit.settings == _settings_of(settings):
            return [gr.skip()] * 10
        return self._shown(request, settings, lambda session: None)

    def show_points(self, request: gr.Request) -> Any:
        """A result has points in space."""
        visit = self.bench.visits.of(request.session_hash)
        result = visit.result
        if result is None:
            return gr.skip()  # taken off the page, a viewer that is still loading fails
        if 'ply' not in downloads_of(result):
            return None
        points = viewer_points.viewed_points(result)
        try:
            return visit.write('points', '.glb', points) if visit.result is result else gr.skip()
        except PageError:
            return gr.skip()

    def choose(self, name: str) -> list[Any]:
        """Another model."""
        model = self.bench.models[name]
        decoders = list(model.reading.decoders)
        return [self._about(model), gr.Dropdown(decoders, value=decoders[0]),
                gr.Checkbox(model.reading.own_crf, visible=model.reading.has_crf)]

    def click(self, request: gr.Request, event: gr.SelectData) -> list[Any]:
        """Somebody has pointed at a picture."""
        result = self.bench.visits.of(request.session_hash).result
        if result is None:
            return [gr.skip()] * 5
        x, y = shown_picture.pixel_at(event.index[0], event.index[1], result.depth.shape)
        return [*self.read(request, x, y), x, y]

    def read(self, request: gr.Request, x: float | None, y: float | None) -> list[Any]:
        """Metres at a pixel."""
        visit = self.bench.visits.of(request.session_hash)
        result = visit.result
        try:
            found = self.bench.measure(request.session_hash, x, y)
            read = [words.point_text(**vars(found)), *_pictures(visit, result)] if visit.result is result else None
        except PageError as error:
            return [words.hint(str(error)), gr.skip(), gr.skip()]
        # Of a picture that has gone meanwhile nothing may be shown any more.
        return read if read and visit.result is result else [gr.skip()] * 3

    def close(self, request: gr.Request) -> None:
        """The page was closed."""
        self.bench.forget(request.session_hash)

    def _shown(self, request, settings, take):
        """All outputs, after a picture was taken and predicted."""
        session, start, chosen = request.session_hash, time.perf_counter(), _settings_of(settings)
        try:
            take(session)
            visit = self.bench.predict(session, chosen)
            return self._outputs(visit, chosen, start)
        except PageError as error:
            return [words.error_text(str(error)), gr.Column(visible=True, elem_classes=[GONE]), *[gr.skip()] * 8]

    def _outputs(self, visit, chosen, start):
        model, result = self.bench.models[chosen.model], visit.result
        if result is None:
            raise PageError('This result was forgotten. Drop the picture once more.')
        picture, depth = _pictures(visit, result)
        small = shown_picture.resized(result)
        confidence = visit.write('confidence', '.png', shown_picture.confidence_png(small)) \
            if 'confidence' in result.maps else None
        kinds = downloads_of(result)
        return [
            words.result_text(visit.name, result, model.inferencer.trained_focal_px, time.perf_counter() - start,
                              model.provisional, words.how_read(
                                  chosen.model if len(self.models) > 1 else '', chosen.decoder,
                                  chosen.crf and model.reading.has_crf)),
            gr.Column(visible=True, elem_classes=[]), gr.Row(elem_classes=['wide'] if _is_wide(result) else []),
            picture, depth,
            words.legend(DepthColors(*result.depth_range), result.has_supervision), words.hint(words.POINT_HINT),
            gr.Image(confidence, visible=confidence is not None), words.points_note('ply' in kinds, result),
            words.files_text(visit.token, kinds)]


def _pictures(visit, result):
    """Files of the picture and of its depth, with a mark where somebody has pointed."""
    height, width = result.depth.shape
    point = visit.point
    mark = point and ((point[0] + .5) / width, (point[1] + .5) / height)
    small = shown_picture.resized(result)
    return [visit.write('picture', '.jpg', shown_picture.picture_jpeg(small, mark)),
            visit.write('depth', '.png', shown_picture.depth_png(small, mark))]


def _settings_of(values):
    """Settings of the values of the page's fields; 0 in a field is nothing."""
    name, decoder, crf, focal, fov = values
    return Settings(name, str(decoder), bool(crf), focal or None, fov or None)


def _is_wide(result):
    """Whether two of these pictures lie better below each other than beside each other."""
    height, width = result.depth.shape
    return width > 2 * height


def theme() -> gr.themes.Base:
    """Colors and fonts, all of the machine."""
    return gr.themes.Base(primary_hue='teal', neutral_hue='slate', font=FONTS, font_mono=MONO).set(
        body_text_color_subdued='*neutral_500', body_text_color_subdued_dark='*neutral_300')

