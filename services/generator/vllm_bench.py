"""vLLM's benchmark client: `python -m services.generator.vllm_bench --model NAME`.

Its own command, `vllm bench serve`, does not start where the package is not named vllm.
"""

from vllm.benchmarks.serve import add_cli_args, main
from vllm.utils.argparse_utils import FlexibleArgumentParser


def run() -> None:
    """Ask a server as the flags say."""
    parser = FlexibleArgumentParser(description="vllm bench serve")
    add_cli_args(parser)
    main(parser.parse_args())


if __name__ == "__main__":
    run()
