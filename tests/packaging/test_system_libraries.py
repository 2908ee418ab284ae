"""Missing system libraries: installed by root on Debian, otherwise named with the one command that brings them."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture
def libraries(script, monkeypatch):
    """The module, on a Linux system whose drivers and fonts are in place."""
    module = script("system_libraries")
    monkeypatch.setattr(module.sys, "platform", "linux")
    monkeypatch.setattr(module, "driver_file", lambda patterns: "/usr/lib/driver.so")
    monkeypatch.setattr(module, "font_file", lambda: "/usr/share/fonts/font.ttf")
    return module


def without(*missing):
    """A dynamic linker that lacks some libraries."""
    return lambda name: name not in missing


def having(*commands):
    """A search path with these commands."""
    return lambda name: f"/usr/bin/{name}" if name in commands else None


def test_a_complete_system_lacks_nothing(libraries):
    assert libraries.missing_needs(without()) == []


def test_what_is_missing_is_named_with_its_package(libraries):
    (need,) = libraries.missing_needs(without("libxcb-cursor.so.0"))
    assert (need.debian, need.only_for_a_window) == ("libxcb-cursor0", True)


def test_a_missing_driver_and_a_missing_font_are_noticed(libraries, monkeypatch):
    monkeypatch.setattr(libraries, "driver_file", lambda patterns: None)
    monkeypatch.setattr(libraries, "font_file", lambda: None)
    packages = {need.debian for need in libraries.missing_needs(without())}
    assert packages == {"libgl1-mesa-dri", "libegl-mesa0", "fonts-dejavu-core"}


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "sudo apt-get install --no-install-recommends libegl1 libxcb-cursor0"),
        ("dnf", "sudo dnf install libglvnd-egl xcb-util-cursor"),
        ("pacman", "sudo pacman -S --needed libglvnd xcb-util-cursor"),
        ("emerge", "install with your system's package manager (Debian's names): libegl1 libxcb-cursor0"),
    ],
)
def test_one_command_brings_what_is_missing(libraries, manager, command):
    needs = libraries.missing_needs(without("libEGL.so.1", "libxcb-cursor.so.0"))
    assert libraries.install_command(needs, having(manager)) == command


@pytest.fixture
def as_user(libraries, monkeypatch):
    """Anybody but root, on Debian."""
    monkeypatch.setattr(libraries, "may_install", lambda: False)
    monkeypatch.setattr(libraries.shutil, "which", having("apt-get"))
    monkeypatch.setattr(libraries, "install_with_apt", lambda needs: pytest.fail("called the package manager"))
    return libraries


def lacking(monkeypatch, libraries, *names):
    """Lets the system lack the named libraries."""
    needs = libraries.missing_needs(without(*names))
    monkeypatch.setattr(libraries, "missing_needs", lambda: needs)


def test_a_user_is_told_the_command_and_the_set_up_stops(as_user, script, monkeypatch):
    lacking(monkeypatch, as_user, "libEGL.so.1")
    with pytest.raises(script("console").SetUpError) as stopped:
        as_user.ensure(environment_wanted=False, window_wanted=False)
    sentence = str(stopped.value)
    assert "libEGL.so.1" in sentence
    assert "sudo apt-get install --no-install-recommends libegl1" in sentence
    assert "\n" not in sentence


def test_without_a_window_the_libraries_of_windows_are_only_mentioned(as_user, script, monkeypatch, capsys):
    lacking(monkeypatch, as_user, "libxcb-cursor.so.0")
    as_user.ensure(environment_wanted=False, window_wanted=False)
    assert "libxcb-cursor0" in capsys.readouterr().err
    with pytest.raises(script("console").SetUpError):
        as_user.ensure(environment_wanted=False, window_wanted=True)


def test_pythons_missing_venv_module_is_named_as_a_package(as_user, script, monkeypatch):
    monkeypatch.setattr(as_user, "missing_needs", list)
    monkeypatch.setattr(as_user, "virtual_environments_missing", lambda: True)
    with pytest.raises(script("console").SetUpError, match="python3-venv"):
        as_user.ensure(environment_wanted=True, window_wanted=False)


def test_root_on_debian_gets_everything_installed_in_one_go(libraries, monkeypatch):
    needs = libraries.missing_needs(without("libEGL.so.1", "libxcb-cursor.so.0"))
    answers = iter([needs, []])
    installed = []
    monkeypatch.setattr(libraries, "missing_needs", lambda: next(answers))
    monkeypatch.setattr(libraries, "may_install", lambda: True)
    monkeypatch.setattr(libraries, "install_with_apt", lambda wanted: installed.append(list(wanted)) or True)
    libraries.ensure(environment_wanted=False, window_wanted=True)
    assert installed == [needs]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at Linux's dynamic linker")
def test_a_library_that_is_not_there_does_not_load(script):
    assert not script("system_libraries").library_loads("libnobody-has-this.so.7")
