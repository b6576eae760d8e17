"""Looks at the processes of students while they work: memory and processor time."""

from __future__ import annotations

import threading

import psutil

MEBIBYTE = 1 << 20


class Watch:
    """Twice a second, the server of each student and its kernels. Memory in MiB, processor time in seconds.

    ``rss`` is all that is resident, with the libraries that other students' kernels have too; ``uss`` is what a
    process has for itself, so what one more student costs.
    """

    def __init__(self, names: list[str]):
        self.names, self.end = names, threading.Event()
        self.servers: dict[str, psutil.Process] = {}
        self.most: dict[str, dict[str, float]] = {name: {} for name in names}
        self.cpu: dict[str, dict[int, float]] = {name: {} for name in names}
        self.most_together = 0.0
        self.free = self.least_free = psutil.virtual_memory().available

    def __enter__(self) -> Watch:
        self.thread = threading.Thread(target=self._look)
        self.thread.start()
        return self

    def __exit__(self, *error) -> None:
        self.end.set()
        self.thread.join()

    def of(self, name: str) -> dict:
        """What a student needed at the most, and processor seconds of all their processes."""
        most = {what: round(value) for what, value in self.most[name].items()}
        return most | {"processor_seconds": round(sum(self.cpu[name].values()), 1)}

    def together(self) -> dict:
        """What all needed at the same time (``pss``: what is shared counts once), and by how much free memory fell."""
        fell = (self.free - self.least_free) / MEBIBYTE
        return {"pss_mib": round(self.most_together), "free_fell_mib": round(fell)}

    def _look(self) -> None:
        while not self.end.wait(0.5):
            self._find()
            self.most_together = max(self.most_together, sum(map(self._measure, list(self.servers))))
            self.least_free = min(self.least_free, psutil.virtual_memory().available)

    def _find(self) -> None:
        """The server of each student, known by a variable that the hub gives it."""
        missing = set(self.names) - set(self.servers)
        for process in psutil.process_iter() if missing else []:
            try:
                name = process.environ().get("JUPYTERHUB_USER")
                if name in missing and process.parent().environ().get("JUPYTERHUB_USER") != name:
                    self.servers[name] = process
            except (psutil.Error, AttributeError):
                continue

    def _measure(self, name: str) -> float:
        """Look at one student's processes; returns their proportional share of memory."""
        server = self.servers[name]
        try:
            kernels = server.children(recursive=True)
        except psutil.Error:
            return 0.0
        sums = {"rss_mib": 0.0, "uss_mib": 0.0, "server_rss_mib": 0.0, "kernels_rss_mib": 0.0}
        share = 0.0
        for process in [server, *kernels]:
            try:
                times, memory = process.cpu_times(), process.memory_full_info()
            except psutil.Error:  # it has ended
                continue
            self.cpu[name][process.pid] = times.user + times.system
            sums["rss_mib"] += memory.rss / MEBIBYTE
            sums["uss_mib"] += memory.uss / MEBIBYTE
            sums["server_rss_mib" if process == server else "kernels_rss_mib"] += memory.rss / MEBIBYTE
            share += memory.pss / MEBIBYTE
        for what, value in sums.items():
            self.most[name][what] = max(self.most[name].get(what, 0.0), value)
        return share
