"""Draws a red picture off screen with VTK and a text with Qt, and fails with one line when either does not come out."""

import sys

from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from vtkmodules import vtkRenderingOpenGL2  # noqa: F401  (brings the classes that draw)
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow, vtkWindowToImageFilter


def vtk_draws() -> bool:
    """Whether a red background comes out red."""
    window = vtkRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetSize(32, 32)
    renderer = vtkRenderer()
    renderer.SetBackground(1.0, 0.0, 0.0)
    window.AddRenderer(renderer)
    window.Render()
    picture = vtkWindowToImageFilter()
    picture.SetInput(window)
    picture.Update()
    return picture.GetOutput().GetScalarComponentAsDouble(16, 16, 0, 0) == 255.0


def qt_writes() -> bool:
    """Whether a text leaves a trace, which takes a font."""
    application = QGuiApplication([])
    image = QImage(64, 32, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.drawText(4, 20, "mm")
    painter.end()
    written = any(image.pixelColor(x, y) != QColor("white") for x in range(64) for y in range(32))
    application.quit()
    return written


if __name__ == "__main__":
    failed = [name for name, works in (("VTK", vtk_draws), ("Qt", qt_writes)) if not works()]
    if failed:
        sys.exit(f"{' and '.join(failed)} drew nothing")
