"""A text in another language than its task's is seen, and none in its own is."""

import pytest

from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt, Task
from pipelines.curation.language_names import every_language, languages_named
from pipelines.curation.languages import language_is_as_asked
from pipelines.data.examples import SHIPPED, read_examples
from pipelines.data.records import Seed

SHORT = {
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
LONG = {
    "English": "An old apple tree is best pruned in late winter, when it is still asleep: first "
    "the dead wood goes, then what grows inwards.",
    "Spanish": "Un manzano viejo se poda mejor a finales del invierno, cuando todavía duerme: "
    "primero se quita la madera muerta y luego lo que crece hacia dentro.",
    "pt-BR": "Uma macieira velha deve ser podada no fim do inverno, quando ainda está dormindo: "
    "primeiro sai a madeira morta, depois o que cresce para dentro.",
    "French": "Un vieux pommier se taille de préférence à la fin de l'hiver, quand il dort encore: "
    "on enlève d'abord le bois mort, puis ce qui pousse vers l'intérieur.",
    "Deutsch": "Einen alten Apfelbaum schneidet man am besten im Spätwinter, wenn er noch ruht: "
    "zuerst das tote Holz, dann alles, was nach innen wächst.",
    "Dutch": "Een oude appelboom snoei je het best aan het eind van de winter, als hij nog "
    "slaapt: eerst het dode hout, daarna alles wat naar binnen groeit.",
    "Russian": "Старую яблоню лучше всего обрезать в конце зимы, пока она ещё спит: сначала "
    "убирают сухие ветви, потом то, что растёт внутрь кроны.",
    "Ukrainian": "Стару яблуню найкраще обрізати наприкінці зими, поки вона ще спить: спочатку "
    "прибирають сухі гілки, потім те, що росте всередину крони.",
}
MIXED = [
    ("Chinese", "在 Kubernetes 上用 Helm 安装 PostgreSQL"),
    ("Russian", "как поставить PostgreSQL через Helm в Kubernetes"),
    ("English", "the word 苹果 means apple in Chinese"),
    ("English", "苹果树"),
    ("English", "1 + 1 = 2, 30 °C, 5 % - 7"),
    ("English", "Plasmodium falciparum"),
    ("English", "¿Dónde está la biblioteca?"),
    ("Klingon", SHORT["Thai"]),
    (
        "Yiddish",
        "אַן אַלטער עפּלבױם װערט אָפּגעשניטן סוף װינטער, װען ער שלאָפֿט נאָך; קודם נעמט מען אַװעק "
        "דאָס טױטע האָלץ.",
    ),
    ("English or Spanish", LONG["Spanish"]),
    ("en-GB", LONG["English"]),
]
CODE = [
    ("English", "Real Madrid Barcelona Atletico Sevilla Valencia Villarreal Athletic Bilbao Betis"),
    ("English", "Beethoven, Mozart, Schubert, Schumann, Brahms, Wagner, Strauss, Mahler, Bruckner"),
    ("English", "kubectl get pods -n kube-system && helm install postgres oci://registry-1.docker.io/"
    "bitnamicharts/postgresql --set auth.database=app"),
    ("English", "SELECT name, COUNT(*) FROM orders WHERE created_at > '2024-01-01' GROUP BY name "
    "HAVING COUNT(*) > 3 ORDER BY 2 DESC;"),
    ("English", "Error: ENOENT: no such file or directory, open '/usr/local/lib/node_modules/npm/"
    "package.json' at Object.openSync (node:fs:601:3)"),
    ("English", "acetylsalicylic acid 100 mg, clopidogrel 75 mg, atorvastatin 40 mg, bisoprolol "
    "2.5 mg once daily"),
    ("English", "Beef bourguignon, coq au vin, bouillabaisse, crème brûlée and tarte Tatin are all "
    "on the menu of the new bistro."),
    ("English", "best cheap noise cancelling headphones under 100 dollars reddit 2024 u/techguy"),
    ("English", "Anopheles gambiae, Plasmodium falciparum, Aedes aegypti, Culex quinquefasciatus: "
    "vectors and parasites of Africa"),
    ("German", "Mit kubectl apply -f deployment.yaml wird das Deployment erstellt; kubectl get "
    "pods zeigt den Status aller Pods im Namespace default."),
    ("Chinese", "使用 docker run -d -p 8080:80 --name web nginx:latest 启动容器，然后用 docker "
    "logs web 查看日志输出。浏览器打开 localhost 就能看到欢迎页面。"),
    ("Bulgarian", "Командата git sparse-checkout set --no-cone избира кои файлове да се изтеглят "
    "от хранилището на GitHub."),
]  # fmt: skip


def is_as_asked(language: str, text: str) -> bool:
    task = Task(Kind.MATCHING_SHORT, "Gardens", "Match.", language)
    return language_is_as_asked(Sample(Kind.MATCHING_SHORT, text, "—"), Prompt(task, {}, seed=1))


@pytest.mark.parametrize(
    ("language", "text"), [*SHORT.items(), *LONG.items(), *MIXED, *CODE], ids=lambda each: each[:20]
)
def test_a_text_in_its_language_stays(language: str, text: str) -> None:
    assert is_as_asked(language, text)


@pytest.mark.parametrize("language", [name for name in SHORT if name not in ("English", "German")])
def test_a_text_in_another_script_is_seen(language: str) -> None:
    assert not is_as_asked("English", SHORT[language])
    assert not is_as_asked(language, SHORT["English"])


@pytest.mark.parametrize("asked", LONG)
@pytest.mark.parametrize("language", LONG)
def test_long_texts_of_one_script_are_told_apart(language: str, asked: str) -> None:
    assert is_as_asked(asked, LONG[language]) == (language == asked)


def test_a_short_text_is_told_by_its_script_alone() -> None:
    assert is_as_asked("English", SHORT["German"])
    assert is_as_asked("English", "oui, mais non: c'est la vie")


def test_no_shipped_seed_is_taken_for_another_language() -> None:
    seeds = read_examples(Seed, [str(SHIPPED / "examples/seeds.jsonl")])
    assert len(seeds) > 300
    assert all(language_is_as_asked(each.sample, each.prompt) for each in seeds)


def test_every_language_is_found_by_its_names_and_code() -> None:
    for each in every_language():
        for name in (*each.names, each.codes[0]):
            assert each in languages_named(name)
            assert is_as_asked(name, "-")
    assert [each.codes for each in languages_named("Brazilian Portuguese")] == [("pt",)]
    assert not languages_named("the tongue of Mordor as it is")
