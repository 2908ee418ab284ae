"""Background surfaces: the newest wish wins, errors are carried, late answers are dropped."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from workstation.view.mesh_maker import MeshAnswer, MeshMaker


class Answers:
    def __init__(self) -> None:
        self.got: list[MeshAnswer] = []
        self.arrived = threading.Semaphore(0)

    def __call__(self, answer: MeshAnswer) -> None:
        self.got.append(answer)
        self.arrived.release()

    def wait(self, count: int) -> list[MeshAnswer]:
        for _ in range(count):
            assert self.arrived.acquire(timeout=10)
        return self.got


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def maker(answers: Answers) -> Iterator[MeshMaker]:
    made = MeshMaker(answers)
    yield made
    made.stop()


def test_a_wish_is_answered_on_another_thread(maker: MeshMaker, answers: Answers) -> None:
    threads: list[int] = []
    maker.ask("GTV", False, lambda: threads.append(threading.get_ident()))
    (answer,) = answers.wait(1)
    assert (answer.identifier, answer.fine, answer.mesh, answer.error) == ("GTV", False, None, None)
    assert threads[0] != threading.get_ident()


def test_only_the_newest_of_many_wishes_is_made(maker: MeshMaker, answers: Answers) -> None:
    begun, go = threading.Event(), threading.Event()
    made: list[int] = []

    def slow() -> None:
        begun.set()
        go.wait(10)

    maker.ask("other", False, slow)
    assert begun.wait(10)
    for number in range(5):
        maker.ask("GTV", False, lambda number=number: made.append(number))
    go.set()
    answers.wait(2)
    assert made == [4]


def test_an_answer_that_comes_late_is_dropped(maker: MeshMaker, answers: Answers) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go.wait(10)

    maker.ask("GTV", True, slow)
    assert begun.wait(10)
    maker.ask("GTV", False, lambda: None)
    go.set()
    assert [answer.fine for answer in answers.wait(1)] == [False]
    assert len(answers.got) == 1


def test_coarse_wishes_come_before_fine_ones(maker: MeshMaker, answers: Answers) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go.wait(10)

    maker.ask("first", False, slow)
    assert begun.wait(10)
    maker.ask("a", True, lambda: None)
    maker.ask("b", False, lambda: None)
    go.set()
    assert [answer.identifier for answer in answers.wait(3)] == ["first", "b", "a"]


def test_an_error_is_carried_and_the_next_wish_is_still_made(maker: MeshMaker, answers: Answers) -> None:
    def broken() -> None:
        raise ValueError("crossing rings")

    maker.ask("GTV", False, broken)
    assert str(answers.wait(1)[0].error) == "crossing rings"
    maker.ask("GTV", False, lambda: None)
    assert answers.wait(1)[-1].error is None


def test_a_forgotten_structure_gets_no_answer(maker: MeshMaker, answers: Answers) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go.wait(10)

    maker.ask("GTV", False, slow)
    assert begun.wait(10)
    maker.forget("GTV")
    maker.ask("last", False, lambda: None)
    go.set()
    assert [answer.identifier for answer in answers.wait(1)] == ["last"]
