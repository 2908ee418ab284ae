"""The system libraries, drawing drivers and fonts that Qt's and VTK's wheels expect a Linux system to have.

The list is what the wheels' shared objects name as needed (`objdump -p`) and do not bring along.
"""

from __future__ import annotations

import ctypes
import glob
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from console import SetUpError, say


@dataclass(frozen=True)
class SystemNeed:
    """One thing that the system has to offer, and the package that brings it on each family of systems."""

    name: str
    debian: str
    fedora: str
    arch: str
    only_for_a_window: bool = False


# Without these neither Qt nor VTK can be imported or draw, on a screen or off it.
ALWAYS = (
    SystemNeed("libstdc++.so.6", "libstdc++6", "libstdc++", "gcc-libs"),
    SystemNeed("libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd"),
    SystemNeed("libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd"),
    SystemNeed("libX11.so.6", "libx11-6", "libX11", "libx11"),
    SystemNeed("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    SystemNeed("libglib-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    SystemNeed("libgthread-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    SystemNeed("libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus"),
    SystemNeed("libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig"),
    SystemNeed("libfreetype.so.6", "libfreetype6", "freetype", "freetype2"),
    SystemNeed("libz.so.1", "zlib1g", "zlib", "zlib"),
    SystemNeed("libzstd.so.1", "libzstd1", "libzstd", "zstd"),
    SystemNeed("libbrotlidec.so.1", "libbrotli1", "libbrotli", "brotli"),
    SystemNeed("libgssapi_krb5.so.2", "libgssapi-krb5-2", "krb5-libs", "krb5"),
)

# The X11 platform of Qt; a headless run does without it.
FOR_A_WINDOW = tuple(
    SystemNeed(name, debian, fedora, arch, only_for_a_window=True)
    for name, debian, fedora, arch in (
        ("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb", "libx11"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
        ("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
        ("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
        ("libxcb-image.so.0", "libxcb-image0", "xcb-util-image", "xcb-util-image"),
        ("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
        ("libxcb-render-util.so.0", "libxcb-render-util0", "xcb-util-renderutil", "xcb-util-renderutil"),
        ("libxcb-util.so.1", "libxcb-util1", "xcb-util", "xcb-util"),
        ("libxcb-glx.so.0", "libxcb-glx0", "libxcb", "libxcb"),
        ("libxcb-randr.so.0", "libxcb-randr0", "libxcb", "libxcb"),
        ("libxcb-render.so.0", "libxcb-render0", "libxcb", "libxcb"),
        ("libxcb-shape.so.0", "libxcb-shape0", "libxcb", "libxcb"),
        ("libxcb-shm.so.0", "libxcb-shm0", "libxcb", "libxcb"),
        ("libxcb-sync.so.1", "libxcb-sync1", "libxcb", "libxcb"),
        ("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb", "libxcb"),
        ("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb", "libxcb"),
    )
)

DRAWING_DRIVER = SystemNeed("an OpenGL driver (Mesa)", "libgl1-mesa-dri", "mesa-dri-drivers", "mesa")
EGL_DRIVER = SystemNeed("an EGL driver (Mesa)", "libegl-mesa0", "mesa-libEGL", "mesa")
FONT = SystemNeed("a font", "fonts-dejavu-core", "dejavu-sans-fonts", "ttf-dejavu")
VIRTUAL_ENVIRONMENTS = SystemNeed("Python's venv module", "python3-venv", "python3", "python")

LIBRARY_FOLDERS = ("/usr/lib/*-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib", "/lib/*-linux-gnu", "/lib64")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
# Mesa up to 24.1 has swrast_dri.so, later ones libgallium; other vendors announce themselves to glvnd.
DRAWING_DRIVER_FILES = ("dri/swrast_dri.so", "libgallium*.so*", "libEGL_nvidia.so.0")
EGL_DRIVER_FILES = ("libEGL_mesa.so.0", "libEGL_nvidia.so.0")


def library_loads(name: str) -> bool:
    """Whether the dynamic linker finds the shared library and everything that it needs in turn."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def first_file(folders: Iterable[str], patterns: Iterable[str]) -> str | None:
    """The first file that a pattern finds in a folder."""
    patterns = tuple(patterns)
    for folder in folders:
        for pattern in patterns:
            found = glob.glob(os.path.join(os.path.expanduser(folder), pattern), recursive=True)
            if found:
                return found[0]
    return None


def driver_file(patterns: Iterable[str]) -> str | None:
    """The file of an OpenGL or EGL driver."""
    return first_file(LIBRARY_FOLDERS, patterns)


def font_file() -> str | None:
    """A TrueType or OpenType font that fontconfig would find."""
    return first_file(FONT_FOLDERS, ("**/*.ttf", "**/*.otf", "**/*.ttc"))


def missing_needs(loads: Callable[[str], bool] = library_loads) -> list[SystemNeed]:
    """What this Linux system lacks."""
    missing = [need for need in ALWAYS + FOR_A_WINDOW if not loads(need.name)]
    if driver_file(DRAWING_DRIVER_FILES) is None:
        missing.append(DRAWING_DRIVER)
    if driver_file(EGL_DRIVER_FILES) is None:
        missing.append(EGL_DRIVER)
    if font_file() is None:
        missing.append(FONT)
    return missing


def files_relied_on() -> list[str]:
    """The files behind the needs that are met: a later run only asks whether these still exist."""
    names = tuple(need.name for need in ALWAYS + FOR_A_WINDOW)
    files = {file for pattern in (DRAWING_DRIVER_FILES, EGL_DRIVER_FILES) if (file := driver_file(pattern))}
    font = font_file()
    if font:
        files.add(font)
    for folder in LIBRARY_FOLDERS:
        for found_folder in glob.glob(folder):
            files.update(path for name in names if os.path.exists(path := os.path.join(found_folder, name)))
    return sorted(files)


def virtual_environments_missing() -> bool:
    """Debian ships Python without the parts that make environments."""
    return importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None


def install_command(needs: Sequence[SystemNeed], which: Callable[[str], str | None] = shutil.which) -> str:
    """The one command that a person types to get what is missing."""
    def packages(family: str) -> str:
        return " ".join(sorted({getattr(need, family) for need in needs}))

    if which("apt-get"):
        return f"sudo apt-get install --no-install-recommends {packages('debian')}"
    if which("dnf"):
        return f"sudo dnf install {packages('fedora')}"
    if which("pacman"):
        return f"sudo pacman -S --needed {packages('arch')}"
    return f"install with your system's package manager (Debian's names): {packages('debian')}"


def may_install() -> bool:
    """Whether this run may call the system's package manager: as root on a Debian-like system."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_with_apt(needs: Sequence[SystemNeed]) -> bool:
    """Installs the needs' Debian packages and says whether that worked."""
    packages = sorted({need.debian for need in needs})
    say(f"installing system packages: {' '.join(packages)}")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    # Another run of the package manager may hold its lock for a while.
    apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    for command in ([*apt, "update"], [*apt, "install", "-y", "--no-install-recommends", *packages]):
        finished = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", check=False,
        )  # fmt: skip
    if finished.returncode != 0:
        lines = [line for line in finished.stdout.splitlines() if line.startswith("E:")] or ["apt-get failed"]
        say(f"system packages could not be installed ({lines[0].removeprefix('E:').strip()})")
    return finished.returncode == 0


def settle(needs: Sequence[SystemNeed], *, window_wanted: bool) -> None:
    """Says what is missing and what to type; raises `SetUpError` where the program cannot run without it."""
    if not needs:
        return
    # A missing font shows boxes instead of letters, which is bad but no reason to refuse.
    stopping = [need for need in needs if need is not FONT and (window_wanted or not need.only_for_a_window)]
    sentence = f"missing on this system: {', '.join(need.name for need in needs)}. Please run: {install_command(needs)}"
    if stopping:
        raise SetUpError(sentence)
    say(sentence)


def ensure(*, environment_wanted: bool, window_wanted: bool) -> None:
    """Looks for everything that Qt, VTK and a new Python environment need; as root on Debian it installs the rest."""
    lacks_venv = environment_wanted and virtual_environments_missing()
    needs = missing_needs() if sys.platform.startswith("linux") else []
    wanted = [*needs, VIRTUAL_ENVIRONMENTS] if lacks_venv else needs
    if wanted and may_install():
        install_with_apt(wanted)
        importlib.invalidate_caches()
        needs = missing_needs()
        lacks_venv = lacks_venv and virtual_environments_missing()
        wanted = [*needs, VIRTUAL_ENVIRONMENTS] if lacks_venv else needs
    settle(wanted, window_wanted=window_wanted)
