from .adaptation_method import AdaptationMethod as AdaptationMethod
from .deep_coral import DeepCORAL as DeepCORAL
from .feature_distance import FeatureDistance as FeatureDistance
from .maximum_mean_discrepancy import DAN as DAN
from .mean_teacher import MeanTeacher as MeanTeacher
from .output_adversary import OutputAdversary as OutputAdversary
from .two_domain_data import TwoDomainBatchSampler as TwoDomainBatchSampler
from .two_domain_data import TwoDomainDataset as TwoDomainDataset
