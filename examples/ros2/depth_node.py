"""A sketch of a ROS 2 node: pictures in, metres out (sensor_msgs/Image, 32FC1). Not run by the tests.

    ros2 run ... --ros-args -p model:=/path/street.onnx -r image:=/camera/image_raw -r camera_info:=/camera/camera_info

For a model exported with --focal-px input. Where the model's pipeline resizes, ``size`` is what it resizes to.
"""
import cv2
import numpy as np
import onnxruntime
import rclpy
from cv_bridge import CvBridge
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image


class DepthNode(Node):
    """Answers the newest picture; what arrives meanwhile is dropped."""

    def __init__(self):
        super().__init__('mmdepthcls')
        model = self.declare_parameter('model', '').value
        self.size = tuple(self.declare_parameter('size', [128, 416]).value)  # height, width
        self.session = onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])
        self.bridge, self.focal_px = CvBridge(), 0.0
        self.depth = self.create_publisher(Image, 'depth', qos_profile_sensor_data)
        self.create_subscription(CameraInfo, 'camera_info', self.on_camera, qos_profile_sensor_data)
        self.create_subscription(Image, 'image', self.on_image, qos_profile_sensor_data)

    def on_camera(self, info):
        """Focal length in pixels of the network's input: the geometric mean of both sides."""
        scale = (self.size[0] / info.height) * (self.size[1] / info.width)
        self.focal_px = float(np.sqrt(info.k[0] * info.k[4] * scale))

    def on_image(self, message):
        """Predict a picture, and publish its depth at the picture's size."""
        picture = self.bridge.imgmsg_to_cv2(message, 'rgb8')
        image = cv2.resize(picture, self.size[::-1], interpolation=cv2.INTER_LINEAR)
        depth, = self.session.run(['depth'], {
            'image': image[None], 'focal_px': np.array([self.focal_px], np.float32)})
        depth = cv2.resize(depth[0], picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        result = self.bridge.cv2_to_imgmsg(depth, '32FC1')
        result.header = message.header
        self.depth.publish(result)


if __name__ == '__main__':
    rclpy.init()
    rclpy.spin(DepthNode())
