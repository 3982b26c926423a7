"""The workloads in SimPy, as its users write them: a process for each station, without statistics.

    python3 workloads.py w2 100000

runs for about so many events and prints the seconds of the processor it took, the events, and the items that left an hour.
"""

import random
import sys
import time
from pathlib import Path

import simpy

HOUR = 3600.0


class Line:
    """What all processes of a line share."""

    def __init__(self):
        self.env = simpy.Environment()
        self.random = random.Random(1)
        self.events = 0
        self.left = 0

    def draw(self, mean):
        return self.random.expovariate(1.0 / mean)


def queue(line):
    """W1: one queue at a load of 0.9."""
    machine = simpy.Resource(line.env)

    def item():
        with machine.request() as mine:
            yield mine
            yield line.env.timeout(line.draw(1.0))
            line.events += 1
        line.left += 1

    def arrivals():
        while True:
            line.events += 1
            line.env.process(item())
            yield line.env.timeout(line.draw(1.0 / 0.9))

    line.env.process(arrivals())


def row(line, stations, places, failures=None):
    """W2, W3 and W5: stations in a row, always supplied, blocking after work."""
    stores = [simpy.Store(line.env, places) for _ in range(stations - 1)]

    def station(number):
        before = stores[number - 1] if number > 0 else None
        behind = stores[number] if number + 1 < stations else None
        state = {"up": line.env.event(), "down": False, "process": None, "works": False}

        def work():
            while True:
                item = (yield before.get()) if before else object()
                left = line.draw(1.0)
                while True:
                    # A machine that is down does not begin.
                    if state["down"]:
                        yield state["up"]
                    began = line.env.now
                    state["works"] = True
                    try:
                        yield line.env.timeout(left)
                        state["works"] = False
                        break
                    except simpy.Interrupt:
                        state["works"] = False
                        left -= line.env.now - began
                line.events += 1
                if behind:
                    yield behind.put(item)
                else:
                    line.left += 1

        def breakdowns():
            after, repair = failures
            while True:
                yield line.env.timeout(line.draw(after))
                line.events += 1
                state["down"], state["up"] = True, line.env.event()
                if state["works"]:
                    state["process"].interrupt()
                yield line.env.timeout(line.draw(repair))
                line.events += 1
                state["down"] = False
                state["up"].succeed()

        state["process"] = line.env.process(work())
        if failures:
            line.env.process(breakdowns())

    for number in range(stations):
        station(number)


def job_shop(line):
    """W4: twenty stations, five products, eight shared operators."""
    words = iter(Path(__file__).parent.parent.joinpath("w4_job_shop.txt").read_text().split())
    number = lambda: float(next(words))
    count, types, operators, rate = int(number()), int(number()), int(number()), number()
    stations = []
    for _ in range(count):
        machines = simpy.Resource(line.env, int(number()))
        stations.append((machines, number() > 0))
    crew = simpy.Resource(line.env, operators)
    shares, routes = [], []
    for _ in range(types):
        shares.append(number())
        routes.append([(int(number()), number() * HOUR) for _ in range(int(number()))])

    def item(route):
        for at, mean in route:
            machines, needs = stations[at]
            with machines.request() as mine:
                yield mine
                if needs:
                    with crew.request() as operator:
                        yield operator
                        yield line.env.timeout(line.draw(mean))
                else:
                    yield line.env.timeout(line.draw(mean))
                line.events += 1
        line.left += 1

    def arrivals():
        while True:
            line.events += 1
            line.env.process(item(line.random.choices(routes, shares)[0]))
            yield line.env.timeout(line.draw(HOUR / rate))

    line.env.process(arrivals())


WORKLOADS = {
    "w1": queue,
    "w2": lambda line: row(line, 10, 10),
    "w3": lambda line: row(line, 10, 10, (100.0, 10.0)),
    "w4": job_shop,
    "w5": lambda line: row(line, 500, 5),
}


def main():
    name, events = sys.argv[1], int(sys.argv[2])
    line = Line()
    WORKLOADS[name](line)
    start = time.process_time()
    while line.events < events:
        for _ in range(1000):
            line.env.step()
    seconds = time.process_time() - start
    print(seconds, line.events, line.left / line.env.now * HOUR)


if __name__ == "__main__":
    main()
