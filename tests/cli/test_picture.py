"""`workstation picture`: what lies where in the file that is written, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import CENTRE_MM, RADIUS_MM, Outcome, SmallStudy, run_command
from tests.view.scenes import ACQUISITIONS, MARKS, centred_grid, marked_volume, noise_volume
from workstation.dicom.registration import write_registration
from workstation.dicom.write_series import write_series
from workstation.fusion.registration import Registration
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.view.side_letters import letter_bits

ROOT_UID = "1.2.826.0.1.3680043.10.7"
WHITE = (0xE6, 0xE8, 0xEA)


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image).astype(int)


def written(folder: Path, volume: Volume, number: int = 1, frame: int = 1, modality: str = "CT") -> Volume:
    series = f"{ROOT_UID}.{number}"
    named = replace(
        volume, key=series, series_uid=series, study_uid=f"{ROOT_UID}.0",
        frame_of_reference_uid=f"{ROOT_UID}.9.{frame}", modality=modality, unit="HU" if modality == "CT" else "",
        patient_position="HFS",
    )  # fmt: skip
    write_series(folder, named)
    return named


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two noisy images of different frames of reference, and a registration that links them."""
    folder = tmp_path_factory.mktemp("pair")
    grid = centred_grid(np.eye(3), (2, 2, 2), (40, 40, 12))
    fixed = written(folder / "CT", noise_volume(grid, seed=1))
    moving = written(folder / "MR", noise_volume(grid, seed=2), 2, 2, "MR")
    frames = fixed.frame_of_reference_uid, moving.frame_of_reference_uid
    link = Registration("r", *frames, Transform.from_rigid((3, 2, 0)), "test")
    write_registration(folder / "reg.dcm", link, fixed, moving)
    return folder


def made(folder: Path, *options: str | Path) -> Outcome:
    outcome = run_command("picture", *options, "--out", folder / "p.png", "--json")
    assert outcome.code == 0, outcome.err
    return outcome


def fused(pair: Path, folder: Path, *options: str) -> np.ndarray:
    made(
        folder, "--image", pair / "CT", "--overlay", pair / "MR", "--registration", pair / "reg.dcm",
        "--size", "150x120", *options,
    )  # fmt: skip
    return pixels(folder / "p.png")


@pytest.mark.parametrize("name", ["oblique axial", "feet-first prone", "sagittal", "oblique sagittal"])
def test_letters_stand_beside_the_marks_that_they_name(name: str, tmp_path: Path) -> None:
    written(tmp_path / "CT", marked_volume(centred_grid(ACQUISITIONS[name], (2, 2, 2), (64, 64, 64))))
    for plane, letters in (("axial", "RLAP"), ("sagittal", "APSI"), ("coronal", "RLSI")):
        made(
            tmp_path, "--image", tmp_path / "CT", "--plane", plane, "--at", "0,0,0", "--size", "140x140",
            "--pixel", "1", "--window", "350,700", "--slab", "30", "--slab-mode", "maximum",
        )  # fmt: skip
        shown = pixels(tmp_path / "p.png")
        white = (shown == WHITE).all(-1)
        grey = np.where(white, 0, shown[..., 0])
        thirds = {
            "left": np.s_[45:95, 9:50], "right": np.s_[45:95, 90:131],
            "top": np.s_[13:50, 45:95], "bottom": np.s_[90:127, 45:95],
        }  # fmt: skip
        for letter, part in zip(letters, thirds.values(), strict=True):
            assert grey[part].max() == pytest.approx(MARKS[letter] / 700 * 255, abs=2), (plane, letter)
        middle = 140 - 2 - 9
        for letter, (top, left) in zip(letters, ((65, 2), (65, 131), (2, 66), (middle, 66)), strict=True):
            # An oblique plane has a second letter, and its first one stands further left.
            bits = letter_bits(letter)
            near = white[top : top + 9, max(0, left - 7) : left + 14]
            found = [(near[:, x : x + 7] == bits).all() for x in range(near.shape[1] - 6)]
            tilted = [(near[:, x + 1 : x + 6] == bits[:, 1:6]).all() for x in range(near.shape[1] - 6)]
            assert any(found) or any(tilted), (plane, letter)


