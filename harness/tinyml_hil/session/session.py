"""Session: the parts that one run is made of, from the options that choose them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from functools import cached_property
from pathlib import Path

from tinyml_hil.build import (
    Engine,
    Firmware,
    Platform,
    build_firmware,
    load_platform,
    open_firmware,
    require_fit,
    selftest_of,
)
from tinyml_hil.dataset import (
    CIFAR10_CLASSES,
    CIFAR10_IMAGE,
    Dataset,
    FrontEnd,
    default_dataset,
    read_labels,
)
from tinyml_hil.device import Device, Door, KnownInputs, door_of, load_firmware_config, open_device
from tinyml_hil.errors import UsageError
from tinyml_hil.model import (
    Model,
    Reference,
    ReferenceProcess,
    load_reference,
    times,
)
from tinyml_hil.project import Project
from tinyml_hil.record import Task, task_of
from tinyml_hil.session.built_in import inputs_of
from tinyml_hil.session.checks import (
    require_coverable,
    require_labels,
    require_runnable,
    require_same_model,
    require_watched,
    warn_of_doubts,
)
from tinyml_hil.session.device_words import options_of_sharers
from tinyml_hil.session.engine_choice import choose_engine, model_of
from tinyml_hil.session.evaluation import Evaluation
from tinyml_hil.session.given import dataset_of, front_end_of
from tinyml_hil.session.options import Options
from tinyml_hil.session.reference_choice import ReferenceChoice, choose_reference
from tinyml_hil.target import ProgrammedTarget, Target, TargetOptions, Transcript, target_class


class Session:
    """Loads each part when it is first asked for; see ``Options`` for what they come from.

    Every property raises UsageError or SetupError, with what to do about it.
    """

    def __init__(self, options: Options, project: Project | None = None) -> None:
        """Loads nothing yet. ``project``: whose settings and places count; None for ours here."""
        self.options = options
        self.project = project or Project.around(Path.cwd())

    @cached_property
    def target(self) -> type[Target]:
        """The target's class."""
        return target_class(self.options.target, self.project)

    @cached_property
    def target_version(self) -> str:
        """Name and version of what the target needs."""
        return self.target.check(self.target_options)

    @property
    def sharers(self) -> list[Session]:
        """A session of each device that has a part of the inputs; of one device, itself."""
        several = options_of_sharers(self.options, self.project)
        return [Session(options, self.project) for options in several] or [self]

    @property
    def target_options(self) -> TargetOptions:
        """Those of the options that concern the target alone."""
        chosen = asdict(self.options) | {"cache": self.project.cache}
        return TargetOptions(**{f.name: chosen[f.name] for f in fields(TargetOptions)})

    @cached_property
    def platform(self) -> Platform:
        """The platform: the chosen one, or the target's own."""
        name = self.options.platform or self.target.default_platform
        return load_platform(name, self.project.platforms)

    @cached_property
    def model(self) -> Model:
        """The model."""
        return model_of(self.options, self.project.cache)

    @cached_property
    def front_end(self) -> FrontEnd | None:
        """What makes the model's inputs, if its TOML file names a function for it."""
        return front_end_of(self.model, self.project)

    @cached_property
    def dataset(self) -> Dataset:
        """The inputs that ``images`` or ``sample`` choose, with the classes of ``labels``."""
        path, labels = self.dataset_path, self._labels
        return dataset_of(self.options, self.model, path, labels, self.front_end)

    @cached_property
    def dataset_path(self) -> Path:
        """Where the images are: the default ones are downloaded when they are first asked for."""
        if self.options.dataset:
            return self.options.dataset
        if not self._has_dataset:
            raise UsageError(
                f"the default images are CIFAR-10's, and {self.model.name} takes "
                f"{_taken_by(self.model)} of {self.model.class_count} classes: give labelled ones "
                "with --dataset"
            )
        return default_dataset(self.project.cache)

    @cached_property
    def task(self) -> Task:
        """What the model's outputs are answers to."""
        return task_of(self.model, self.dataset if self._has_dataset else None, self._labels)

    @property
    def _has_dataset(self) -> bool:
        """Whether one is given, or the default one is for such a model."""
        model = self.model
        if not model.takes_images or len(model.inputs) > 1:
            return bool(self.options.dataset)
        fits = model.preprocessing.resize or model.image_shape[:2] == CIFAR10_IMAGE
        is_like_cifar10 = fits and model.class_count == len(CIFAR10_CLASSES)
        return bool(self.options.dataset) or is_like_cifar10

    @cached_property
    def _labels(self) -> tuple[str, ...]:
        names = read_labels(self.options.labels) if self.options.labels else ()
        if names and len(names) != self.model.class_count:
            raise UsageError(
                f"{self.options.labels} names {len(names)} classes, but {self.model.name} has "
                f"{self.model.class_count}"
            )
        return names

    @cached_property
    def reference_choice(self) -> ReferenceChoice:
        """Which reference it is, and why: the chosen one, or that of what infers on the device."""
        brought = self.firmware if self.options.firmware else None
        return choose_reference(self.options, self.model, brought)

    @cached_property
    def reference(self) -> Reference:
        """The reference, with the model loaded."""
        return load_reference(self.reference_choice.name, self.model)

    @cached_property
    def _reference_process(self) -> ReferenceProcess:
        return ReferenceProcess(self.reference_choice.name, self.model)

    @cached_property
    def firmware(self) -> Firmware:
        """The firmware: the one given, or built now."""
        if self.options.firmware:
            self.options.require_no_build()
            firmware = open_firmware(self.options.firmware, self.model.content)
            require_fit(firmware, self.platform, self.project.platforms)
            return firmware
        options, cache = self.options, self.project.cache
        arena = self.engine.arena(self.model, options.arena, self.platform, cache)
        return build_firmware(
            self.platform,
            self.model,
            selftest_of(
                self.model,
                self.whole_dataset if self._has_dataset else None,
                lambda: self.reference,
                self.task.on_device,
            ),
            cache,
            arena,
            options.ops,
            self.engine,
        )

    @cached_property
    def engine(self) -> Engine:
        """What infers in firmware that is built now."""
        return choose_engine(self.options, self.platform, self.project.cache)

    @cached_property
    def door(self) -> Door:
        """How the firmware is tested: as was chosen, or by what it is."""
        options = self.options
        if not options.firmware and options.door in ("auto", "protocol"):
            return Door()
        config = load_firmware_config(self.firmware.elf, options.firmware_config)
        can_debug = self.target.can_debug(self.target_options)
        return door_of(self.firmware, config, options.door, can_debug)

    @cached_property
    def whole_dataset(self) -> Dataset:
        """The dataset whose first images the self-test has, however few images a run takes."""
        if self.options.images is None and self.options.sample is None:
            return self.dataset
        return Session(replace(self.options, images=None, sample=None), self.project).dataset

    def _known_inputs(self) -> KnownInputs:
        """What firmware that prints its results may have built in."""
        if self.door.name == "printed" and self._has_dataset:
            return inputs_of(self.whole_dataset, self.model)
        return KnownInputs(self._labels)

    @contextmanager
    def device(
        self, transcript: Path, on_boot_line: Callable[[str], None] = lambda line: None
    ) -> Iterator[Device]:
        """A device that runs the firmware; its link is recorded in ``transcript``.

        ``on_boot_line``: is told each line that the firmware prints at a boot, as it comes.

        Raises:
            UsageError: the firmware refuses its model, or holds another one.
            LinkError: it did not boot.
        """
        self._require_target()
        firmware = self.firmware
        record = Transcript(transcript)
        options = self.options
        target = self.target(self.platform, record, self.target_options)
        running = open_device(
            *(target, firmware, self.model, record),
            *(options.reply_timeout, options.lane, on_boot_line),
            *(self.door, self._known_inputs()),
        )
        with running as device:
            if "info" in device.commands:
                require_same_model(device.info, self.model)
            else:
                warn_of_doubts(device, self.model, is_held=self.door.runtime is not None)
            yield device

    def evaluation(self, device: Device) -> Evaluation:
        """An evaluation of the dataset on a running device."""
        reference, repeats, word = self._reference_process, self.options.repeat, self.options.sharer
        return Evaluation(device, self.model, self.dataset, reference, self.task, repeats, word)

    def close(self) -> None:
        """Ends the reference's process, if there is one.

        A worker has to: multiprocessing awaits the children of a process before it lets go of what
        would end them.
        """
        if "_reference_process" in self.__dict__:
            self._reference_process.close()

    def check(self, devices: int = 1) -> None:
        """Finds out before anything runs whether everything that was chosen can be used.

        Args:
            devices: how many are needed at once.

        Raises:
            UsageError: an option, a file or a combination cannot be used.
            SetupError, LinkError: something is not installed, or not there.
        """
        sharers = self.sharers
        if devices > len(sharers) and issubclass(self.target, ProgrammedTarget):
            raise UsageError(
                f"a {self.options.target} is one device, which takes one thing after the other: "
                f"{devices} at once cannot use it; several are --device for each, and --share"
            )
        for each in sharers:
            each._require_target()
        for note in self.dataset.notes:
            print(f"{self.dataset.name} {note}", file=sys.stderr)
        self.model.input_of(self.dataset.image(0))
        require_labels(self.dataset, self.model, self.task)
        self.door.require(self.options.lane, self.options.repeat)
        _ = self.firmware, self.reference
        require_coverable(self.options, self.firmware)

    def check_data(self) -> None:
        """Finds out whether the model, its labels and the images can be used, on no target.

        Raises:
            UsageError: one of them cannot.
            SetupError: the default images cannot be had.
        """
        _ = self.model, self._labels
        if self._has_dataset:
            _ = self.dataset

    def _require_target(self) -> None:
        """Before anything is built: what is installed, the platform, and the device if it is one.

        Raises:
            UsageError, SetupError, LinkError: something cannot be used, or is not there.
        """
        require_watched(self.options, self.target)
        _ = self.target_version
        require_runnable(self.options, self.target, self.platform)
        self.target.locate(self.platform, self.target_options)


def _taken_by(model: Model) -> str:
    """What a model takes, by the shape of its input."""
    if len(model.inputs) > 1:
        return f"{len(model.inputs)} tensors, inputs"
    if model.takes_images:
        return f"{times(model.image_shape)} images"
    return f"{times(model.input.shape)} inputs"
