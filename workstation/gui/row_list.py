"""What the lists of structures and of measurements look like: rows without a grid, one column that takes the room."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView


def lay_out_rows(table: QTableView, name: str, row_px: int, widths_px: Mapping[int, int], wide: int) -> None:
    """Make a table, whose model is set, a list of rows that are chosen one at a time.

    widths_px: of the fixed columns. wide: the column that takes what is left.
    """
    table.setShowGrid(False)
    table.setFrameShape(QTableView.Shape.NoFrame)
    table.setAccessibleName(name)
    table.horizontalHeader().hide()
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(row_px)
    table.horizontalHeader().setMinimumSectionSize(20)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.horizontalHeader().setSectionResizeMode(wide, QHeaderView.ResizeMode.Stretch)
    for column, width_px in widths_px.items():
        table.setColumnWidth(column, width_px)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
    table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
