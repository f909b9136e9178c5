"""Topics: read from anywhere, cut as the paper cuts them, chosen fairly and always the same."""

import gzip
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from littlegiants.errors import BadInput
from pipelines.topics.topics import choose_topics, read_topics, shipped_topics, truncate

DUMP = """<?xml version="1.0" encoding="UTF-8"?>
<RDF xmlns:r="http://www.w3.org/TR/RDF/" xmlns:d="http://purl.org/dc/elements/1.0/"
     xmlns="http://dmoz.org/rdf/">
  <Topic r:id=""><catid>1</catid></Topic>
  <Topic r:id="Top/Arts"><catid>381773</catid></Topic>
  <Topic r:id="Top/Arts/Animation/Anime_&amp;_Manga">
    <catid>423945</catid>
    <link r:resource="http://www.example.org/"/>
  </Topic>
  <ExternalPage about="http://www.example.org/">
    <d:Title>Top/Not/This</d:Title>
    <topic r:id="Top/Not/That">Top/Arts/Animation</topic>
  </ExternalPage>
  <Topic r:id="Top/Arts"/>
  <Topic r:id="Top/World/Français"/>
</RDF>
"""
FOUND = ["Arts", "Arts/Animation/Anime_&_Manga", "World/Français"]


def test_blank_lines_comments_and_repeats_are_skipped() -> None:
    lines = ["# my topics", "", "  Arts / Music ", "Arts/Music", "   ", "Science\n"]
    assert read_topics(lines) == ["Arts/Music", "Science"]


@pytest.mark.parametrize("text", ["\ufeffArts/Music\nScience\n", "Arts/Music\r\nScience"])
def test_reads_a_text_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "topics.txt"
    path.write_bytes(text.encode())
    assert read_topics(str(path)) == read_topics(path) == ["Arts/Music", "Science"]


@pytest.mark.parametrize(
    ("line", "topic"),
    [
        pytest.param("ورزش/دوچرخه\u200cسواری", "ورزش/دوچرخه\u200cسواری", id="joined-words"),
        pytest.param("Signes/👩\u200d🔬 savants", "Signes/👩\u200d🔬 savants", id="joined-emoji"),
        pytest.param("Cuisine/Soupes\u00a0: recettes", "Cuisine/Soupes : recettes", id="no-break"),
        pytest.param("科学/天文\u3000入門", "科学/天文 入門", id="wide"),
        pytest.param("דת/\u200fספר", "דת/\u200fספר", id="direction"),
        pytest.param("Cuisine/Cafe\u0301", "Cuisine/Caf\u00e9", id="decomposed"),
        pytest.param("Signs/\U0001fae9", "Signs/\U0001fae9", id="newer-than-the-tables"),
    ],
)
def test_a_path_of_any_script_is_a_path(line: str, topic: str) -> None:
    assert read_topics([line]) == [topic]


@pytest.mark.parametrize("character", ["\x00", "\x07", "\t", "\x85", "\u2028", "\ud800"])
def test_a_control_character_is_named_with_its_line(character: str) -> None:
    named = rf"mine:2: .*U\+{ord(character):04X}"
    with pytest.raises(BadInput, match=named):
        read_topics(["Arts", f"Science/Astro{character}nomy"], name="mine")


