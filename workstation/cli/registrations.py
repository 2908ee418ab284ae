"""Registrations as they are typed on the command line, and the map that they give between two images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workstation.cli.output import UsageError, note
from workstation.cli.references import choose_series, existing_path, series_in
from workstation.jobs.progress import Progress, silent

if TYPE_CHECKING:
    from workstation.fusion.registration import Registration
    from workstation.geometry.deformation import SpatialMap
    from workstation.images.volume import Volume


@dataclass(frozen=True, eq=False)
class Way:
    """How points of one frame get into another.

    map: from points of `begin_uid` to the same anatomy in `end_uid`. registrations: what it hangs on, in order.
    forward: whether every one of them is used from its fixed to its moving frame.
    """

    begin_uid: str
    end_uid: str
    map: SpatialMap
    registrations: tuple[Registration, ...]
    forward: bool

    @property
    def provisional(self) -> bool:
        """Whether something that it hangs on was accepted by nobody."""
        return any(registration.provisional for registration in self.registrations)

    def turned(self) -> Way:
        """The way back."""
        return Way(self.end_uid, self.begin_uid, self.map.inverse(), self.registrations[::-1], not self.forward)


def read_all(paths: Iterable[str]) -> tuple[Registration, ...]:
    """The relations of all files, in the order typed."""
    from workstation.dicom.registration import read_registrations

    return tuple(found for path in paths for found in read_registrations(existing_path(path), within_frames=True))


def goes_backwards(paths: Iterable[str], moving: Volume | None, fixed: Volume | None, inverse: bool) -> bool:
    """Within one frame of reference: whether the image that is to move is the one that the files leave in place.

    Only the images that the files name can tell; where they name neither, `inverse` is believed. UsageError where
    --inverse contradicts the files.
    """
    from workstation.dicom.registration_images import images_named

    named = [images_named(existing_path(path)) for path in paths]
    moved, still = (frozenset().union(*(pair[side] for pair in named)) for side in (0, 1))
    own, other = ({s.sop_instance_uid for s in volume.slices} if volume else set() for volume in (moving, fixed))
    forward, backward = bool(own & moved or other & still), bool(own & still or other & moved)
    if forward == backward:
        note("warning: within one frame of reference the registration does not tell which image it moves; "
             f"it is applied from the {'fixed to the moving' if inverse else 'moving to the fixed'} one")  # fmt: skip
        return inverse
    if inverse and forward:
        raise UsageError("--inverse: the registration moves this very image, so it goes to the fixed one without it")
    return backward


def frames_of(registrations: Iterable[Registration]) -> tuple[str, ...]:
    """Every frame of reference among them, once, in their order."""
    both = ((r.fixed_frame_uid, r.moving_frame_uid) for r in registrations)
    return tuple(dict.fromkeys(uid for pair in both for uid in pair))


def way_between(registrations: Sequence[Registration], begin_uid: str, end_uid: str, backwards: bool = False) -> Way:
    """The map from points of one frame to another's; UsageError names the frames where nothing links them.

    Within one frame of reference (phases moved onto each other) the one registration there is goes from its fixed to
    its moving image, or `backwards`.
    """
    from workstation.fusion.registration import chain_between
    from workstation.geometry.deformation import chained

    if begin_uid == end_uid:
        return _within(registrations, begin_uid, backwards)
    between = [r for r in registrations if r.fixed_frame_uid != r.moving_frame_uid]
    links = chain_between(between, begin_uid, end_uid)
    if links is None:
        pairs = "; ".join(f"{r.fixed_frame_uid} (fixed) with {r.moving_frame_uid} (moving)" for r in registrations)
        raise UsageError(
            f"the registration does not belong to these images: it links the frames of reference {pairs}, "
            f"but what is given lies in {begin_uid or 'none'} and {end_uid or 'none'}"
        )
    unused = [r for r in registrations if r not in [link.registration for link in links]]
    if unused:
        one = unused[0]
        within = one.fixed_frame_uid == one.moving_frame_uid
        reason = "moves images within one frame of reference" if within else "does not lie on the way between them"
        raise UsageError(
            f"a registration that was given would not be used: the one from {one.fixed_frame_uid} to "
            f"{one.moving_frame_uid} {reason}; leave it out, or apply it by itself"
        )
    forward = not any(link.backwards for link in links)
    return Way(begin_uid, end_uid, chained(link.map for link in links), tuple(k.registration for k in links), forward)


def _within(registrations: Sequence[Registration], uid: str, backwards: bool) -> Way:
    found = [r for r in registrations if r.fixed_frame_uid == r.moving_frame_uid == uid]
    if len(found) != 1:
        told = "no registration moves anything within it" if not found else "several registrations move within it"
        raise UsageError(f"both images lie in one frame of reference ({uid or 'none'}), and {told}")
    way = Way(uid, uid, found[0].fixed_to_moving, (found[0],), True)
    return way.turned() if backwards else way


def far_end(registrations: Sequence[Registration], begin_uid: str) -> str:
    """The frame that all registrations together lead to from one; UsageError where that is not one frame."""
    from workstation.fusion.registration import chain_between

    if len(registrations) == 1 and registrations[0].fixed_frame_uid == registrations[0].moving_frame_uid == begin_uid:
        return begin_uid
    frames = frames_of(registrations)
    chains = {uid: chain_between(registrations, begin_uid, uid) for uid in frames if uid != begin_uid}
    ends = [uid for uid, chain in chains.items() if chain is not None and len(chain) == len(registrations)]
    if len(ends) == 1:
        return ends[0]
    if begin_uid not in frames:
        raise UsageError(
            f"the registration does not belong to this image: it links {', '.join(frames)}, "
            f"and the image lies in the frame of reference {begin_uid or 'none'}"
        )
    raise UsageError("the registrations lead to more than one frame of reference; say onto which image with --on")


def load_linked(path: str, registrations: Sequence[Registration], progress: Progress = silent) -> Volume:
    """The image in a folder or file; where there are several series, the one in a frame that is registered."""
    from workstation.dicom.load import load_series

    entries = series_in(path, progress)
    known = frames_of(registrations)
    linked = [entry for entry in entries if entry.frame_of_reference_uid in known]
    volume = load_series(choose_series(linked or entries, path, None), progress=progress)
    if not volume.frame_of_reference_uid:
        raise UsageError(f"{path}: the series names no frame of reference, so no registration can refer to it")
    return volume


def in_json(registration: Registration) -> dict[str, Any]:
    """What a command says about a registration that it used."""
    return {
        "uid": registration.identifier,
        "method": registration.method,
        "kind": registration.kind,
        "fixed_frame_uid": registration.fixed_frame_uid,
        "moving_frame_uid": registration.moving_frame_uid,
        "accepted_by": registration.accepted_by,
        "accepted_at": registration.accepted_at,
    }
