"""Widgets in cycles are destroyed by the window's thread, whatever other threads allocate."""

from __future__ import annotations

import gc
import threading
import weakref

from pytestqt.qtbot import QtBot

from workstation.gui.garbage import GarbageCollector, collect_here_only


class Knot:
    """Garbage that only a collection finds."""

    def __init__(self, ended: list[int]) -> None:
        self.me = self
        weakref.finalize(self, lambda: ended.append(threading.get_ident()))


def test_another_thread_collects_nothing_and_this_one_does(qtbot: QtBot, qapp: object) -> None:
    collect_here_only(qapp)  # type: ignore[arg-type]
    collect_here_only(qapp)  # type: ignore[arg-type]
    assert len(qapp.findChildren(GarbageCollector)) == 1 and not gc.isenabled()  # type: ignore[attr-defined]
    ended: list[int] = []
    Knot(ended)
    work = threading.Thread(target=lambda: [[] for _ in range(100_000)])
    work.start()
    work.join()
    assert ended == []
    kept = [[] for _ in range(5_000)]
    qtbot.waitUntil(lambda: bool(ended), timeout=3000)
    assert ended == [threading.get_ident()] and kept
