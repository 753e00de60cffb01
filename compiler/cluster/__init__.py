"""Communicate with a cluster: submit, follow and steer workflows, read their logs, through an Argo server or the Kubernetes API.

Nothing here records, plans or emits: the compiler's other packages make the submitted documents. HTTP clients, YAML and
terminals are imported inside functions, so that commands without a cluster start fast.
"""
