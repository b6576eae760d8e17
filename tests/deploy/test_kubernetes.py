"""The values for Zero to JupyterHub: what the chart knows, with the sizes that were measured.

Helm puts a chart's own values below ours before it validates them. ``Z2JH=FOLDER``, a clone of the chart's repository,
has all of it validated by the chart's own schema; without one, by the part of it that our values meet.
"""

import os
from pathlib import Path

import jsonschema
import pytest
import yaml

from deploy import sizes
from helpers.places import ROOT
from tools import lock

VALUES = yaml.safe_load((ROOT / "deploy" / "z2jh-values.yaml").read_text(encoding="utf-8"))


def switch(**more: dict) -> dict:
    """A part of the chart that can be on or off."""
    return closed(enabled={"type": "boolean"}, **more)


def closed(**properties: dict) -> dict:
    return {"type": "object", "additionalProperties": False, "properties": properties}


WHOLE, TEXT = {"type": "integer", "minimum": 1}, {"type": "string"}
# Of jupyterhub/values.schema.yaml, July 2026, what these values use.
PART = closed(
    hub=closed(config={"type": "object"}, activeServerLimit=WHOLE, concurrentSpawnLimit=WHOLE),
    singleuser=closed(
        image=closed(name=TEXT, tag=TEXT),
        cmd={"type": "array", "items": TEXT},
        defaultUrl=TEXT,
        startTimeout=WHOLE,
        memory=closed(guarantee={"type": ["string", "number"]}, limit={"type": ["string", "number"]}),
        cpu=closed(guarantee={"type": "number"}, limit={"type": "number"}),
        extraEnv={"type": "object", "additionalProperties": TEXT},
        storage=closed(capacity=TEXT),
    ),
    cull=switch(timeout=WHOLE, every=WHOLE),
    scheduling=closed(userScheduler=switch(), podPriority=switch(), userPlaceholder=switch(replicas=WHOLE)),
    prePuller=closed(hook=switch(), continuous=switch()),
)


def test_the_chart_knows_every_value():
    jsonschema.validate(VALUES, PART)


def test_the_chart_itself_accepts_them():
    folder = os.environ.get("Z2JH")
    if not folder:
        pytest.skip("Z2JH names no clone of jupyterhub/zero-to-jupyterhub-k8s")
    own, schema = (
        yaml.safe_load((Path(folder) / "jupyterhub" / name).read_text(encoding="utf-8"))
        for name in ("values.yaml", "values.schema.yaml")
    )
    jsonschema.Draft7Validator(schema).validate(below(VALUES, own))


def below(ours: dict, theirs: dict) -> dict:
    """Both, ours where both say something."""
    both = theirs | ours
    for name in theirs.keys() & ours.keys():
        if isinstance(theirs[name], dict) and isinstance(ours[name], dict):
            both[name] = below(ours[name], theirs[name])
    return both


def test_the_sizes_are_those_that_were_measured():
    single = VALUES["singleuser"]
    assert single["memory"] == {"guarantee": f"{sizes.STUDENT_GB}G", "limit": f"{sizes.LIMIT_GB}G"}
    assert single["cpu"]["limit"] == sizes.CORES
    assert single["extraEnv"]["TF_NUM_INTRAOP_THREADS"] == str(sizes.CORES)
    text = (ROOT / "deploy" / "z2jh-values.yaml").read_text(encoding="utf-8")
    assert f"cores holds {sizes.students(64)} students" in text


def test_a_student_starts_on_shapes10_in_the_image_that_was_built():
    assert VALUES["singleuser"]["extraEnv"]["CNN_DATASET"] == "shapes10"
    image = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    program, path = VALUES["singleuser"]["cmd"]
    assert "WORKDIR /opt/course\n" in image
    assert program == "python"
    assert (ROOT / Path(path).relative_to("/opt/course")).is_file()
    hub = lock.blocks(lock.HUB.read_text(encoding="utf-8"))
    assert "jupyterhub" in hub, "the server in the image talks to the chart's hub"
