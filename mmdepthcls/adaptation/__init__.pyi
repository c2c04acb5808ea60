from .rare_depth_crop import RareDepthCrop as RareDepthCrop
from .self_training import SelfTraining as SelfTraining
from .target_data import DatasetShare as DatasetShare
from .target_data import PseudoLabelDataset as PseudoLabelDataset
from .two_domain_data import TwoDomainBatchSampler as TwoDomainBatchSampler
from .two_domain_data import TwoDomainDataset as TwoDomainDataset
