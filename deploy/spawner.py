"""Starts the server of a student: with limits, and as an account of its own where the hub runs as root."""

from __future__ import annotations

import grp
import hashlib
import os
import pwd
import re
import resource
import subprocess

from jupyterhub.spawner import LocalProcessSpawner, SimpleLocalProcessSpawner
from traitlets import Integer, Unicode

from deploy import limits


class AccountError(Exception):
    """This student's server may not run as the account of that name. The message says what to do."""

    @property
    def jupyterhub_message(self) -> str:
        """What the hub's page shows."""
        return str(self)


class CourseSpawner(LocalProcessSpawner):
    """What ``mem_limit`` and ``cpu_limit`` say holds for the server and all that it starts, together."""

    process_limit = Integer(1000, help="Processes and threads that a student may have.").tag(config=True)
    group: limits.Group | None = None

    async def start(self):
        cores = self.cpu_limit or os.cpu_count()
        wanted = limits.Limits(int(self.mem_limit or 0), cores, self.process_limit)
        self.group = None
        if wanted.memory:
            try:
                self.group = limits.group(self.account, wanted)
                self.group.give(self.number())
            except limits.LimitError as error:
                self.log.warning("%s Each single process of %s is limited instead.", error, self.user.name)
        return await super().start()

    def get_env(self):
        """With the file by which a kernel joins its group: tools/hub.py has the kernel do it."""
        more = {"CNN_KERNELS": str(self.group.kernels)} if self.group else {}
        return super().get_env() | more

    def number(self) -> int:
        """Of the account that the server runs as."""
        return os.geteuid()

    def make_preexec_fn(self, name):
        """What runs in the new process, before it is the server: it joins its group, then gives up the hub's rights."""
        become, group, memory = super().make_preexec_fn(self.account), self.group, int(self.mem_limit or 0)

        def preexec():
            if group:
                group.enter()
            elif memory:
                resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
            become()

        return preexec

    async def stop(self, now=False):
        await super().stop(now)
        if self.group:
            # What a student left running in the background ends with the server.
            self.group.remove()

    @property
    def account(self) -> str:
        """The account's name: the student's, or one made of it where that is none that Linux takes."""
        name = self.user.name
        if re.fullmatch(r"[a-z][a-z0-9_-]{0,30}", name):
            return name
        stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:20]
        return f"s-{stem}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


class AccountSpawner(CourseSpawner):
    """Each student is an account of this machine, which is made when it is not there."""

    student_group = Unicode("cnn-students", help="Accounts outside this group get no server.").tag(config=True)

    async def start(self):
        self.ensure_account()
        return await super().start()

    def ensure_account(self) -> None:
        """Make the student's account. Raises AccountError for one that is there and is no student's."""
        try:
            number = grp.getgrnam(self.student_group).gr_gid
        except KeyError:
            subprocess.run(["groupadd", self.student_group], check=True)
            number = grp.getgrnam(self.student_group).gr_gid
        try:
            account = pwd.getpwnam(self.account)
        except KeyError:
            # 700: no student reads another's answers.
            words = ["useradd", "--create-home", "--key", "HOME_MODE=0700", "--shell", "/bin/bash"]
            subprocess.run([*words, "--groups", self.student_group, self.account], check=True)
            return
        # Whoever is called "root" at the university does not become root here.
        if number not in os.getgrouplist(account.pw_name, account.pw_gid):
            raise AccountError(
                f"The account {self.account} of this machine is no student's. If it is, say so to it: "
                f"usermod --append --groups {self.student_group} {self.account}"
            )

    def number(self) -> int:
        """Of the student's account."""
        return pwd.getpwnam(self.account).pw_uid

    def user_env(self, env):
        """The variables that a login would set."""
        account = pwd.getpwnam(self.account)
        return env | {"USER": account.pw_name, "HOME": account.pw_dir, "SHELL": account.pw_shell}


class FolderSpawner(CourseSpawner, SimpleLocalProcessSpawner):
    """Each student is a folder, and all are the hub's own account: to try the hub, never for a class.

    Students can read and change each other's files.
    """
