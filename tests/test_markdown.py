"""Figures as Markdown, and their way into a file."""

import pytest

from insects.errors import RunError
from insects.markdown import nested, number, put_between


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.48765, "0.488"),
        (20_000, "20 000"),
        (True, "True"),
        ("x86_64", "x86_64"),
        ((0.62345, 0.0412), "0.623 ± 0.041"),
    ],
)
def test_a_figure_has_as_many_digits_as_it_deserves(value, text):
    assert number(value) == text


def test_groups_with_the_same_names_are_columns_of_one_table():
    text = nested({"photos": 6, "300": {"ours": 0.5}, "1000": {"ours": 0.25}})
    assert text.splitlines() == [
        "photos: 6",
        "",
        "|  | 300 | 1000 |",
        "| --- | --- | --- |",
        "| ours | 0.5 | 0.25 |",
    ]


def test_groups_with_other_names_get_a_table_of_their_own():
    assert nested({"a": {"x": 1}, "b": {"y": 2}}).count("| --- | --- |") == 2


def test_text_is_put_between_the_marks_and_nowhere_else(tmp_path):
    file = tmp_path / "README.md"
    file.write_text("before\n<!-- speed -->\nold\n<!-- end of speed -->\nafter\n")
    put_between(file, "speed", "new")
    assert file.read_text() == "before\n<!-- speed -->\nnew\n<!-- end of speed -->\nafter\n"


def test_a_file_without_the_marks_is_refused_and_left_alone(tmp_path):
    file = tmp_path / "README.md"
    file.write_text("nothing here\n")
    with pytest.raises(RunError, match="speed"):
        put_between(file, "speed", "new")
    assert file.read_text() == "nothing here\n"
