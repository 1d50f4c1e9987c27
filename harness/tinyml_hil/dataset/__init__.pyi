from .dataset import (
    CIFAR10_CLASSES as CIFAR10_CLASSES,
    ArrayDataset as ArrayDataset,
    Dataset as Dataset,
    decode_image as decode_image,
    load_dataset as load_dataset,
)
from .selection import (
    has_names as has_names,
    read_labels as read_labels,
    sample as sample,
    with_classes as with_classes,
)
from .survey import survey_of as survey_of
