"""Work beside everything else: it begins with the context and has ended after it."""

import threading

import pytest

from anpr.runtime.background import beside


def test_it_works_until_the_context_ends() -> None:
    begun, ended = threading.Event(), threading.Event()

    def work(stop: threading.Event) -> None:
        begun.set()
        stop.wait()
        ended.set()

    with beside(work, "one"):
        assert begun.wait(10)
        assert not ended.is_set()
        assert "one" in {thread.name for thread in threading.enumerate()}
    assert ended.is_set()
    assert "one" not in {thread.name for thread in threading.enumerate()}


def test_it_ends_when_the_context_fails() -> None:
    ended = threading.Event()

    def work(stop: threading.Event) -> None:
        stop.wait()
        ended.set()

    with pytest.raises(RuntimeError, match="lost"), beside(work, "one"):
        raise RuntimeError("lost")
    assert ended.is_set()


def test_what_it_waits_for_wakes_it_after_its_end_was_told() -> None:
    news, seen = threading.Event(), list[bool]()

    def work(stop: threading.Event) -> None:
        news.wait()
        seen.append(stop.is_set())

    with beside(work, "one", news):
        pass
    assert seen == [True]
