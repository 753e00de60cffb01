"""Build Argo's blocks: pure functions, values in, one block out; beside them files that users apply or copy."""
