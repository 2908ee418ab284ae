"""Recent cases: the newest first, without a patient's data, and never a reason to fail."""

from __future__ import annotations

import pytest

from workstation.store.folders import data_folder
from workstation.store.recent import forget, recent_cases, remember


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RT_WORKSTATION_DATA", str(tmp_path / "data"))


def test_the_newest_comes_first_and_each_once(tmp_path):
    assert recent_cases() == []
    for name in ("a", "b", "a"):
        remember(tmp_path / f"{name}.rtcase", f"Case {name}")
    assert [item.label for item in recent_cases()] == ["Case a", "Case b"]
    assert not recent_cases()[0].exists
    forget(tmp_path / "a.rtcase")
    assert [item.label for item in recent_cases()] == ["Case b"]


def test_the_list_is_short_and_named_after_the_file_where_nobody_gave_a_name(tmp_path):
    for number in range(30):
        remember(tmp_path / f"{number}.rtcase")
    assert len(recent_cases()) == 20 and recent_cases()[0].label == "29"


def test_a_damaged_list_counts_as_empty():
    (data_folder() / "recent.json").write_text("{")
    assert recent_cases() == []
    (data_folder() / "recent.json").write_text('[{"path": 1}]')
    assert recent_cases() == []
