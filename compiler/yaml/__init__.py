"""Write and read YAML as Argo's server, kubectl and Go read it.

Nothing here knows what a document means.
"""
