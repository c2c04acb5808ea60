"""Indoor depth for tests: furnished rooms, 0.5 to 10 m, cast ray by ray."""
import numpy as np

CEILING = 2.6  # m


def room_depth(seed, height=96, width=128):
    """A room with boxes in it, from a standing or sitting person's eyes. (H, W) float32 m, no pixel without depth."""
    rng = np.random.default_rng(seed)
    eye, pitch, focal = rng.uniform(0.9, 1.7), np.radians(rng.uniform(-25, 5)), rng.uniform(0.7, 1.0) * width
    right, down = np.meshgrid(*((np.arange(size) - (size - 1) / 2) / focal for size in (width, height)))
    rays = np.stack([right, down * np.cos(pitch) - np.sin(pitch), np.cos(pitch) + down * np.sin(pitch)], axis=-1)
    far, side = rng.uniform(3, 9.5), rng.uniform(1.5, 4, 2)
    low, high = np.array([-side[0], eye - CEILING, -1.0]), np.array([side[1], eye, far])
    with np.errstate(divide='ignore', invalid='ignore'):
        depth = np.where(rays > 0, high / rays, low / rays).min(axis=-1)  # from inside
        for _ in range(rng.integers(3, 8)):
            size = rng.uniform([0.3, 0.4, 0.3], [1.5, 1.6, 1.2])
            corner = np.array([rng.uniform(-side[0], side[1] - size[0]), eye - size[1], rng.uniform(1.0, far - 0.3)])
            ends = np.sort(np.stack([corner / rays, (corner + size) / rays]), axis=0)
            enter, leave = ends[0].max(axis=-1), ends[1].min(axis=-1)
            depth = np.where((enter < leave) & (enter > 0.4), np.minimum(depth, enter), depth)
    return np.clip(depth * rng.normal(1, 0.002, depth.shape), 0.5, 10).astype(np.float32)
