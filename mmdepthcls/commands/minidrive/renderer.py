"""A MiniDrive scene -> a photograph and its exact depth.

Camera frame: x right, y down, z forward, metres. The center of pixel (row i, column j) is on the ray
((j - cx) / f, (i - cy) / (f * aspect), 1) with cx = (W - 1) / 2, cy = (H - 1) / 2, f = focal * W. Depth is z.
Letters: H, W pixels; R, C samples; N samples of one surface.

Every surface is met analytically by the rays of a grid of twice the image's resolution, laid so that every other
sample is a pixel's center: depth is read there and never averaged, color is the tent-weighted mean of the 3x3 samples
around it.
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .atmosphere import add_haze, add_sky, expose
from .ground import ShadowMap, ground_albedo, hit_ground
from .mesh import Mesh
from .scene import Scene
from .shapes import Cylinder, Ellipsoid, Polygon
from .texture import Noise

MAX_DEPTH = 255.0  # metres; what is farther has no depth, as the sky (a 16-bit KITTI PNG ends at 256 m)
_NEAR = 0.1  # metres in front of the camera where drawing begins
_EMPTY = np.float32(1e6)  # depth where nothing has been drawn; infinity would make 0 * inf


def render(scene: Scene, height: int, width: int,
           rng: np.random.Generator | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Draw a scene.

    Args:
        scene: See scene.py.
        height, width: Image size in pixels.
        rng: For the sensor's noise; by default the scene's own seed, so that equal scenes give equal images.

    Returns:
        Image (H, W, 3) uint8 RGB and depth (H, W) float32 in metres, 0 where there is no surface within `MAX_DEPTH`.
    """
    if height < 1 or width < 1:
        raise ValueError(f'an image needs at least 1x1 pixels, got height={height}, width={width}: give positive sizes')
    texture_rng = np.random.default_rng([scene.seed, 0])
    view = _View(scene, height, width, Noise(texture_rng))
    view.draw_things()
    view.draw_ground(ShadowMap(scene.light.sun, scene.things))
    color = add_haze(view.color, view.depth, scene.light)
    add_sky(color, view.depth == _EMPTY, -view.whole.plane(view.turn.T[1]), scene.light, texture_rng)
    tent = np.array([0.25, 0.5, 0.25], np.float32)
    color = cv2.sepFilter2D(color, -1, tent, tent)[1::2, 1::2]  # the pixels' centers
    sensor_rng = rng or np.random.default_rng([scene.seed, 1])
    image = expose(color, scene.light.brightness, sensor_rng)
    if scene.sensor:
        image = scene.sensor.develop(image, sensor_rng)
    depth = view.depth[1::2, 1::2]
    return image, np.where(depth <= MAX_DEPTH, depth, 0).astype(np.float32)


@dataclass(frozen=True)
class _Window:
    """A rectangle of samples, from (row, column) on: rays (x, y, 1) with x (1, C) and y (R, 1), and `depth` (R, C)."""

    row: int
    column: int
    x: np.ndarray
    y: np.ndarray
    depth: np.ndarray

    def plane(self, a):
        """a[0] x + a[1] y + a[2] for every sample, (R, C) float32."""
        a = a.astype(np.float32, copy=False)
        return (a[0] * self.x + a[2]) + a[1] * self.y


