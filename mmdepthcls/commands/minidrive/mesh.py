"""All polygons of a scene, prepared at once for one camera: turned, culled, bounded.

Camera frame: x right, y down, z forward, metres; a ray is (x, y, 1). Letters: P polygons, M most vertices of one
polygon.
"""

import numpy as np


class Mesh:
    """The polygons of which something can be in the picture, in the camera frame.

    Args:
        polygons (list[Polygon]): In the world frame.
        turn (np.ndarray): (3, 3) world to camera.
        eye (np.ndarray): (3,) the camera's world position.
        near (float): Metres; what is nearer is not drawn.
        limit (tuple): (x, y) the largest ray coordinates of the picture.

    Attributes:
        polygons (list[Polygon]): Those kept, P of them.
        vertices (np.ndarray): (P, M, 3); past a polygon's own count its first vertex is repeated.
        counts (np.ndarray): (P,) numbers of vertices.
        normals (np.ndarray): (P, 3) unit, towards the camera, float32.
        offsets (np.ndarray): (P,) normal . point of the plane, negative, float32.
        edges (np.ndarray): (P, 3, M, 1, 1) unit, float32; a ray r passes inside edge i where edges[:, i] . r >= 0.
        axes, origins (np.ndarray): (P, 2, 3) unit directions of texture u and v and (P, 2) their values at the first
            vertex: u = axes[0] . point - origins[0]. float32.
        bounds (np.ndarray): (P, 4) ray coordinates x low, x high, y low, y high.
        nearest (np.ndarray): (P,) least z of the vertices.
    """

    def __init__(self, polygons, turn, eye, near, limit):
        counts = np.array([len(p.vertices) for p in polygons], int)
        starts = np.cumsum(counts) - counts
        column = np.arange(counts.max(initial=3))
        index = starts[:, None] + np.where(column < counts[:, None], column, 0)
        stacked = np.concatenate([p.vertices for p in polygons]) if polygons else np.zeros((0, 3))
        vertices = ((stacked - eye) @ turn.T)[index]
        normals = np.cross(vertices[:, 1] - vertices[:, 0], vertices[:, 2] - vertices[:, 1])
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        offsets = (normals * vertices[:, 0]).sum(1)
        seen = np.flatnonzero((offsets < 0) & (vertices[..., 2].max(1) > near))  # from the front, before us
        bounds = _bounds(vertices[seen], counts[seen], near)
        (x, y), b = limit, bounds
        inside = (b[:, 0] < x) & (b[:, 1] > -x) & (b[:, 2] < y) & (b[:, 3] > -y)
        kept = seen[inside]
        self.polygons = [polygons[i] for i in kept]
        self.vertices, self.counts, self.bounds = vertices[kept], counts[kept], bounds[inside]
        self.nearest = self.vertices[..., 2].min(1)
        normals, corner = normals[kept], self.vertices[:, 0]
        along = self.vertices[:, 1] - corner
        along /= np.linalg.norm(along, axis=1, keepdims=True)
        axes = np.stack([along, np.cross(normals, along)], 1)
        # float32 from here on: millions of samples, and its 1e-7 is far below a PNG's 1/512 m
        self.axes, self.origins = axes.astype(np.float32), (axes * corner[:, None]).sum(2).astype(np.float32)
        self.normals, self.offsets = normals.astype(np.float32), offsets[kept].astype(np.float32)
        # the plane through an edge and the eye; not normalized where an edge is only padding
        edges = np.cross(np.roll(self.vertices, -1, 1), self.vertices)
        edges /= np.maximum(np.linalg.norm(edges, axis=2, keepdims=True), 1e-12)
        self.edges = edges.transpose(0, 2, 1)[..., None, None].astype(np.float32)


def _bounds(vertices, counts, near):
    """(P, 4) ray coordinates around each polygon's part before the near plane."""
    with np.errstate(divide='ignore', invalid='ignore'):
        corners = vertices[..., :2] / vertices[..., 2:]
    bounds = np.concatenate([corners.min(1), corners.max(1)], 1)[:, [0, 2, 1, 3]]
    for i in np.flatnonzero(vertices[..., 2].min(1) <= near):
        front = clip_near(vertices[i, : counts[i]], near)
        corners = front[:, :2] / front[:, 2:]
        bounds[i] = np.stack([corners.min(0), corners.max(0)], 1).ravel()
    return bounds


def clip_near(vertices, near):
    """The part (M, 3) with z >= near of a polygon (N, 3), of which some is."""
    kept = []
    for a, b in zip(vertices, np.roll(vertices, -1, 0), strict=True):
        if a[2] >= near:
            kept.append(a)
        if (a[2] >= near) != (b[2] >= near):
            kept.append(a + (b - a) * ((near - a[2]) / (b[2] - a[2])))
    return np.array(kept)
