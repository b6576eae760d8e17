"""Settings of a JupyterHub for a class on one server. ``python -m tools hub`` starts it; deploy/README.md says more.

Whatever stands here can be said on the command line too: ``python -m tools hub --Spawner.mem_limit=4G``.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from deploy import sizes  # noqa: E402

# JupyterHub gives it.
c = get_config()  # noqa: F821

# Where it listens. For others than yourself: behind a web server with TLS, or with --JupyterHub.ssl_key and ssl_cert.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.ConfigurableHTTPProxy.command = [str(Path(sys.prefix) / "node_modules" / ".bin" / "configurable-http-proxy")]

# Who may log in: whoever has an account on this machine and is in the group of the students. For a university's
# login (OAuth), Moodle or Canvas (LTI), see deploy/README.md. "dummy" lets anybody in: for tests only.
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {"cnn-students"}

# What each student has. Two lessons open at a time fit; see deploy/load.json for what was measured.
c.JupyterHub.spawner_class = f"deploy.spawner.{'AccountSpawner' if os.geteuid() == 0 else 'FolderSpawner'}"
c.FolderSpawner.home_dir_template = str(Path.cwd() / "homes" / "{username}")
c.Spawner.mem_limit = f"{sizes.LIMIT_GB}G"
c.Spawner.cpu_limit = sizes.CORES
# Whoever comes when memory is used up is told so, and nobody's kernel ends because of him.
c.JupyterHub.active_server_limit = sizes.students(sizes.memory_gb())
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120

# One environment for all: the server is the hub's Python, the kernel that of the course, and the folder of the course
# is on its path. Students need to read both, and to write none.
c.Spawner.cmd = [sys.executable, str(ROOT / "deploy" / "student.py")]
c.Spawner.default_url = "/lab/tree/cnn-on-cifar10"
c.Spawner.args = [
    "--KernelSpecManager.ensure_native_kernel=False",
    # A kernel nobody has looked at for half an hour gives its memory back.
    "--MappingKernelManager.cull_idle_timeout=1800",
    "--MappingKernelManager.cull_interval=300",
]
c.Spawner.environment = {
    # Training waits a minute on Shapes-10, and on CIFAR-10 several.
    "CNN_DATASET": os.environ.get("CNN_DATASET", "shapes10"),
    # Settings of JupyterLab, and the extension that gives figures their alternative text.
    "JUPYTER_CONFIG_PATH": str(ROOT / "tools" / "jupyter"),
    "JUPYTER_PATH": str(ROOT / "tools" / "jupyter"),
    # As many threads as cores: more would take turns.
    "TF_NUM_INTRAOP_THREADS": str(sizes.CORES),
    "PYTHONPATH": str(ROOT),
}
if os.geteuid() == 0 and "FolderSpawner" in " ".join(sys.argv):
    c.Spawner.args.append("--allow-root")
# CIFAR-10 once for all, read-only: python -m tools fetch puts it there.
images = os.environ.get("CIFAR10_PATH", str(ROOT / "data" / "cifar-10-batches-bin"))
if Path(images).exists():
    c.Spawner.environment["CIFAR10_PATH"] = images

# A server that nobody has used for an hour ends; the student's files stay, and so does a training that runs.
c.JupyterHub.services = [
    {"name": "idle-culler", "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"]}
]
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    }
]

for sentence in sizes.warnings(ROOT, ROOT / ".venv" / "bin" / "python") if os.geteuid() == 0 else [sizes.ONE_ACCOUNT]:
    print(sentence, file=sys.stderr, flush=True)
