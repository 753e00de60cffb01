"""Speak with a cluster: submit workflows, follow them, steer them, read their logs, through an Argo server or the Kubernetes API.

Nothing here records, plans or emits: the compiler's other rooms make the submitted documents. HTTP clients, YAML and terminals
are imported inside functions, so that commands without a cluster do not pay for them.
"""
