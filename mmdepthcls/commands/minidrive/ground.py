"""The ground of MiniDrive: a road that may bend, raised pavements with kerbs, and the land beyond.

World frame as in shapes.py (x right, y down, z forward, metres). `along` is z; `lateral` is the distance to the right
of the road's center line, which is the parabola x = bend / 2 * z**2 - camera offset. Letters: N rays.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from .texture import Courses, Plain


@dataclass(frozen=True)
class Road:
    """The street's cross section and its paint. Lengths in metres, colors (3,) linear RGB.

    Args:
        left, right (float): Lateral position of the kerbs (left < 0 < right).
        pavement (float): Width of either pavement.
        kerb (float): Height of pavement and land over the road.
        bend (float): Curvature of the center line in 1/m, positive to the right.
        offset (float): Lateral position of the camera.
        asphalt, paint, kerbstone (np.ndarray): Colors.
        dash, gap (float): Painted and unpainted length of the center line; gap 0 paints it through, dash 0 leaves it
            out.
        lanes (tuple): Lateral positions of the continuous lines.
        crossings (tuple): Where along the street the zebra crossings begin.
        pavement_texture, land_texture (object): See texture.py.
    """

    left: float
    right: float
    pavement: float
    kerb: float
    bend: float
    offset: float
    asphalt: np.ndarray
    paint: np.ndarray
    kerbstone: np.ndarray
    dash: float
    gap: float
    lanes: tuple
    crossings: tuple
    pavement_texture: Courses
    land_texture: Plain

    def lateral(self, x, z):
        return x - 0.5 * self.bend * z * z + self.offset

    def position(self, lateral, along):
        """World position (3,) on the ground, and the street's yaw (rad) there."""
        x = lateral - self.offset + 0.5 * self.bend * along * along
        y = 0.0 if self.left < lateral < self.right else -self.kerb
        return np.array([x, y, along]), float(np.arctan(self.bend * along))


def hit_ground(road, camera_y, rays):
    """Where rays that go down meet the ground.

    Args:
        road (Road): The street.
        camera_y (float): The camera's y (negative: above the road).
        rays (np.ndarray): (3, N) world directions with y > 0, from the camera at (0, camera_y, 0).

    Returns:
        tuple: The factor t (N,) that reaches the ground, lateral and along (N,) there in metres, and whether it is a
        kerb's face (N,).
    """
    down = 1 / rays[1]
    t = (-road.kerb - camera_y) * down  # the raised level first
    along = t * rays[2]
    lateral = road.lateral(t * rays[0], along)
    low = np.flatnonzero(
        (lateral > road.left) & (lateral < road.right)
    )  # above the road: falls on to the road or a kerb
    kerb = np.zeros(len(t), bool)
    t_road = -camera_y * down[low]
    along_road = t_road * rays[2, low]
    lateral_road = road.lateral(t_road * rays[0, low], along_road)
    for edge, beyond in ((road.left, lateral_road < road.left), (road.right, lateral_road > road.right)):
        index = low[beyond]
        t_road[beyond] = _meet_edge(road, edge, rays[:, index], t[index], t_road[beyond])
        kerb[index] = True
    t[low] = t_road
    along[low] = t_road * rays[2, low]
    lateral[low] = road.lateral(t_road * rays[0, low], along[low])
    return t, lateral, along, kerb


def _meet_edge(road, edge, rays, t_first, t_last):
    """t between t_first and t_last (N,) where the ray passes the vertical wall along a kerb."""
    a = -0.5 * road.bend * rays[2].astype(np.float64) ** 2
    b, c = rays[0].astype(np.float64), road.offset - edge
    root = np.sqrt(np.maximum(b * b - 4 * a * c, 0))
    # the two roots in the form that survives a = 0 (a straight road)
    q = -0.5 * (b + np.where(b >= 0, root, -root))
    with np.errstate(divide='ignore', invalid='ignore'):
        roots = np.stack([c / q, q / a])
    middle = 0.5 * (t_first + t_last)
    distance = np.where(np.isfinite(roots), np.abs(roots - middle), np.inf)
    best = np.take_along_axis(roots, distance.argmin(0)[None], 0)[0]
    return np.clip(best, t_first, t_last)


