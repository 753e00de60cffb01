"""Read Argo's language: expressions, tags, `depends` and the documents that hold them.

Linter and rehearsal use it; the emitter may not, so that a second reader judges its documents.
"""
