"""Put a project's files, or a notebook's flows, into a code package with the same bytes on any machine.

Nothing here runs a package; `laminar.program.code_package` unpacks one in a pod.
"""