def ground_albedo(road, lateral, along, kerb, footprint, noise):
    """Color (N, 3) of ground points; `footprint` (N,) is the size of a sample across the view in metres."""
    stretched = footprint * np.sqrt(np.maximum(along, 1) * 0.6)  # a sample covers more of the ground along the view
    on_road = (lateral > road.left) & (lateral < road.right)
    beyond = (lateral < road.left - road.pavement) | (lateral > road.right + road.pavement)
    paved = ~on_road & ~beyond
    color = np.empty((len(lateral), 3), np.float32)
    color[on_road] = _road_albedo(
        road, lateral[on_road], along[on_road], footprint[on_road], stretched[on_road], noise
    )
    for part, texture in ((paved, road.pavement_texture), (beyond, road.land_texture)):
        color[part] = texture.albedo(along[part], lateral[part], stretched[part], noise)
    stone = kerb | ((lateral > road.right - 0.01) & (lateral < road.right + 0.15))
    stone |= (lateral < road.left + 0.01) & (lateral > road.left - 0.15)
    color[stone] = road.kerbstone
    return color


def _road_albedo(road, lateral, along, footprint, stretched, noise):
    tone = 1 + 0.16 * noise(along, lateral, 0.03, stretched) + 0.12 * noise(along, lateral * 3, 0.5, stretched)
    tone -= 0.25 * (noise(along + 37, lateral + 11, 0.35, stretched) > 0.75)  # patches
    painted = np.zeros_like(lateral)
    for x in road.lanes:
        painted = np.maximum(painted, _stripe(lateral - x, 0.12, footprint))
    if road.dash:
        dashed = _stripe(lateral, 0.14, footprint)
        if road.gap:
            period = road.dash + road.gap
            dashed *= _stripe(along % period - 0.5 * road.dash, road.dash, stretched)
        painted = np.maximum(painted, dashed)
    for start in road.crossings:
        bars = _stripe(lateral % 1.0 - 0.5, 0.5, footprint)
        painted = np.maximum(painted, bars * _stripe(along - start - 1.5, 3.0, stretched))
    worn = 1 + 0.15 * noise(along, lateral, 0.05, stretched)
    painted *= np.clip(0.85 * worn, 0, 1)
    return (road.asphalt * tone[:, None]) * (1 - painted)[:, None] + painted[:, None] * road.paint


def _stripe(distance, width, footprint):
    """Share 0..1 of a sample of size `footprint`, `distance` from a stripe's middle, that it covers (all metres)."""
    share = (0.5 * width - np.abs(distance)) / footprint + 0.5
    return np.clip(share, 0, np.minimum(1, width / footprint))


class ShadowMap:
    """The street seen from above: how much sunlight and skylight things take from the ground.

    Args:
        sun (np.ndarray): (3,) unit direction TOWARDS the sun (y < 0).
        things (list[Thing]): Placed; each throws a shadow, and darkens the ground right under it.
    """

    WIDTH, LENGTH, CELL = 48.0, 100.0, 0.1  # metres across, along, and of a cell

    def __init__(self, sun, things):
        shape = (round(self.LENGTH / self.CELL), round(self.WIDTH / self.CELL))
        cast, under = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
        step = sun[[0, 2]] / sun[1]  # metres of shadow for each metre of height
        for thing in things:
            outline = thing.footprint
            if outline[:, 1].min() > self.LENGTH + 50:
                continue  # too far for even a long shadow to be on the map
            hull = np.concatenate([outline + thing.lifted * step, outline + thing.height * step])
            self._fill(cast, cv2.convexHull(hull.astype(np.float32))[:, 0])
            if not thing.lifted:
                middle = outline.mean(0)
                self._fill(under, middle + (outline - middle) * 1.1)
        under = cv2.blur(under, (5, 5))
        self._sunlight = 255 - np.maximum(cv2.blur(cast, (3, 3)), under)
        self._skylight = 255 - (under * 0.75).astype(np.uint8)

    def _fill(self, image, outline):
        cells = ((outline + [self.WIDTH / 2, 0]) * (16 / self.CELL)).round()  # 4 fractional bits
        if np.abs(cells).max() < 2**20:  # far outside the map OpenCV's fixed point would overflow
            cv2.fillConvexPoly(image, cells.astype(np.int32), 255, shift=4)

    def __call__(self, x, z):
        """Shares (N,), (N,) of sunlight and of skylight that reach the ground points (x, z)."""
        row = (z * np.float32(1 / self.CELL)).astype(np.int32)
        column = ((x + np.float32(self.WIDTH / 2)) * np.float32(1 / self.CELL)).astype(np.int32)
        rows, columns = self._sunlight.shape
        known = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        index = np.where(known, row * columns + column, 0)
        return tuple(
            np.where(known, light.reshape(-1)[index], 255) * np.float32(1 / 255)
            for light in (self._sunlight, self._skylight)
        )
