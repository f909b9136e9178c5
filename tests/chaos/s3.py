"""An S3 server in memory: only the way to it is killed.

python -m tests.chaos.s3 --port 9001
"""

import argparse
import signal

from moto.server import ThreadedMotoServer

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    ThreadedMotoServer("127.0.0.1", port, verbose=False).start()
    signal.pause()
