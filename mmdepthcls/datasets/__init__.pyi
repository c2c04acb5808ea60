from .depth_dataset import DepthDataset as DepthDataset
from .depth_folder_dataset import DepthFolderDataset as DepthFolderDataset
from .eigen import eigen_split as eigen_split
from .kitti import KITTIDepthDataset as KITTIDepthDataset
from .minidrive_dataset import MiniDriveDataset as MiniDriveDataset
from .synthia import SYNTHIADepthDataset as SYNTHIADepthDataset
from .weighted_set_sampler import WeightedSetSampler as WeightedSetSampler
