"""A text in another script than its language's is seen, and none in its own is."""

import pytest

from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt, Task
from pipelines.curation.languages import LANGUAGES, language_is_as_asked, scripts_of
from pipelines.data.examples import SHIPPED, read_examples
from pipelines.data.records import Seed

TEXTS = {
    "English": "how to prune an old apple tree in winter",
    "German": "Wie schneide ich im Winter einen alten Apfelbaum?",
    "Russian": "как обрезать старую яблоню зимой",
    "Greek": "πώς κλαδεύω μια παλιά μηλιά τον χειμώνα",
    "Simplified Chinese": "冬天怎样修剪一棵老苹果树",
    "ja": "冬に古いリンゴの木を剪定する方法",
    "Korean": "겨울에 오래된 사과나무를 가지치기하는 방법",
    "Arabic": "كيف أقلم شجرة تفاح قديمة في الشتاء",
    "हिन्दी": "सर्दियों में पुराने सेब के पेड़ की छंटाई कैसे करें",
    "Thai": "วิธีตัดแต่งต้นแอปเปิลเก่าในฤดูหนาว",
}
MIXED = [
    ("Chinese", "在 Kubernetes 上用 Helm 安装 PostgreSQL"),
    ("Russian", "как поставить PostgreSQL через Helm в Kubernetes"),
    ("English", "the word 苹果 means apple in Chinese"),
    ("English", "苹果树"),
    ("English", "1 + 1 = 2, 30 °C, 5 % - 7"),
    ("Klingon", TEXTS["Thai"]),
]


def is_as_asked(language: str, text: str) -> bool:
    task = Task(Kind.MATCHING_SHORT, "Gardens", "Match.", language)
    return language_is_as_asked(Sample(Kind.MATCHING_SHORT, text, "—"), Prompt(task, {}, seed=1))


@pytest.mark.parametrize(("language", "text"), [*TEXTS.items(), *MIXED])
def test_a_text_in_its_language_stays(language: str, text: str) -> None:
    assert is_as_asked(language, text)


@pytest.mark.parametrize("language", [name for name in TEXTS if name not in ("English", "German")])
def test_a_text_in_another_script_is_seen(language: str) -> None:
    assert not is_as_asked("English", TEXTS[language])
    assert not is_as_asked(language, TEXTS["English"])


def test_no_shipped_seed_is_taken_for_another_language() -> None:
    seeds = read_examples(Seed, [str(SHIPPED / "examples/seeds.jsonl")])
    assert len(seeds) > 300
    assert all(language_is_as_asked(each.sample, each.prompt) for each in seeds)


def test_every_script_is_one_of_unicodes() -> None:
    for scripts, names in LANGUAGES.items():
        for name in names.split():
            assert set(scripts.split()) <= set(scripts_of(name))
            assert is_as_asked(name, "-")
