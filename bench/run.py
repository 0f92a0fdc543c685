"""What the benchmarks have in common: options, the first line, and running at once."""
import argparse
import concurrent.futures
import datetime
import os
import pathlib
import subprocess
import sys

import server


def options(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true",
                        help="few requests: shows that it runs, the figures are rough")
    parser.add_argument("--instructions-only", action="store_true",
                        help="no requests per second")
    parser.add_argument("--must-reach", action="store_true",
                        help="end with status 1 if a goal in instructions is missed")
    return parser.parse_args()


def print_head(requests):
    version = subprocess.run([server.tools.httpd_binary(), "-v"], check=True, capture_output=True,
                             text=True).stdout.split("\n")[0].split(":")[1].strip()
    server.module_path()
    print(f"{datetime.date.today()}, {version}, {requests} requests for each figure: "
          f"bench/{' '.join([pathlib.Path(sys.argv[0]).name, *sys.argv[1:]])}\n", flush=True)


def at_once(contenders, measure):
    """{key: what measure finds}; several at a time, which does not change a count."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        found = workers.map(measure, contenders)
    return {contender.key: figures for contender, figures in zip(contenders, found)}


def verdict(missed, chosen):
    return 1 if missed and chosen.must_reach else 0
