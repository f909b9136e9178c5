"""Form in a text is found in whatever kind; texts that look like it a little are let be."""

import pytest

from littlegiants.form_in_text import has_form
from littlegiants.kinds import Kind
from littlegiants.samples import Sample

BEES = "Bees steer by the sun and by landmarks that they know, and dance to tell others."
ANTS = "Ants lay trails of scent to their food and follow them home again at night, too."


def sts(*texts: str) -> Sample:
    given = (*texts, "A cat was sitting on it.", "Dogs lie there at night.")[:3]
    return Sample(Kind.STS, *given)


def query(text: str) -> Sample:
    return Sample(Kind.RETRIEVAL, text, BEES, ANTS)


def document(text: str) -> Sample:
    return Sample(Kind.RETRIEVAL, "how bees find home", text, ANTS)


def negative(text: str) -> Sample:
    return Sample(Kind.RETRIEVAL, "how bees find home", BEES, text)


def labelled(text: str, label: str = "calm", other: str = "afraid") -> Sample:
    return Sample(Kind.CLASSIFICATION, text, label, other)


FORM = {
    "S1:": sts("S1: The cat sat on the mat."),
    "(S1)": sts("(S1) The cat sat on the mat."),
    "S1.": sts("S1. The cat sat on the mat."),
    "S1 The": sts("S1 The cat sat on the mat."),
    "S1 and S2, small": sts("S1 the cat sat", "S2 a cat was there"),
    "sentence 1:": sts("Sentence 1: The cat sat on the mat."),
    "places alone": sts("S21", "S01", "S31"),
    "places in a row": sts("S2,S3,S1,S3"),
    "a place and JSON": sts("S47(Span)393}}}. Name of JSON object: {"),
    "type names": sts("text", "string", "sentence"),
    "sentences spoken of": sts("The first sentence.", "The second sentence."),
    "<>": sts("<another sentence>"),
    "[]": sts("[insert text]"),
    "TODO": sts("TODO"),
    "query:": query("query: bees way"),
    "User query:": query("User query: bees way"),
    "**Search query**:": query("**Search query:** bees way"),
    "{query}": query("{query}"),
    "${query}": query("${query}"),
    "a property": query("street_address"),
    "a key": query("user query"),
    "a key within": query("the positive_document on bees"),
    "your query here": query("Your query here"),
    "S1 S2": query("S1 S2"),
    "Positive document:": document(f"Positive document: {BEES}"),
    "Document 1:": document(f"Document 1: {BEES}"),
    "**Negative:**": negative(f"**Negative:** {ANTS}"),
    "[Document text]": document("[Document text goes here. It should be at least 15 words long.]"),
    "{{document}}": negative("{{a document on bees and how they find the hive again}}"),
    "insert here": negative("Insert hard negative document here."),
    "lorem ipsum": document("Lorem ipsum dolor sit amet, consectetur adipiscing elit"),
    "Sure! Here is": document(f"Sure! Here is the document you asked for: {BEES}"),
    "Here is a document": document(f"Here is a document that answers the query: {BEES}"),
    "Here's the revised text": document(f"Here's the revised text:\n\n{BEES}"),
    "As an AI": document(f"As an AI language model, I have no hive. {BEES}"),
    "JSON": document(f'{{"title": "Bees", "text": "{BEES}"}}'),
    "a list": document(f'["{BEES}"]'),
    "the next key": document(f'{BEES}", "hard_negative_document": "{ANTS}'),
    "another key": document(f'{BEES}", "source": "web", "pages": 3'),
    "the end of JSON": document(f'{BEES}"}}'),
    "a label's key": labelled("It is quiet.", "label: calm"),
    "keys for labels": labelled("It is quiet.", "label", "misleading_label"),
    "input text:": labelled("Input text: it is quiet."),
    "two type names": Sample(Kind.MATCHING_SHORT, "text", "string"),
}

JAVA = """public class Intervals {
    public static int total(List<int[]> given) {
        for (int[] each : given) {
            covered += each[1] - each[0];
        }
        return covered;
    }
}"""
PYTHON = """def settings(user_query):
    found = {"debug": True, "query": user_query}
    return {"found": found, "level": [1]}"""
TEXT = {
    "heart sounds": document("The first sound, S1, is made by two valves and S2 by the others."),
    "heart sounds as STS": sts("S1 and S2 are heart sounds.", "S1 and S2 are made by valves."),
    "phones": document("The Galaxy S23 weighs less than the S22 did, and S21 phones are cheap."),
    "stores": document("Amazon S3 keeps objects; a rule of S3 deletes them after a year."),
    "stores as STS": sts("S3 Glacier keeps objects.", "Amazon S3 keeps objects.", "S3 is dear."),
    "a short name": query("S3"),
    "Java": document(JAVA),
    "Python": document(PYTHON),
    "LaTeX": document(r"The root is $\sqrt{\frac{a}{b_{c}}}$, which is \textbf{\emph{real}}"),
    "a quoted object": document('Write {"debug": true} into the file and start it again.'),
    "a quoted title": document('"Emma": a novel of 1815 by Jane Austen, her fourth.'),
    "an example": document("Here is an example of a loop: each number is printed in turn."),
    "sure": document("Sure, bees can be kept in town: mind the neighbours and the wind."),
    "labels": labelled("An int is added.", "string", "not_spam"),
    "no label": labelled("# TODO: fix the parser", "none", "TODO"),
    "a term": Sample(Kind.MATCHING_SHORT, "query string", "what follows ? in a URL"),
}


@pytest.mark.parametrize("sample", FORM.values(), ids=FORM)
def test_form_is_found(sample: Sample) -> None:
    assert has_form(sample)


@pytest.mark.parametrize("sample", TEXT.values(), ids=TEXT)
def test_a_text_is_let_be(sample: Sample) -> None:
    assert not has_form(sample)


@pytest.mark.parametrize("part", ["{", "[x", "_", "S1 ", "another sentence ", '"'])
def test_a_long_text_of_marks_is_told_as_a_short_one(part: str) -> None:
    short, long = (document(part * (size // len(part))) for size in (400, 100_000))
    assert has_form(long) == has_form(short)  # what goes back at each mark never ends
