"""`flatsim-stac sample` as a user types it."""

import pytest
from click.testing import CliRunner

from catalog_builder.cli.sample import sample
from catalog_builder.sample import SampleManifest


def test_writes_a_tree_and_says_that_it_is_synthetic(tmp_path):
    answer = CliRunner().invoke(
        sample, [str(tmp_path / "tree"), "--tracks", "1", "--pairs", "1", "--epochs", "2", "--seed", "4"]
    )
    assert answer.exit_code == 0, answer.output
    assert f"SYNTHETIC tree of 3 packages in {tmp_path / 'tree'}: A175SUD" in answer.output
    spec = SampleManifest.read(tmp_path / "tree").spec
    assert (spec.tracks, spec.pairs, spec.epochs, spec.seed) == (1, 1, 2, 4)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--epochs", "4", "--pairs", "40"], "at most 6 pairs"),
        (["--epochs", "1"], "epochs is 1"),
        (["--tracks", "-2"], "tracks is -2"),
        (["--pairs", "many"], "not a valid integer"),
    ],
)
def test_impossible_numbers_are_wrong_usage(tmp_path, options, reason):
    answer = CliRunner().invoke(sample, [str(tmp_path / "tree"), *options])
    assert answer.exit_code == 2
    assert reason in answer.output
    assert not (tmp_path / "tree").exists()