def test_what_is_shown_is_told(study: SmallStudy, tmp_path: Path) -> None:
    outcome = made(tmp_path, "--image", study.folder / "CT", "--structures", study.structures, "--only", "gtv")
    result = outcome.result
    assert set(result) >= {"picture", "plane", "position_mm", "pixel_mm", "images", "mode", "seconds"}
    assert (result["plane"], result["mode"], result["structures"]) == ("axial", None, ["GTV"])
    assert Path(result["picture"]) == (tmp_path / "p.png").resolve()
    # The middle of the structure, on the image's nearest slice.
    assert result["position_mm"][:2] == pytest.approx(CENTRE_MM[:2], abs=0.1)
    assert abs(result["position_mm"][2] - CENTRE_MM[2]) <= 1.3
    assert result["provisional"] is False and "provisional" not in outcome.err
    (image,) = result["images"]
    assert (image["role"], image["modality"], image["window"], image["unit"]) == ("base", "CT", [40, 400], "HU")
    assert pixels(tmp_path / "p.png").shape == (800, 800, 3)


def test_the_structure_lies_on_what_it_was_drawn_on(study: SmallStudy, tmp_path: Path) -> None:
    made(
        tmp_path, "--image", study.folder / "CT", "--structures", study.structures, "--only", "GTV",
        "--plane", "coronal", "--pixel", "0.5", "--size", "120x120", "--window", "-500,100", "--fill", "1",
    )  # fmt: skip
    shown = pixels(tmp_path / "p.png")
    red = (shown[..., 0] > 200) & (shown[..., 1] < 100)
    assert np.sqrt(red.sum() / np.pi) * 0.5 == pytest.approx(RADIUS_MM, abs=1.0)
    bright = (shown == 255).all(-1)
    assert bright.sum() < 0.05 * red.sum()


def test_every_mode_writes_another_picture(pair: Path, tmp_path: Path) -> None:
    modes = ("blend", "colour", "checkerboard", "curtain", "spyglass", "difference", "edges")
    pictures = {fused(pair, tmp_path, "--mode", mode).tobytes() for mode in modes}
    assert len(pictures) == len(modes)
    assert (fused(pair, tmp_path) == fused(pair, tmp_path, "--mode", "blend", "--opacity", "0.4")).all()
    many, few = (fused(pair, tmp_path, "--mode", "edges", "--edges", share) for share in ("1", "0"))
    assert (many != few).any()
    green = fused(pair, tmp_path, "--mode", "colour", "--colours", "green/magenta", "--opacity", "0.5")
    inner = green[12:-12, 20:-20]
    assert (inner[..., 0] == inner[..., 2]).all() and (inner[..., 0] != inner[..., 1]).mean() > 0.4


def test_which_of_several_series_is_taken_is_said(pair: Path, tmp_path: Path) -> None:
    outcome = made(tmp_path, "--image", pair)
    assert "of 2 series the CT" in outcome.err and "is taken" in outcome.err
    assert outcome.result["images"][0]["modality"] == "CT"
    assert "is taken" not in made(tmp_path, "--image", pair / "CT").err


def test_a_difference_tells_its_scale(pair: Path, tmp_path: Path) -> None:
    options = ("--overlay", pair / "MR", "--registration", pair / "reg.dcm", "--mode", "difference")
    outcome = made(tmp_path, "--image", pair / "CT", *options)
    result = outcome.result
    assert result["provisional"] is True and "warning: provisional" in outcome.err
    assert [image["provisional"] for image in result["images"]] == [False, True]
    assert result["color_bar"] == {
        "lower": -100.0, "upper": 100.0, "unit": "%", "ends": ["overlay darker", "overlay brighter"],
    }  # fmt: skip
    assert [image["role"] for image in result["images"]] == ["base", "overlay"] and result["mode"] == "difference"
    amber = (pixels(tmp_path / "p.png") == (0xFF, 0xB3, 0x40)).all(-1)
    assert amber[-30:, :200].sum() > 100, "it says so itself, wherever it is taken"
    made(tmp_path, "--image", pair / "CT")
    assert not (pixels(tmp_path / "p.png") == (0xFF, 0xB3, 0x40)).all(-1).any()


