"""Cases on disk, for the window: open, save, recent ones, and what a crash left behind."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from workstation.gui.deliverer import Deliverer
from workstation.gui.last_work import LastWork
from workstation.gui.recent_cases import RecentCases
from workstation.gui.sentences import is_expected, sentence_of
from workstation.gui.settings import Settings
from workstation.gui.view_keeper import ViewKeeper
from workstation.jobs.progress import Cancelled

if TYPE_CHECKING:
    from workstation.case.case import Case
    from workstation.dicom.entry import SeriesEntry
    from workstation.gui.jobs.runner import Job
    from workstation.gui.loading import Originals
    from workstation.gui.main_window import MainWindow
    from workstation.gui.opening import Opener
    from workstation.gui.preview import PreviewPage
    from workstation.images.volume import Volume
    from workstation.store.case_file import CaseFile


CASE_SUFFIX = ".rtcase"


class CaseFiles(QObject):
    """Opens and keeps the case of one window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.settings = Settings()
        self._deliver = Deliverer(self)
        self._recent = RecentCases(window, self)
        self.last = LastWork(window, self.settings)
        self._opener: Opener | None = None
        self._preview: PreviewPage | None = None
        self._queue: list[Callable[[], None]] = []
        self._agreed_to_close = False
        self._view = ViewKeeper(window)
        window.preparation.ready.connect(self._prepared)

    # ------------------------------------------------------------------ opening

    def open_paths(self, paths: list[str]) -> None:
        """Open folders, files, archives, or one saved case."""
        if not paths:
            return
        self.settings.set_last_folder(str(Path(paths[0]).parent))
        cases = [path for path in paths if Path(path).suffix == CASE_SUFFIX]
        if cases:
            self._when_ready(lambda: self.open_case(Path(cases[0])))
        else:
            self._when_ready(lambda: self._the_opener().open_paths(paths, self._window.session))

    def load_entry(self, entry: SeriesEntry) -> None:
        """Load a series that was found before."""
        if self._window.session is not None:
            self._the_opener().load_entry(entry, self._window.session)

    def reopen_last(self) -> None:
        """Open the case that was open when the program ended, as soon as it can be."""
        self._when_ready(self.last.reopen)

    def open_example(self, seed: int = 0) -> None:
        """Open the built-in glomus case; it is made once and then read from disk."""
        self._when_ready(lambda: self._make_example(seed))

    def last_folder(self) -> str:
        """Where a dialog begins."""
        return self.settings.last_folder()

    def _make_example(self, seed: int) -> None:
        from workstation.gui.example import example_folder

        if not self.may_leave(lambda: self.open_example(seed)):
            return
        self.last.note(None)
        self.release()
        self._window.close_workspace()
        self._window.runner.start(
            "Making the glomus example",
            example_folder,
            seed,
            then=lambda folder: self._the_opener().open_paths([str(folder)], self._window.session),
            lane="opening",
        )

    def _the_opener(self) -> Opener:
        if self._opener is None:
            from workstation.gui.opening import Opener
            from workstation.gui.preview import PreviewPage

            window = self._window
            self._opener = Opener(window.runner, window.messages, window.preparation.wait_warm, self)
            self._preview = PreviewPage()
            self._opener.previewed.connect(self._show_preview)
            self._opener.begun.connect(self._begin)
            self._opener.finished.connect(lambda _opened: window.show_start_page())
            self._opener.register_wanted.connect(window.commands.register)
        return self._opener

    def _show_preview(self, preview: Any) -> None:
        if self._preview is not None and self._window.workspace is None:
            self._preview.show_preview(preview)
            self._window.show_page(self._preview)

    def _begin(self, volume: Volume) -> None:
        """The first image has arrived: a new case, journalled from its first step on."""
        from workstation.case.case import Case
        from workstation.case.commands import AddImage

        self.last.note(None)
        case = Case()
        file = self._recovery_file(case)
        case.do(AddImage(volume))
        session = self._window.show_case(case)
        self._take_file(file)
        if self._opener is not None:
            self._opener.attach(session)

    def _recovery_file(self, case: Case) -> CaseFile | None:
        from workstation.store.errors import StoreError
        from workstation.store.recovery import begin_recovery

        try:
            return begin_recovery(case, deliver=self._deliver)
        except StoreError as error:
            self._window.messages.say(f"This case can't be restored after a crash: {error}", "caution")
            return None

    # ------------------------------------------------------------------ saved cases

    def open_case(
        self, path: Path, named: bool = True, failed: Callable[[Exception], None] | None = None
    ) -> Job | None:
        """Open a saved case, or (not named) one that a crash left behind.

        failed: is told why it can't be opened, instead of the message bar. Returns the job, None when the open case
        can't be left yet.
        """
        if not self.may_leave(lambda: self.open_case(path, named)):
            return None
        from workstation.gui.loading import load_images, load_originals
        from workstation.gui.session import STRUCTURE_SETS
        from workstation.store.case_file import CaseFile

        def work(progress: Any) -> tuple[CaseFile, Case, Originals]:
            self._window.preparation.wait_warm(progress)
            file, case = CaseFile.open(path, load_images, progress=progress, named=named, deliver=self._deliver)
            try:
                originals = load_originals(case.view_state.get(STRUCTURE_SETS), case.images, progress)
            except Cancelled:
                file.close()
                raise
            for structure in case.structures.values():
                structure.stack.bounds_mm()  # kept by the rings; here nobody waits for it
            return file, case, originals

        return self._window.runner.start(
            "Opening the case" if not named else f"Opening {path.name}",
            work,
            then=lambda opened: self._show_opened(*opened),
            failed=failed or (lambda error: self._window.messages.say(sentence_of(error), "danger")),
            lane="opening",
        )

    def _show_opened(self, file: CaseFile, case: Case, originals: Originals) -> None:
        self.release()
        session = self._window.show_case(case)
        session.structure_sets.update(originals.found)
        session.lost_structure_sets.update(originals.lost)
        self._take_file(file)
        self._view.restore()
        self.last.note(None)
        if file.named:
            self._remember(file.path)
        for warning in file.warnings:
            self._window.messages.say(warning, "caution")

    def _take_file(self, file: CaseFile | None) -> None:
        session = self._window.session
        if session is None or file is None:
            return
        session.file = file
        file.failed.connect(lambda sentence: self._window.messages.say(sentence, "danger", key="file"))
        self._window.refresh()

    # ------------------------------------------------------------------ saving

    def save(self, then: Callable[[], None] | None = None) -> None:
        """Write everything; a case that has no name yet is asked for one."""
        session = self._window.session
        if session is None:
            return
        if session.file is None or not session.file.named:
            self.save_as(then=then)
            return
        self.keep_view_state()
        file = session.file

        def flush(progress: Any) -> None:
            progress(0.0, f"Saving {file.path.name}")
            file.flush()

        self._window.runner.start("Saving", flush, then=lambda _none: self._saved(then))

    def save_as(self, path: str = "", then: Callable[[], None] | None = None) -> None:
        """Write the case to a file that a person chooses (or `path`) and go on there."""
        session = self._window.session
        if session is None:
            return
        chosen = path or self._ask_path()
        if not chosen:
            return
        target = Path(chosen) if chosen.endswith(CASE_SUFFIX) else Path(chosen + CASE_SUFFIX)
        from workstation.store.errors import StoreError

        self.keep_view_state()
        file = session.file
        if file is None:
            self._create(target, then)
            return

        def move(progress: Any) -> None:
            progress(0.0, f"Writing the case and its history to {target.name}")
            # Waits for images that are still being hashed while commands go on. Where the old place can't be written
            # any more (a full disk), what is waiting goes straight into the new file.
            with contextlib.suppress(StoreError):
                file.flush()
            file.save_as(target)

        self._window.runner.start(
            "Saving",
            move,
            then=lambda _none: self._moved(file, then),
            failed=lambda error: self._window.messages.say(sentence_of(error), "danger", key="file"),
        )

    def _ask_path(self) -> str:
        start = str(Path(self.last_folder() or Path.home()) / f"case{CASE_SUFFIX}")
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Save the case", start, f"Cases (*{CASE_SUFFIX})")
        return chosen

    def _remember(self, path: Path) -> None:
        """A case of one's own: on top of the recent ones, and opened again at the next start."""
        self._recent.remember(path)
        self.last.note(path)

    def _moved(self, file: CaseFile, then: Callable[[], None] | None) -> None:
        self._remember(file.path)
        session = self._window.session
        if session is not None and session.file is file:
            self._window.messages.clear("file")
            self._saved(then)

    def _create(self, target: Path, then: Callable[[], None] | None) -> None:
        from workstation.store.case_file import CaseFile

        session = self._window.session
        made: list[CaseFile] = []
        if session is not None and self.attempt(
            lambda: made.append(CaseFile.create(target, session.case, deliver=self._deliver))
        ):
            self._take_file(made[0])
            self._remember(target)
            self._saved(then)

    def _saved(self, then: Callable[[], None] | None) -> None:
        self._window.refresh()
        if then is not None:
            then()

    def attempt(self, action: Callable[[], Any]) -> bool:
        """Run something that may fail in words, which the message bar then says; whether it went well."""
        try:
            action()
        except Exception as error:
            if not is_expected(error):
                raise
            self._window.messages.say(sentence_of(error), "danger", key="file")
            return False
        return True

    # ------------------------------------------------------------------ leaving

    def close_case(self) -> None:
        """Back to the start page; asks when something would be lost."""
        if self.may_leave(self.close_case):
            self._window.runner.stop_all(wait_s=2.0)
            self.last.note(None)
            self.release()
            self._window.close_workspace()
            self._recent.show()

    def leave_without_asking(self) -> None:
        """For scripts: from now on nothing is asked, and what was not saved is discarded."""
        self._agreed_to_close = self._discard = self._abandon = True

    def may_close(self) -> bool:
        """Whether the window may close now."""
        return self.may_leave(self._window.close)

    def may_leave(self, again: Callable[[], Any]) -> bool:
        """Whether the open case can be left. If not, a message offers to save, keep or discard, and then `again`."""
        if self._window.session is None or self._agreed_to_close:
            return True

        def leave(discard: bool) -> None:
            self._agreed_to_close = self._abandon = True
            self._discard = discard
            again()
            self._agreed_to_close = False

        unwritten = self._unwritten()
        if unwritten:
            self._window.messages.say(
                unwritten,
                "danger",
                [("Save elsewhere…", lambda: self.save_as(then=again)), ("Leave without it", lambda: leave(True))],
                key="leave",
            )
            return False
        if not self.has_unsaved_work():
            return True
        self._window.messages.say(
            "This case has not been saved.",
            "caution",
            [
                ("Save…", lambda: self.save(then=again)),
                ("Keep for next time", lambda: leave(False)),
                ("Discard", lambda: leave(True)),
            ],
            key="leave",
        )
        return False

    _discard = True
    """Whether an unnamed case's recovery file goes with it; it holds nothing but openings unless a person chose."""
    _abandon = False
    """Whether a person has agreed to leave what could not be written."""

    def _unwritten(self) -> str:
        """Why the newest work of a saved case does not lie in its file and can't be put there now, or ""."""
        from workstation.store.errors import StoreError

        session = self._window.session
        if session is None or session.file is None or not session.file.named or session.file.everything_written:
            return ""
        try:
            session.file.flush()
        except StoreError as error:
            return f"The newest changes are not in the file. {sentence_of(error)}"
        return ""

    def has_unsaved_work(self) -> bool:
        """Whether a person has done something that lies in no file of their own."""
        session = self._window.session
        if session is None or (session.file is not None and session.file.named):
            return False
        done, undone = session.case.steps
        return bool(undone) or any(not is_opening(step.label) for step in done)

    def can_undo(self) -> bool:
        """Whether there is something to take back; bringing images in is no work that undo should destroy."""
        session = self._window.session
        if session is None or not session.case.undo_label:
            return False
        done, _ = session.case.steps
        return not is_opening(session.case.undo_label) or any(not is_opening(step.label) for step in done)

    def release(self) -> None:
        """Let go of the case file; the last view is kept in it."""
        session = self._window.session
        if session is None or session.file is None:
            return
        self.keep_view_state()
        self._view.pause()
        file, session.file = session.file, None
        discard = self._discard and (not file.named or self._abandon)
        self.attempt(lambda: file.close(discard=discard))
        self._discard, self._abandon = True, False

    # ------------------------------------------------------------------ for the window

    def case_name(self) -> str:
        """Name of the open case for the title bar."""
        session = self._window.session
        if session is None:
            return ""
        return session.file.path.stem if session.file is not None and session.file.named else "New case"

    def saved_words(self) -> str:
        """Whether everything is on disk."""
        session = self._window.session
        if session is None:
            return ""
        if session.file is None or not session.file.named:
            return "not saved yet" if self.has_unsaved_work() else ""
        return "saved" if session.case.saved else "saving…"

    def keep_view_state(self) -> None:
        """Keep how the case is looked at with the case."""
        self._view.keep()

    def _when_ready(self, action: Callable[[], None]) -> None:
        if self._window.preparation.imported.is_set():
            action()
        else:
            self._window.start_page.show_preparing("Preparing the program…")
            self._queue.append(action)

    def _prepared(self) -> None:
        self._recent.show()
        self._recent.offer_restore()
        queue, self._queue = self._queue, []
        for action in queue:
            action()


def is_opening(label: str) -> bool:
    """Whether a step of the history only brought data in."""
    return label.startswith("Open ")