class _View:
    """The samples of one picture being drawn: depth (R, C), _EMPTY where nothing is, and linear color (R, C, 3)."""

    def __init__(self, scene, height, width, noise):
        self.scene, self.noise = scene, noise
        self.turn, self.eye = scene.camera.rotation(), scene.camera.position
        focal = scene.camera.focal * width
        focal_y = focal * scene.camera.aspect
        # half a pixel apart, one sample beyond the outermost pixel centers
        x = ((np.arange(-1, 2 * width) - (width - 1)) / (2 * focal)).astype(np.float32)
        y = ((np.arange(-1, 2 * height) - (height - 1)) / (2 * focal_y)).astype(np.float32)
        self._step = np.float32(0.5 / np.sqrt(focal * focal_y))  # a sample's size at depth 1
        self.depth = np.full((len(y), len(x)), _EMPTY)
        self.whole = _Window(0, 0, x[None], y[:, None], self.depth)
        self.color = np.zeros((len(y), len(x), 3), np.float32)

    def draw_things(self):
        """Draw every shape, the nearest first: an order that only spares work, the depth test decides."""
        shapes = [shape for thing in self.scene.things for shape in thing.shapes]
        limit = (float(self.whole.x[0, -1]), float(self.whole.y[-1, 0]))
        mesh = Mesh([s for s in shapes if isinstance(s, Polygon)], self.turn, self.eye, _NEAR, limit)
        lights = self._lit(self.turn.T.astype(np.float32) @ mesh.normals.T)
        jobs = [(mesh.nearest[i], self._polygon, (mesh, i, lights[i])) for i in range(len(mesh.polygons))]
        for shape in shapes:
            if isinstance(shape, Ellipsoid):
                jobs.append((self.turn[2] @ (shape.center - self.eye), self._ellipsoid, (shape,)))
            elif isinstance(shape, Cylinder):
                jobs.append((self.turn[2] @ (shape.base - self.eye), self._cylinder, (shape,)))
        for _, draw, args in sorted(jobs, key=lambda job: job[0]):
            draw(*args)

    def _window(self, bounds, nearest):
        """The samples within (x low, x high, y low, y high); None if `nearest` (metres) is hidden in all of them."""
        c0, c1 = self.whole.x[0].searchsorted(bounds[:2])
        r0, r1 = self.whole.y[:, 0].searchsorted(bounds[2:])
        if c0 >= c1 or r0 >= r1:
            return None
        depth = self.depth[r0:r1, c0:c1]
        if nearest > depth.max():
            return None
        return _Window(r0, c0, self.whole.x[:, c0:c1], self.whole.y[r0:r1], depth)

    def _write(self, window, row, column, depth, color):
        index = (row + window.row) * self.depth.shape[1] + (column + window.column)
        self.depth.reshape(-1)[index] = depth
        self.color.reshape(-1, 3)[index] = color

    def _polygon(self, mesh, i, light):
        window = self._window(mesh.bounds[i], mesh.nearest[i])
        if window is None:
            return
        slope = window.plane(mesh.normals[i])
        # t = offset / slope nearer than what is there, without dividing by 0; slope < 0 follows, as offset < 0 < depth
        visible = slope * window.depth < mesh.offsets[i]
        a, b, c = mesh.edges[i, :, : mesh.counts[i]]
        visible &= (a * window.x >= -(b * window.y + c)).all(0)
        row, column = visible.nonzero()
        if not len(row):
            return
        t = mesh.offsets[i] / slope[row, column]
        x, y = window.x[0, column] * t, window.y[row, 0] * t
        (a, b, c), origin = mesh.axes[i].T, mesh.origins[i]
        u, v = (a[k] * x + b[k] * y + c[k] * t - origin[k] for k in (0, 1))
        albedo = mesh.polygons[i].texture.albedo(u, v, t * self._step, self.noise)
        self._write(window, row, column, t, albedo * light)

    def _ellipsoid(self, shape):
        center = self.turn @ (shape.center - self.eye)
        nearest = center[2] - shape.radii.max()
        if nearest < _NEAR:
            return  # around or behind the camera
        # the bounds of its outline: the dual conic of the projected ellipsoid
        spread = self.turn * shape.radii
        dual = spread @ spread.T - np.outer(center, center)
        middle = dual[:2, 2] / dual[2, 2]
        reach = np.sqrt(middle**2 - dual.diagonal()[:2] / dual[2, 2])
        window = self._window(np.stack([middle - reach, middle + reach], 1).ravel(), nearest)
        if window is None:
            return
        # in units of the radii the ellipsoid is the unit sphere: |t q - m| = 1
        q = [window.plane(row) for row in self.turn.T / shape.radii[:, None]]
        m = (shape.center - self.eye) / shape.radii
        mx, my, mz = m.astype(np.float32)
        a = q[0] * q[0] + q[1] * q[1] + q[2] * q[2]
        b = q[0] * mx + q[1] * my + q[2] * mz
        # b^2 - a (m^2 - 1) as a - |q x m|^2: without the difference of large numbers that would eat float32 far away
        cross = (q[1] * mz - q[2] * my, q[2] * mx - q[0] * mz, q[0] * my - q[1] * mx)
        rim = a - (cross[0] * cross[0] + cross[1] * cross[1] + cross[2] * cross[2])
        t = (b - np.sqrt(np.maximum(rim, 0))) / a
        visible = (rim > 0) & (t < window.depth)
        # metres across the view through the center: a texture on the surface would be squeezed to streaks at the rim
        zoom = np.float32(center[2])
        if shape.ragged:
            spots = (
                np.broadcast_to(k, t.shape).ravel() * zoom + np.float32(s)
                for k, s in zip((window.x, window.y), shape.center[[0, 2]], strict=True)
            )
            footprint = np.broadcast_to(zoom * self._step, t.size)
            leaf = self.noise(*spots, 0.05 * np.sqrt(shape.radii[0]), footprint).reshape(t.shape)
            visible &= np.minimum(rim / a, 1) > np.float32(shape.ragged) * (0.5 + 0.5 * leaf)
        row, column = visible.nonzero()
        if not len(row):
            return
        t = t[row, column]
        normal = np.stack([axis[row, column] * t - np.float32(c) for axis, c in zip(q, m, strict=True)])
        normal /= shape.radii[:, None].astype(np.float32)
        normal /= np.sqrt((normal * normal).sum(0))
        albedo = shape.texture.albedo(window.x[0, column] * zoom, window.y[row, 0] * zoom, t * self._step, self.noise)
        self._write(window, row, column, t, albedo * self._lit(normal))

    def _cylinder(self, shape):
        base = shape.base - self.eye
        ends = np.array([base, base - [0, shape.height, 0]]) @ self.turn.T
        nearest = ends[:, 2].min() - shape.radius
        if nearest < _NEAR:
            return
        slack = 1.5 * shape.radius / nearest
        corners = ends[:, :2] / ends[:, 2:]
        window = self._window(np.stack([corners.min(0) - slack, corners.max(0) + slack], 1).ravel(), nearest)
        if window is None:
            return
        q = [window.plane(row) for row in self.turn.T]
        bx, by, bz = base.astype(np.float32)
        a = q[0] * q[0] + q[2] * q[2]
        b = q[0] * bx + q[2] * bz
        # b^2 - a c in the same way
        across = q[0] * bz - q[2] * bx
        rim = a * np.float32(shape.radius**2) - across * across
        t = (b - np.sqrt(np.maximum(rim, 0))) / a
        y = q[1] * t
        row, column = ((rim > 0) & (t < window.depth) & (y <= by) & (y >= by - np.float32(shape.height))).nonzero()
        if not len(row):
            return
        t, y = t[row, column], y[row, column]
        normal = np.stack([q[0][row, column] * t - bx, np.zeros_like(t), q[2][row, column] * t - bz])
        normal /= np.float32(shape.radius)
        albedo = shape.texture.albedo(normal[0] * np.float32(shape.radius), y, t * self._step, self.noise)
        self._write(window, row, column, t, albedo * self._lit(normal))

    def draw_ground(self, shadows):
        """Fill what no thing covers, below the horizon."""
        rays = [self.whole.plane(row) for row in self.turn.T]
        # a ray flatter than this meets the ground far out of range
        row, column = ((self.depth == _EMPTY) & (rays[1] > self.scene.camera.height / (4 * MAX_DEPTH))).nonzero()
        if not len(row):
            return
        road, light = self.scene.road, self.scene.light
        ray = np.stack([axis[row, column] for axis in rays])
        t, lateral, along, kerb = hit_ground(road, -self.scene.camera.height, ray)
        sun, sky = shadows(ray[0] * t, along)
        albedo = ground_albedo(road, lateral, along, kerb, t * self._step, self.noise)
        direct, diffuse = (-light.sun[1] * light.sunlight).astype(np.float32), light.skylight.astype(np.float32)
        self._write(self.whole, row, column, t, albedo * (sun[:, None] * direct + sky[:, None] * diffuse))

    def _lit(self, normal):
        """Light (3,) or (N, 3) that falls on surfaces with these world normals, (3,) or (3, N)."""
        light = self.scene.light
        direct = np.maximum(light.sun.astype(np.float32) @ normal, 0)
        above = 0.62 - 0.38 * normal[1]  # upright surfaces see half of the sky
        return (np.multiply.outer(direct, light.sunlight) + np.multiply.outer(above, light.skylight)).astype(np.float32)
