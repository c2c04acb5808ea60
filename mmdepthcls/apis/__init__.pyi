from .camera import Camera as Camera
from .depth_inferencer import DepthInferencer as DepthInferencer
from .depth_result import DepthResult as DepthResult
from .point_cloud import PointCloud as PointCloud