FUSED = ("--overlay", "MR", "--registration", "REG")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--overlay", "MR"), "share no frame of reference and no registration links them"),
        (("--mode", "curtain"), "--mode says something about an overlay"),
        (("--edges", "0.5"), "--edges says something about an overlay"),
        ((*FUSED, "--mode", "edges", "--edges", "7"), "share of the edges"),
        (("--registration", "REG"), "--registration says something about an overlay"),
        (("--only", "GTV"), "--only names structures; give --structures"),
        ((*FUSED, "--opacity", "40"), "from 0 to 1, not 40"),
        ((*FUSED, "--mode", "melt"), "invalid choice: 'melt'"),
        ((*FUSED, "--mode", "flicker"), "invalid choice: 'flicker'"),
        ((*FUSED, "--colours", "mauve"), "called 'mauve'; choose one of grey"),
        ((*FUSED, "--tile", "-3"), "above 0 mm"),
        (("--at", "0,0"), "3 numbers with commas"),
        (("--at", "0,0,nan"), "3 numbers with commas"),
        (("--at", "0,0,900"), "lies outside of the image"),
        (("--window", "40"), "2 numbers with commas"),
        (("--window", "40,0"), "a width above 0"),
        (("--slab", "-2"), "not -2 mm"),
        (("--size", "800"), "such as 800x600"),
        (("--size", "0x9"), "such as 800x600"),
        (("--size", "99999x99999"), "can't be made"),
        (("--pixel", "0"), "above 0 mm"),
        (("--fill", "2"), "from 0 to 1, not 2"),
        (("--out", "p.jpg"), "must end in .png"),
        (("--plane", "diagonal"), "invalid choice: 'diagonal'"),
    ],
)
def test_bad_input_is_one_line_that_says_what(
    pair: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"MR": pair / "MR", "REG": pair / "reg.dcm"}
    outcome = run_command(
        "picture", "--image", pair / "CT", "--out", "p.png", *(given.get(option, option) for option in options)
    )
    assert (outcome.code, outcome.out) == (2, "")
    (line,) = outcome.err.strip().splitlines()
    assert line.startswith("workstation: ") and words in line
    assert list(tmp_path.iterdir()) == []


def test_the_command_explains_itself() -> None:
    outcome = run_command("picture", "--help")
    assert outcome.code == 0 and "usage: workstation picture" in outcome.out


def test_the_patient_in_3d_is_seen_from_the_side_that_is_asked_for(study: SmallStudy, tmp_path: Path) -> None:
    """Bone lies to the left of the GTV: right of it on a picture from the front, left of it on one from behind."""
    for side, letters, order in (("A", "RL", 1), ("P", "LR", -1)):
        result = made(
            tmp_path, "--image", study.folder / "CT", "--structures", study.structures, "--plane", "3d",
            "--side", side, "--context", "none", "--size", "160x120",
        ).result  # fmt: skip
        assert (result["plane"], result["side"], result["context"]) == ("3d", side, "none")
        shown = pixels(tmp_path / "p.png")
        white = (shown == WHITE).all(-1)
        for letter, left in zip(letters, (2, 160 - 2 - 7), strict=True):
            assert (white[55:64, left : left + 7] == letter_bits(letter)).all()
        red = (shown[..., 0] > 2 * shown[..., 2]) & (shown[..., 0] > 60)
        bone = (shown.min(-1) > 25) & ~red & ~white
        assert red.sum() > 100 and bone.sum() > 100
        assert order * (np.nonzero(bone)[1].mean() - np.nonzero(red)[1].mean()) > 10


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--plane", "3d", "--slab", "5"), "--slab says something about slices"),
        (("--plane", "3d", "--side", "Q"), "choose one of A, P, L, R, S, I"),
        (("--plane", "3d", "--context", "fog"), "can't show 'fog'"),
        (("--side", "A"), "give --plane 3d, too"),
        (("--cut", "axial"), "give --plane 3d, too"),
    ],
)
def test_options_of_the_other_kind_of_picture_are_refused(
    pair: Path, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    outcome = run_command("picture", "--image", pair / "CT", "--out", tmp_path / "p.png", *options)
    assert (outcome.code, outcome.out) == (2, "") and words in outcome.err


def test_negative_numbers_need_no_equals_sign(pair: Path, tmp_path: Path) -> None:
    result = made(tmp_path, "--image", pair / "CT", "--at", "-12.5,-4,-2", "--window", "-500,100").result
    assert result["position_mm"] == pytest.approx([-12.5, -4, -2], abs=1.01)
    assert result["images"][0]["window"] == [-500, 100]


def test_people_get_a_line(pair: Path, tmp_path: Path) -> None:
    outcome = run_command("picture", "--image", pair / "CT", "--plane", "sagittal", "--out", tmp_path / "p.png")
    assert outcome.code == 0 and outcome.out.startswith("sagittal slice at ") and "p.png" in outcome.out
