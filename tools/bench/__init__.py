"""Measure what this machine does, side by side in one run: ``python -m tools bench [PART ...]``.

``explain`` holds slow ways of doing something against ours, which must agree, and captum against ours where captum and
PyTorch are installed; ``training`` the epochs of all recipes against one another and against the processor's own limit;
``fast_parts`` an earlier recipe "fast90" against itself with one thing changed; ``profile`` on which operations the
fast recipes spend a step; ``ways`` each layer that is there for speed against the usual one; ``peer`` the network of
"fast90" here and with the same work in PyTorch, and ``airbench`` all of "fast94" and of airbench94_muon in
PyTorch, where that is installed; ``growth`` how the seconds of "fast90" grow with images, filters, pixels and cores;
``executor`` trials an hour with one, two and four processes. What is compared takes turns, so that a busy machine is
busy for all. Seconds and ratios are printed and stored in ``data/trained/benchmarks``. Nothing is fetched, and what is
trained is thrown away.
"""
