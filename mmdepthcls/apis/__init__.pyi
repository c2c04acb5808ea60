from .model_description import ModelDescription as ModelDescription
from .model_description import read_description as read_description
from .model_file import load_model as load_model
from .model_file import write_model_file as write_model_file
from .tensor_file import ModelFileError as ModelFileError
