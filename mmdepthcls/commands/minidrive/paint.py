"""Other paint on everything in a scene: more or less colorful, lighter or darker, smoother or rougher. Pure."""
from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from .scene import Scene


@dataclass(frozen=True)
class Paint:
    """What becomes of the colors of surfaces.

    Args:
        saturation: 0 is gray, 1 leaves it.
        value: Factor of the lightness, as a painter sees it; 1 leaves it.
        grain: Factor of the relative strength of noise on surfaces that have a grain; 1 leaves it.
    """

    saturation: float = 1.0
    value: float = 1.0
    grain: float = 1.0

    def color(self, color: np.ndarray) -> np.ndarray:
        """Linear RGB (3,) -> (3,) float32, 0..1."""
        seen = np.power(np.clip(color, 0, 1), 1 / 2.2)
        gray = seen.mean()
        seen = self.value * (gray + self.saturation * (seen - gray))
        return np.power(np.clip(seen, 0, 1), 2.2).astype(np.float32)

    def texture(self, texture: Any) -> Any:
        """A texture (see texture.py) of the same kind: its colors, its grain and the textures in it."""
        changes: dict[str, Any] = {}
        for field in fields(texture):
            value = getattr(texture, field.name)
            if isinstance(value, np.ndarray) and value.shape == (3,):
                changes[field.name] = self.color(value)
            elif is_dataclass(value):
                changes[field.name] = self.texture(value)
            elif field.name == 'grain':
                changes[field.name] = self.grain * value
        return replace(texture, **changes)

    def scene(self, scene: Scene) -> Scene:
        """A scene of the same shapes."""
        known: dict[int, Any] = {}

        def painted(texture):
            if id(texture) not in known:
                known[id(texture)] = self.texture(texture)
            return known[id(texture)]

        things = [
            replace(thing, shapes=[replace(shape, texture=painted(shape.texture)) for shape in thing.shapes])
            for thing in scene.things
        ]
        road = scene.road
        road = replace(
            road, asphalt=self.color(road.asphalt), paint=self.color(road.paint),
            kerbstone=self.color(road.kerbstone), pavement_texture=painted(road.pavement_texture),
            land_texture=painted(road.land_texture))
        return replace(scene, things=things, road=road)
