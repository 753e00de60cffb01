"""Write and read YAML as Argo's server, kubectl and Go read it.

Nothing here interprets a document.
"""
