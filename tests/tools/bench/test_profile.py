"""Where the time of a step goes: kinds of operations, and a planted profile whose shares are known."""

import pytest
from tensorflow.tsl.profiler.protobuf import xplane_pb2

from helpers import models
from tools.bench import parts, profile

STEP = "tf_Compute/7/StatefulPartitionedCall/"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (f"{STEP}fast_cnn_1/quick_conv2d_1/convolution:_MklNativeConv2D", "convolution"),
        (f"{STEP}gradient_tape/fast_cnn_1/quick_conv2d_1/Conv2DBackpropFilter:Conv2DBackpropFilter", "of kernels"),
        (f"{STEP}kernel_gradient/Conv2D_1:_MklNativeConv2D", "of kernels"),
        (f"{STEP}kernel_gradient_2/transpose_4:_MklTranspose", "of kernels"),
        (f"{STEP}Conv2DBackpropInput_2:_MklNativeConv2DBackpropInput", "of inputs"),
        (f"{STEP}fast_cnn_1/fused_batch_normalization_3_1/FusedBatchNormV3:_MklNativeFusedBatchNormV3", "batch norm"),
        (f"{STEP}fast_cnn_1/activation_1_2/mul_1:_MklSwish", "activation"),
        (f"{STEP}silu_gradient_1/Cast:Cast", "activation"),
        (f"{STEP}gradient_tape/fast_cnn_1/max_pooling2d_1/MaxPool2d/MaxPoolGrad:_MklNativeMaxPoolGrad", "pooling"),
        (f"{STEP}muon/MatMul_110:_MklMatMul", "Muon's matrix"),
        (f"{STEP}muon_1/MatMul_110:_MklMatMul", "Muon's matrix"),
        (f"{STEP}muon/norm_9/Sum:Sum", "optimizer"),
        (f"{STEP}adam/add_1:AddV2", "optimizer"),
        (f"{STEP}fast_cnn_1/Cast_1:Cast", "casts"),
        (f"{STEP}fast_cnn_1/dense_1/MatMul:_MklMatMul", "dense layer"),
        ("tf_Compute/7/lookahead/sub_1:Sub", "Lookahead"),
        ("python/EagerLocalExecute: Sub", "Lookahead"),
        ("python/EagerLocalExecute: MakeIterator", "input"),
        ("tf_data_private_threadpool/3/GatherV2:GatherV2", "input"),
    ],
)
def test_an_operation_is_of_the_kind_that_its_name_says(name, kind):
    assert kind in profile.kind_of(name)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("StatefulPartitionedCall/Conv2D_1:_MklNativeConv2D", True),
        ("EagerLocalExecute: Sub", True),
        ("EagerLocalExecute: __inference_multi_step_on_iterator_4779", False),  # the step, which holds all others
        ("ExecutorState::Process", False),
        ("multi_step_on_iterator", False),
    ],
)
def test_what_only_holds_operations_is_none(name, is_one):
    assert bool(profile.OPERATION.fullmatch(name)) == is_one


def planted(threads):
    """A profile: thread -> its (name, begin, end) in seconds; the threads' clocks begin at different moments."""
    space = xplane_pb2.XSpace()
    plane = space.planes.add(name="/host:CPU")
    for start, (thread, events) in enumerate(threads.items()):
        line = plane.lines.add(name=thread, timestamp_ns=start * 10**9)
        for name, begin, end in events:
            number = len(plane.event_metadata) + 1
            plane.event_metadata[number].name = name
            offset, duration = round((begin - start) * 1e12), round((end - begin) * 1e12)
            line.events.add(metadata_id=number, offset_ps=offset, duration_ps=duration)
    return space


def test_each_moment_is_shared_by_the_operations_that_run_in_it():
    space = planted(
        {
            "python": [(profile.MARK, 10, 10), ("EagerLocalExecute: Sub", 16, 17), (profile.MARK, 20, 20)],
            # A cast inside a convolution is time of the cast; of what begins or ends outside the marks a part counts.
            "tf_Compute/1": [("a:Conv2D", 8, 15), ("b:Cast", 11, 12), ("ExecutorState::Process", 8, 20)],
            "tf_Compute/2": [("silu/mul:Mul", 13, 15), ("c:MaxPool", 19, 25), ("d:MaxPool", 21, 22)],
        }
    )
    seconds, shares = profile.spent(space)
    assert seconds == pytest.approx(10)
    # Of the convolution's 10 to 15 one second is the cast's, and of two seconds the activation has half.
    wanted = {"convolution": 0.3, "casts, copies, transposes": 0.1, "activation": 0.1, "Lookahead": 0.1}
    wanted |= {"pooling": 0.1, profile.IDLE: 0.3}
    assert shares == pytest.approx(dict.fromkeys((*profile.KINDS, profile.IDLE), 0.0) | wanted)
    assert sum(shares.values()) == pytest.approx(1)


def test_an_operation_in_another_that_goes_on_after_it():
    pieces = profile._innermost([(0, 9, "outer"), (2, 5, "middle"), (3, 4, "inner"), (12, 13, "later")])
    assert pieces == [
        (0, 2, "outer"),
        (2, 3, "middle"),
        (3, 4, "inner"),
        (4, 5, "middle"),
        (5, 9, "outer"),
        (12, 13, "later"),
    ]


def test_a_real_profile_has_the_kinds_of_a_step(monkeypatch, capsys):
    small = models.RECIPES["fast90"].as_dict() | {"options": {"widths": [8, 8, 8]}, "batch_size": 10, "small_side": 16}
    monkeypatch.setitem(models.RECIPES, "fast90", models.Recipe(**small))
    record = profile.profile_part(("fast90",))
    assert list(record["steps"]) == ["fast90, small images", "fast90, whole images"]
    for row in record["steps"].values():
        assert row["seconds"] > 0
        assert row["processor_seconds"] > 0
        assert sum(row["shares"].values()) == pytest.approx(1, abs=0.002)
        for kind in ("convolution", "gradients of kernels", "gradients of inputs", "batch normalization", "activation"):
            assert row["shares"][kind] > 0
        assert min(row["shares"][kind] for kind in ("pooling", "Muon's matrix products", "Lookahead")) > 0
        assert row["shares"]["dense layer, loss, metrics"] < 0.3
    said = capsys.readouterr().out
    assert all(kind in said for kind in (*profile.KINDS, profile.IDLE))


def test_it_is_a_part_of_the_benchmark():
    assert parts.PARTS["profile"] is profile.profile_part
