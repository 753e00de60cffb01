"""List slips in Argo's example files: the replaced text, its file, and the code of the rule that finds it."""

from __future__ import annotations

from dataclasses import dataclass

# ruff: noqa: E501

__all__ = ["SLIPS", "Slip"]


@dataclass(frozen=True)
class Slip:
    """The replaced text of each example, and the code of the rule that finds it."""

    file: str
    old: str
    new: str
    code: str


SLIPS = {
    # YAML and documents
    "a key twice": Slip("steps", "  entrypoint: hello-hello-hello\n", "  entrypoint: a\n  entrypoint: hello-hello-hello\n", "Y101"),
    "a key that is a boolean": Slip("steps", "  entrypoint:", "  n: 1\n  entrypoint:", "Y102"),
    "a foreign tag": Slip("steps", "entrypoint: hello", "entrypoint: !ref hello", "Y103"),
    "no kind": Slip("steps", "kind: Workflow\n", "", "D101"),
    "a misspelt kind": Slip("steps", "kind: Workflow", "kind: Workflwo", "D102"),
    "the apiVersion of another group": Slip("steps", "argoproj.io/v1alpha1", "batch/v1", "D103"),
    "no spec": Slip("steps", "spec:\n", "spex:\n", "D104"),
    # fields
    "a misspelt field of a container": Slip("steps", "      image: busybox", "      imagee: busybox", "F101"),
    "a misspelt field of a step": Slip("steps", "        template: print-message", "        tempalte: print-message", "F101"),
    "a misspelt field of Kubernetes": Slip("volumes-emptydir", "mountPath:", "mountpath:", "F101"),
    "text for a number": Slip("parallelism-limit", "parallelism: 2", 'parallelism: "2"', "F102"),
    "a history limit as text": Slip("cron-workflow", "successfulJobsHistoryLimit: 4", 'successfulJobsHistoryLimit: "3"', "F102"),
    "truth as text": Slip("cron-workflow", "suspend: false", 'suspend: "false"', "F102"),
    "a number in a command": Slip("steps", "command: [echo]", "command: [echo, 1]", "F102"),
    "a mapping for a list": Slip("parallelism-limit", "command: [sh, -c, sleep 10]", "command: {sh: x}", "F102"),
    "a list for a mapping": Slip("volumes-emptydir", "emptyDir: {}", "emptyDir: []", "F102"),
    "a duration as a number": Slip("retry-backoff", 'duration: "1"', "duration: 1", "F102"),
    "a required field of Kubernetes": Slip("volumes-emptydir", "        mountPath: /mnt/vol\n", "", "F103"),
    "a pull policy in lower case": Slip("steps", "image: busybox", "image: busybox\n      imagePullPolicy: ifNotPresent", "F104"),
    "a toleration's operator": Slip("steps", "    container:", "    tolerations: [{key: a, operator: Exist}]\n    container:", "F104"),
    "a taint's effect": Slip("steps", "    container:", "    tolerations: [{key: a, effect: NoSchedul}]\n    container:", "F104"),
    "a retry policy": Slip("retry-backoff", '      limit: "10"\n', '      limit: "10"\n      retryPolicy: Sometimes\n', "F104"),
    "a concurrency policy": Slip("cron-workflow", '"Replace"', '"Never"', "F104"),
    "an action of a resource": Slip("k8s-jobs", "action: create", "action: make", "F104"),
    "a protocol": Slip("steps", "image: busybox", "image: busybox\n      ports: [{containerPort: 1, protocol: HTTP}]", "F105"),
    "memory in megabytes": Slip("steps", "image: busybox", "image: busybox\n      resources: {limits: {memory: 64mb}}", "F106"),
    "a size with a space": Slip("volumes-emptydir", "emptyDir: {}", "emptyDir: {sizeLimit: 1 Gi}", "F106"),
    "a duration with a space": Slip("retry-backoff", 'duration: "1"', 'duration: "10 s"', "F107"),
    "a duration in days": Slip("retry-backoff", 'maxDuration: "1m"', 'maxDuration: "1d"', "F107"),
    "a timeout in bare seconds": Slip("steps", "    container:", '    timeout: "10"\n    container:', "F107"),
    "a gauge without realtime": Slip("custom-metrics", "          realtime: true                  # This metric will be emitted in real time. For more info see: docs/metrics.md\n", "", "F111"),
    "a value that the enum does not list": Slip("loops-sequence", 'value: "3"', 'value: "3"\n      enum: ["4", "5"]', "F104"),
    "an argument from an expression": Slip("loops-sequence", 'value: "{{item}}"', 'valueFrom: {expression: item}', "C113"),
    "a resource that a pod as a whole does not have": Slip("pod-resources", "cpu:", "nvidia.com/gpu: 1\n      cpu:", "F104"),
    "no parallelism": Slip("parallelism-limit", "parallelism: 2", "parallelism: 0", "F108"),
    "a negative deadline": Slip("timeouts-workflow", "activeDeadlineSeconds: 30", "activeDeadlineSeconds: -1", "F108"),
    "the old schedule": Slip("cron-workflow", '  schedules:\n    - "* * * * *"\n', '  schedule: "* * * * *"\n', "F109"),
    "a parameter's value that is a number": Slip("loops-sequence", 'value: "3"', "value: 3", "F110"),
    # names and limits
    "a template's name": Slip("steps", "  - name: print-message\n", "  - name: print_message\n", "N101"),
    "a step's name": Slip("steps", "name: hello2a", "name: hello_2a", "N101"),
    "a parameter's name": Slip("steps", "      - name: message\n", "      - name: mess.age\n", "N102"),
    "two steps of one name": Slip("steps", "name: hello2b", "name: hello2a", "N103"),
    "two volumes of one name": Slip("volumes-emptydir", "emptyDir: {}", "emptyDir: {}\n  - name: workdir\n    emptyDir: {}", "N103"),
    "two sidecars of one name": Slip("sidecar", "    - name: influxdb\n", "    - {name: influxdb, image: b}\n    - name: influxdb\n", "N103"),
    "no name": Slip("steps", "  generateName: steps-\n", "  namespace: a\n", "N104"),
    "an object's name": Slip("cron-workflow", "name: hello-world\n", "name: Hello_World\n", "N105"),
    "a label's value": Slip("steps", "metadata:\n", "metadata:\n  labels: {a: b c}\n", "N106"),
    "a parameter called json": Slip("loops-sequence", "- name: count", "- name: json", "N107"),
    # calls
    "a template with two kinds of work": Slip("steps", "    container:", "    suspend: {}\n    container:", "C101"),
    "a template without work": Slip("volumes-emptydir", "    container:", "    metadata:", "C101"),
    "no entrypoint": Slip("steps", "  entrypoint: hello-hello-hello\n", "", "C102"),
    "an unknown entrypoint": Slip("steps", "entrypoint: hello-hello-hello", "entrypoint: hello-hello", "C103"),
    "an unknown template in a step": Slip("steps", "template: print-message", "template: print-massage", "C103"),
    "an unknown exit handler": Slip("exit-handlers", "onExit: exit-handler", "onExit: exit-handlr", "C103"),
    "an unknown template in a hook": Slip("life-cycle-hooks-tmpl-level", "template: http\n", "template: htpp\n", "C103"),
    "an unknown template in an inline DAG": Slip("dag-diamond", "template: echo", "template: ecko", "C103"),
    "two templates in a step": Slip("steps", "template: print-message", "template: print-message\n        inline: {suspend: {}}", "C104"),
    "an unknown argument in a step": Slip("steps", "[{name: message, value: \"hello1\"}]", "[{name: message, value: a}, {name: m, value: b}]", "C105"),
    "a missing parameter in a step": Slip("steps", '          parameters: [{name: message, value: "hello1"}]\n', "          parameters: []\n", "C106"),
    "an argument without a value": Slip("steps", ', value: "hello1"', "", "C107"),
    "a missing artifact": Slip("artifact-passing", "        arguments:\n          artifacts:\n          - name: message\n            from: \"{{steps.generate-artifact.outputs.artifacts.hello-art}}\"\n", "", "C108"),
    "a template that nothing calls": Slip("exit-handlers", "        template: cry\n", "        template: celebrate\n", "C109"),
    "templates beside a reference": Slip("steps", "  entrypoint:", "  workflowTemplateRef: {name: t}\n  entrypoint:", "C110"),
    "an artifact without a source": Slip("artifact-passing", "            from: \"{{steps.generate-artifact.outputs.artifacts.hello-art}}\"\n", "", "C111"),
    "a hook without an expression": Slip("life-cycle-hooks-tmpl-level", '                expression: steps["step-1"].status == "Running"\n', "", "C112"),
    # what waits for what
    "a depends that is no condition": Slip("dag-diamond", 'depends: "B && C"', 'depends: "B & C"', "W101"),
    "a wait for an unknown task": Slip("dag-diamond", 'depends: "B && C"', 'depends: "B && Q"', "W102"),
    "a status of items without a loop": Slip("dag-diamond", 'depends: "B && C"', 'depends: "B.AnySucceeded && C"', "W103"),
    "a wait for a task with a digit in front": Slip("dag-diamond", 'depends: "B && C"', 'depends: "1B && C"', "W104"),
    "a cycle": Slip("dag-diamond", "      - name: A\n", "      - name: A\n        depends: D\n", "W105"),
    "depends beside dependencies": Slip("dag-diamond", '        depends: "B && C"', "        dependencies: [B, C]", "W106"),
    "an unknown target": Slip("dag-targets", '"{{workflow.parameters.target}}"', "Z", "W107"),
    # loops
    "two loops": Slip("loops-maps", "        withItems:", '        withParam: "[]"\n        withItems:', "I101"),
    "a sequence with count and end": Slip("loops-sequence", 'end: "105"', 'end: "105"\n          count: "5"', "I102"),
    "a count that is a word": Slip("loops-sequence", 'count: "5"', 'count: "five"', "I103"),
    "a withParam that is no list": Slip("loops-maps", "        withItems:", '        withParam: "{}"\n        x-items:', "I103"),
    # expressions
    "an expression that does not end": Slip("conditionals", "[\\\"should-print\\\"] == 'true'}}", "[\\\"should-print\\\" == 'true'}}", "X101"),
    "a hook's expression": Slip("life-cycle-hooks-tmpl-level", 'steps.step2.status == "Running"', 'steps.step2.status === "Running"', "X101"),
    "an unknown function": Slip("conditionals", "{{=jsonpath(", "{{=jsonPath(", "X102"),
    "an expression that returns nil": Slip("conditionals", "== 'true'}}\" # expr form\n", "== 'true' ? 'true' : nil}}\"\n", "X103"),
    "a text compared with a number": Slip("retry-conditional", "asInt(lastRetry.exitCode) > 1", "lastRetry.exitCode > 1", "X104"),
    "double quotes in a patch": Slip("pod-spec-patch", "{{workflow.parameters.cpu-limit}}", '{{=workflow.parameters["cpu-limit"]}}', "X105"),
    "let beside item": Slip("loops-maps", '"{{item.tag}}"', '"{{=let t = item.tag; t}}"', "X106"),
    "a misspelt phase in a condition": Slip("exit-handlers", "{{workflow.status}} == Succeeded", "{{workflow.status}} == Succeded", "X107"),
    "a misspelt phase in an expression": Slip("retry-conditional", 'lastRetry.status != "Error"', 'lastRetry.status != "Errored"', "X107"),
    "a misspelt phase in a hook": Slip("life-cycle-hooks-tmpl-level", 'steps.step2.status == "Running"', 'steps.step2.status == "Runing"', "X107"),
    "braces that stay open": Slip("steps", 'value: "hello2a"', 'value: "{{item"', "X108"),
    "a single equals sign": Slip("exit-handlers", "{{workflow.status}} == Succeeded", "{{workflow.status}} = Succeeded", "X109"),
    # references
    "a misspelt root": Slip("steps", "{{inputs.parameters.message}}", "{{input.parameters.message}}", "R101"),
    "braces of another language": Slip("steps", 'value: "hello2a"', 'value: "{{ jinja }}"', "R102"),
    "an unknown member of the workflow": Slip("exit-handlers", "{{workflow.duration}}", "{{workflow.length}}", "R103"),
    "an unknown label of the workflow": Slip("exit-handlers", "{{workflow.duration}}", "{{workflow.labels.team}}", "R103"),
    "an unknown parameter of the workflow": Slip("loops-sequence", "{{workflow.parameters.count}}", "{{workflow.parameters.counts}}", "R104"),
    "an unknown input": Slip("steps", "{{inputs.parameters.message}}", "{{inputs.parameters.msg}}", "R105"),
    "an unknown input artifact": Slip("artifact-passing", '["cat /tmp/message"]', '["cat {{inputs.artifacts.massage.path}}"]', "R105"),
    "an unknown step": Slip("artifact-passing", "{{steps.generate-artifact.", "{{steps.Z.", "R106"),
    "an unknown step in an expression": Slip("conditional-artifacts", "steps.tails.outputs", "steps.tail.outputs", "R106"),
    "a step of the same group": Slip("conditional-artifacts", "          - name: tails\n            template: tails\n            when: \"{{steps.flip-coin.", "          - name: tails\n            template: tails\n            when: \"{{steps.heads.", "R107"),
    "a task that is not waited for": Slip("dag-diamond", "value: C}", 'value: "{{tasks.B.outputs.result}}"}', "R107"),
    "an unknown output artifact": Slip("artifact-passing", "outputs.artifacts.hello-art", "outputs.artifacts.helo-art", "R108"),
    "an unknown global output": Slip("global-outputs", "workflow.outputs.artifacts.my-global-art", "workflow.outputs.artifacts.my-art", "R108"),
    "an output of a metric": Slip("custom-metrics", "{{outputs.parameters.rand-int-value}}", "{{outputs.parameters.rand}}", "R108"),
    "a member that items do not have": Slip("loops-maps", "{{item.tag}}", "{{item.tags}}", "R109"),
    "an item without a loop": Slip("steps", 'value: "hello2a"', 'value: "{{item}}"', "R109"),
    "retries without a strategy": Slip("steps", "{{inputs.parameters.message}}", "{{retries}}", "R110"),
    "tasks in steps": Slip("artifact-passing", "{{steps.generate-artifact.", "{{tasks.generate-artifact.", "R111"),
    "failures without an exit handler": Slip("steps", 'value: "hello2a"', 'value: "{{workflow.failures}}"', "R111"),
    # pods
    "no image": Slip("steps", "      image: busybox\n", "", "P101"),
    "an image in capitals": Slip("steps", "image: busybox", "image: BusyBox", "P102"),
    "an image with two tags": Slip("volumes-emptydir", "image: alpine:3.23", "image: alpine:3.23:1", "P102"),
    "no command": Slip("steps", "      command: [echo]\n", "", "P103"),
    "an unknown volume": Slip("volumes-emptydir", "      - name: workdir\n        mountPath", "      - name: wrkdir\n        mountPath", "P104"),
    "two mounts of one path": Slip("artifact-passing", "path: /tmp/message\n    container:", "path: /tmp\n    container:\n      volumeMounts: [{name: a, mountPath: /tmp}]", "P106"),
    "a patch that is no YAML": Slip("pod-spec-patch", '{"containers"', '{["containers"', "P107"),
    "a misspelt key in a patch": Slip("pod-spec-patch", '"resources"', '"resource"', "P107"),
    "a misspelt key at the top of a patch": Slip("pod-spec-yaml-patch", "    containers:\n      - name: main", "    container:\n      - name: main", "P107"),
    "a quantity in a patch": Slip("pod-spec-patch", "{{workflow.parameters.cpu-limit}}", "100mi", "P107"),
    "a limit that is a word": Slip("retry-backoff", 'limit: "10"', 'limit: "ten"', "P108"),
    "a backoff without a limit": Slip("retry-backoff", '      limit: "10"\n', "", "P109"),
    "a reserved container": Slip("sidecar", "    - name: influxdb\n", "    - name: wait\n", "P110"),
    "a manifest that is no YAML": Slip("k8s-jobs", "        kind: Job\n", "        kind: [Job\n", "P111"),
    "parallelism of a pod": Slip("parallelism-limit", "  - name: sleep\n", "  - name: sleep\n    parallelism: 2\n", "P112"),
    "a deadline of steps": Slip("parallelism-limit", "    steps:\n", "    activeDeadlineSeconds: 2\n    steps:\n", "P112"),
    "a container set without main": Slip(
        "container-set-template/outputs-result-workflow",
        "          - name: main\n            image",
        "          - name: first\n            dependencies: [zero]\n            image",
        "P113",
    ),
    # outputs and schedules
    "an output without a source": Slip("global-outputs", "        valueFrom:\n          path: /tmp/hello_world.txt\n", "", "O101"),
    "an output of a pod from a parameter": Slip("global-outputs", "          path: /tmp/hello_world.txt\n        globalName", "          parameter: a\n        globalName", "O102"),
    "an output without a default": Slip("global-outputs", "generate-globals\n", "generate-globals\n", "O103"),
    "a metric without a kind": Slip("custom-metrics", '            counter:\n              value: "1"\n', "", "O104"),
    "no schedule": Slip("cron-workflow", '  schedules:\n    - "* * * * *"\n', "  schedules: []\n", "S101"),
    "a schedule of four fields": Slip("cron-workflow", '"* * * * *"', '"* * * *"', "S102"),
    "a time zone": Slip("cron-workflow", "America/Los_Angeles", "America/Los_Angles", "S103"),
}  # fmt: skip
