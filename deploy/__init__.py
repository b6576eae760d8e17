"""A JupyterHub for a class: on one server, in an image, on Kubernetes. README.md beside this file says how."""
