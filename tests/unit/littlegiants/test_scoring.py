"""Scores of given completions, over the wire."""

from littlegiants.kinds import Kind
from littlegiants.prompts import sample_text
from littlegiants.samples import Sample
from littlegiants.scoring import Completed, ScoreClient
from tests.unit.scripted_server import prompt_of, scripted_server

SAMPLE = Sample(Kind.MATCHING_SHORT, "cutting back a hedge", "hedge shears")


async def test_a_sample_is_scored_as_the_text_that_is_taught() -> None:
    prompt = prompt_of()
    asked = [Completed(prompt, SAMPLE), Completed(prompt, sample_text(SAMPLE))]
    async with scripted_server() as server, ScoreClient(server.address) as client:
        found = [each async for each in client.score(asked)]
    by_index = {each.index: each for each in found}
    assert by_index.keys() == {0, 1}
    assert by_index[0].log_probability == by_index[1].log_probability
    assert by_index[0].log_probability == -by_index[0].token_count
    assert {each.weights_digest for each in found} == {"first"}


async def test_a_revisor_scores_revisions_of_a_draft() -> None:
    asked = [Completed(prompt_of(), '{"reason": "it is better"}', draft=SAMPLE)]
    async with scripted_server(role="revisor") as server, ScoreClient(server.address) as client:
        (found,) = [each async for each in client.score(asked)]
    assert (found.reason, found.token_count) == ("", 5)


async def test_what_cannot_be_scored_has_a_reason_and_the_others_a_score() -> None:
    asked = [Completed(prompt_of(), "text", draft=SAMPLE), Completed(prompt_of(), "text")]
    async with scripted_server() as server, ScoreClient(server.address) as client:
        found = {each.index: each async for each in client.score(asked)}
    assert (found[0].reason, found[0].log_probability) == ("bad_input", None)
    assert found[1].log_probability == -2
