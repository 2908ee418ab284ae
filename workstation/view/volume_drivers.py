"""The drivers of OpenGL, loaded while the window goes on.

VTK keeps Python to itself while it makes its first window, and the drivers behind it (with a compiler of their own
where there is no GPU) take the system's loader 50 to 100 ms. A foreign call lets go of Python; VTK finds them loaded.
"""

from __future__ import annotations

import ctypes
import os
import sys

EGL_PLATFORM_SURFACELESS_MESA = 0x31DD


def prefer_off_screen() -> bool:
    """Have VTK use EGL where there is no X server, whose absence it would complain of; whether it will."""
    if not sys.platform.startswith("linux") or os.environ.get("DISPLAY"):
        return False
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    return os.environ["VTK_DEFAULT_OPENGL_WINDOW"] == "vtkEGLRenderWindow"


def load_drivers() -> bool:
    """Load what EGL needs without a screen; whether it could.

    Only an advantage: what can't be loaded here VTK finds out itself, and says.
    """
    try:
        egl = ctypes.CDLL("libEGL.so.1")
        get_display, initialize = egl.eglGetPlatformDisplay, egl.eglInitialize
    except (OSError, AttributeError):
        return False
    get_display.restype = ctypes.c_void_p
    get_display.argtypes = [ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p]
    initialize.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    display = get_display(EGL_PLATFORM_SURFACELESS_MESA, None, None)
    return bool(display) and bool(initialize(display, None, None))
