"""kill -9 of the daemon at ten random points of the demo: each time the story must end the same.

Nothing lost, nothing opened twice, nobody paged twice except where a page was in flight (the same Message-ID then, so
that one file is left in the Maildir and one notification in the store).
"""

import argparse
import random
import subprocess
import sys


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=None)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1_000_000)
    chance = random.Random(seed)
    points = sorted(chance.uniform(0.0, 11.5) for _ in range(args.kills))
    print(f"seed {seed}: kill -9 after " + ", ".join(f"{p:.2f} s" for p in points))
    failed = [point for point in points if not survives(point)]
    print(f"{len(points) - len(failed)} of {len(points)} stories ended the same")
    return 1 if failed else 0


def survives(point: float) -> bool:
    command = [sys.executable, "-m", "ingestd.demo", "--quiet", "--kill-after", f"{point:.3f}"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    print(
        f"{point:6.2f} s: {'ok' if ran.returncode == 0 else 'FAILED ' + ran.stdout[-1000:] + ran.stderr[-2000:]}",
        flush=True,
    )
    return ran.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
