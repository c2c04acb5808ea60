"""Files of predictions and ground truth: what others wrote, what we write, the KITTI benchmark's submission. Pure."""
