"""Execute a workflow on this machine as Argo would, and refuse what is not known rather than guess."""
