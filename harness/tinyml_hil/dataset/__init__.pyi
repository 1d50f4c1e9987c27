from .carried import CarriedDataset as CarriedDataset
from .dataset import (
    CIFAR10_IMAGE as CIFAR10_IMAGE,
    ArrayDataset as ArrayDataset,
    Dataset as Dataset,
    load_dataset as load_dataset,
)
from .default import (
    default_dataset as default_dataset,
    default_dataset_folder as default_dataset_folder,
    download_wheel as download_wheel,
    require_sha256 as require_sha256,
)
from .folders import CIFAR10_CLASSES as CIFAR10_CLASSES
from .front_end import FrontEnd as FrontEnd, load_front_end as load_front_end
from .images import SMALL_SIDE as SMALL_SIDE, small_png as small_png
from .input_file import decode_input as decode_input
from .selection import (
    has_names as has_names,
    read_labels as read_labels,
    sample as sample,
    with_classes as with_classes,
)
from .survey import survey_of as survey_of