@pytest.mark.parametrize(
    "line", ["Arts//Music", "/Arts", "Arts/", "/", "A/ /B", "A\x00B", "x" * 301]
)
def test_names_file_and_line_of_a_bad_path(tmp_path: Path, line: str) -> None:
    path = tmp_path / "topics.txt"
    path.write_text(f"# mine\nScience\n{line}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"topics\.txt:3: .*write"):
        read_topics(path)


def test_names_the_line_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "topics.txt"
    path.write_bytes(b"Arts\nCaf\xe9\n")
    with pytest.raises(BadInput, match=r"topics\.txt:2: not UTF-8"):
        read_topics(path)


def test_says_that_a_file_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        read_topics(tmp_path / "topics.txt")


@pytest.mark.parametrize("name", ["content.rdf.u8", "content.rdf", "content.xml"])
def test_reads_a_directory_dump(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(DUMP, encoding="utf-8")
    assert read_topics(path) == FOUND


def test_reads_a_packed_directory_dump(tmp_path: Path) -> None:
    path = tmp_path / "content.rdf.u8.gz"
    path.write_bytes(gzip.compress(DUMP.encode()))
    assert read_topics(path) == FOUND


def test_reads_a_dump_with_the_faults_of_the_published_ones(tmp_path: Path) -> None:
    path = tmp_path / "content.rdf.u8"
    path.write_bytes(DUMP.encode().replace(b"381773", b"\x0b \xff\xfe \x1a"))
    assert read_topics(path) == FOUND


def test_a_dump_is_read_in_pieces_that_split_its_words(tmp_path: Path) -> None:
    many = "".join(f'<Topic r:id="Top/Été/Sujet_{n}"/>' for n in range(9000))
    path = tmp_path / "content.rdf.u8"
    path.write_text(DUMP.replace("</RDF>", f"{many}</RDF>"), encoding="utf-8")
    assert read_topics(path) == FOUND + [f"Été/Sujet_{n}" for n in range(9000)]


@pytest.mark.parametrize(
    "declaration",
    [
        pytest.param('<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">', id="bomb"),
        pytest.param('<!ENTITY a SYSTEM "file:///etc/hostname">', id="file"),
        pytest.param("", id="document-type"),
    ],
)
def test_a_hostile_dump_is_refused(tmp_path: Path, declaration: str) -> None:
    path = tmp_path / "content.rdf.u8"
    path.write_text(
        DUMP.replace("<RDF", f"<!DOCTYPE RDF [{declaration}]><RDF", 1), encoding="utf-8"
    )
    with pytest.raises(BadInput, match="declares a document type or entities"):
        read_topics(path)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(DUMP.replace("</RDF>", ""), 17, id="cut"),
        pytest.param("Arts/Music\n", 1, id="no-xml"),
        pytest.param("", 1, id="empty"),
    ],
)
def test_names_the_line_where_a_dump_breaks(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "content.rdf.u8"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=rf"content\.rdf\.u8:{line}: not an RDF dump"):
        read_topics(path)


@pytest.mark.parametrize(
    ("path", "cut"),
    [
        ("A", "A"),
        ("A/B/C/D", "A/B/C/D"),
        ("A/B/C/D/E", "A/B/D/E"),
        ("A/B/C/D/E/F/G", "A/B/F/G"),
    ],
)
def test_a_deep_path_keeps_two_segments_at_each_end(path: str, cut: str) -> None:
    assert truncate(path) == cut


@given(st.lists(st.text("ABC", min_size=1), min_size=1).map("/".join))
def test_cutting_twice_is_cutting_once(path: str) -> None:
    assert truncate(truncate(path)) == truncate(path)


PATHS = [f"{area}/{n}" for area, size in {"A": 50, "B": 5, "C": 50}.items() for n in range(size)]


def test_areas_have_equal_parts_while_they_last() -> None:
    def areas(count: int) -> Counter[str]:
        return Counter(topic[0] for topic in choose_topics(PATHS, count, 1))

    assert areas(12) == {"A": 4, "B": 4, "C": 4}
    assert areas(25) == {"A": 10, "B": 5, "C": 10}


def test_the_choice_does_not_depend_on_the_order_of_the_file() -> None:
    assert choose_topics(PATHS, 30, 1) == choose_topics(reversed(PATHS), 30, 1)


def test_another_seed_chooses_others() -> None:
    assert choose_topics(PATHS, 30, 1) != choose_topics(PATHS, 30, 2)


def test_an_area_is_not_chosen_from_the_top() -> None:
    topics = [f"A/{n}" for n in range(50)]
    assert set(choose_topics(topics, 10, 1)) != set(sorted(topics)[:10])


def test_a_larger_count_begins_with_the_smaller_ones_choice() -> None:
    assert choose_topics(PATHS, 60, 1)[:30] == choose_topics(PATHS, 30, 1)


def test_paths_that_are_cut_to_the_same_topic_count_once() -> None:
    assert choose_topics(["A/B/C/D/E", "A/B/X/D/E"], 1, 0) == ["A/B/D/E"]
    with pytest.raises(BadInput, match=r"^topics\.count: 2 of 1"):
        choose_topics(["A/B/C/D/E", "A/B/X/D/E"], 2, 0)


@pytest.mark.parametrize("count", [0, -1, 4])
def test_says_how_many_topics_there_are(count: int) -> None:
    with pytest.raises(BadInput, match="ask for 1 to 3 or add paths"):
        choose_topics(["A", "B", "C"], count, 0)


def test_the_shipped_topics_are_many_and_wide() -> None:
    topics = shipped_topics()
    assert len(topics) >= 400
    assert len({topic.partition("/")[0] for topic in topics}) >= 15
