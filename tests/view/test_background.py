"""Work in the background: the newest wish wins, errors are carried, late answers are dropped."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from workstation.view.background import Answer, Background


class Answers:
    def __init__(self) -> None:
        self.got: list[Answer] = []
        self.arrived = threading.Semaphore(0)

    def __call__(self, answer: Answer) -> None:
        self.got.append(answer)
        self.arrived.release()

    def wait(self, count: int) -> list[Answer]:
        for _ in range(count):
            assert self.arrived.acquire(timeout=10)
        return self.got


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def maker(answers: Answers) -> Iterator[Background]:
    made = Background("test", answers)
    yield made
    made.stop()


def test_a_wish_is_answered_on_another_thread(maker: Background, answers: Answers) -> None:
    maker.ask("GTV", threading.get_ident)
    (answer,) = answers.wait(1)
    assert answer.key == "GTV" and answer.error is None
    assert answer.value != threading.get_ident()


def test_only_the_newest_of_many_wishes_is_made(maker: Background, answers: Answers) -> None:
    begun, go = threading.Event(), threading.Event()
    made: list[int] = []

    def slow() -> None:
        begun.set()
        go.wait(10)

    maker.ask("other", slow)
    assert begun.wait(10)
    for number in range(5):
        maker.ask("GTV", lambda number=number: made.append(number))
    go.set()
    answers.wait(2)
    assert made == [4]


def test_an_answer_that_comes_late_is_dropped(maker: Background, answers: Answers) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go.wait(10)

    maker.ask("GTV", slow, later=1)
    assert begun.wait(10)
    maker.ask("GTV", lambda: 2)
    go.set()
    assert [answer.value for answer in answers.wait(1)] == [2]
    assert len(answers.got) == 1


def test_wishes_that_can_wait_do(maker: Background, answers: Answers) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go.wait(10)

    maker.ask("first", slow)
    assert begun.wait(10)
    maker.ask("a", lambda: None, later=1)
    maker.ask("b", lambda: None)
    go.set()
    assert [answer.key for answer in answers.wait(3)] == ["first", "b", "a"]


def test_an_error_is_carried_and_the_next_wish_is_still_made(maker: Background, answers: Answers) -> None:
    def broken() -> None:
        raise ValueError("crossing rings")

    maker.ask("GTV", broken)
    assert str(answers.wait(1)[0].error) == "crossing rings"
    maker.ask("GTV", lambda: None)
    assert answers.wait(1)[-1].error is None


def test_a_forgotten_wish_gets_no_answer(maker: Background, answers: Answers) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go.wait(10)

    maker.ask("GTV", slow)
    assert begun.wait(10)
    maker.forget("GTV")
    maker.ask("last", lambda: None)
    go.set()
    assert [answer.key for answer in answers.wait(1)] == ["last"]
