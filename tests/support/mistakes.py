"""List single mistakes for the linter's tests: the replaced text of a golden file, the message, and the place."""

from __future__ import annotations

from dataclasses import dataclass

GRAPH = "chain_of_fan_outs"
"""Load, Split over Load's files, Fit over Split's rows."""


@dataclass(frozen=True)
class Mistake:
    """A replacement in a golden file, with the message about it and its place in words."""

    golden: str
    old: str
    new: str
    message: str
    where: str


MISTAKES = {
    # expressions
    "a wrong parameter name inside an expression": Mistake(
        "parallelism",
        "int(inputs.parameters.splits)",
        "int(inputs.parameters.split)",
        "has no input parameter 'split'. Did you mean 'splits'",
        "template loop-Fit, task Fit, field withSequence.count",
    ),
    "a wrong workflow parameter inside an expression": Mistake(
        "fan_out_over_parameter",
        "fromJSON(workflow.parameters.rates); string(max",
        "fromJSON(workflow.parameters.rate); string(max",
        "The workflow has no parameter 'rate'. Did you mean 'rates'",
        "task Fit, field withSequence.count",
    ),
    "an unbalanced parenthesis": Mistake(
        GRAPH,
        "sum(fromJSON(tasks.Load.outputs.parameters.lengths).files)))}}",
        "sum(fromJSON(tasks.Load.outputs.parameters.lengths).files))}}",
        "cannot be read",
        "task Split, field withSequence.count",
    ),
    "an unclosed tag": Mistake(
        GRAPH,
        '"{{=string(max(1, sum(fromJSON(tasks.Load.outputs.parameters.lengths).files)))}}"',
        '"{{=string(max(1, sum(fromJSON(tasks.Load.outputs.parameters.lengths).files)))}"',
        "'{{' is never closed",
        "task Split, field withSequence.count",
    ),
    "an unknown function": Mistake(
        GRAPH,
        "{{=string(max(1, sum(fromJSON(",
        "{{=string(max(1, sun(fromJSON(",
        "There is no function 'sun'",
        "task Split, field withSequence.count",
    ),
    "too many arguments of a function": Mistake(
        "parallelism",
        "int(inputs.parameters.splits)",
        "int(inputs.parameters.splits, 10)",
        "int takes 1 argument, not 2",
        "task Fit, field withSequence.count",
    ),
    "an expression that returns nil": Mistake(
        "parallelism",
        "{{=string(max(1, int(inputs.parameters.splits)))}}",
        "{{=inputs.parameters.splits == '0' ? nil : inputs.parameters.splits}}",
        "returns nil",
        "task Fit, field withSequence.count",
    ),
    "a count that is negative": Mistake(
        "parallelism",
        "{{=string(max(1, int(inputs.parameters.splits)))}}",
        "{{=string(1 - 2)}}",
        "The count is '-1'",
        "task Fit, field withSequence.count",
    ),
    "a misspelt output": Mistake(
        GRAPH,
        "tasks.Load.outputs.parameters.lengths",
        "tasks.Load.outputs.parameters.length",
        "has no output parameter 'length'. Did you mean 'lengths'",
        "task Split, field withSequence.count",
    ),
    "a misspelt task in an expression": Mistake(
        GRAPH,
        "tasks.Load.outputs",
        "tasks.Laod.outputs",
        "there is no task 'Laod' in this DAG. Did you mean 'Load'",
        "task Split, field withSequence.count",
    ),
    "a task's member that does not exist": Mistake(
        GRAPH,
        "tasks.Load.outputs",
        "tasks.Load.output",
        "a task has no 'output'. Did you mean 'outputs'",
        "task Split, field withSequence.count",
    ),
    "a task that refers to itself": Mistake(
        GRAPH,
        "tasks.Load.outputs",
        "tasks.Split.outputs",
        "task 'Split' does not wait for 'Split'",
        "task Split, field withSequence.count",
    ),
    "double quotes in an expression within JSON": Mistake(
        "linear",
        "podSpecPatch: '{",
        'podSpecPatch: \'{"x":"{{="a"}}",',
        "has double quotes, which end the JSON",
        "Workflow train-, field spec.podSpecPatch",
    ),
    # paths
    "a misspelt root": Mistake(
        "linear",
        "{{workflow.uid}}",
        "{{workflw.uid}}",
        "Did you mean 'workflow'",
        "field container.env[LAMINAR_EXECUTION_ID].value",
    ),
    "a workflow's member that does not exist": Mistake(
        "linear", "{{workflow.uid}}", "{{workflow.uuid}}", "a workflow has no 'uuid'", "container.env[LAMINAR_EXECUTION_ID].value"
    ),
    "an input that the template does not have": Mistake(
        "linear",
        '--layer, "{{inputs.parameters.layer}}"',
        '--layer, "{{inputs.parameters.layr}}"',
        "has no input parameter 'layr'",
        "template layer, field container.args",
    ),
    "an item outside a loop": Mistake(
        "linear",
        "{name: layer, value: Load}",
        '{name: layer, value: "{{item}}"}',
        "task 'Load' is no loop",
        "task Load, field arguments.parameters[layer].value",
    ),
    "tasks outside a DAG": Mistake(
        "linear", "{{workflow.uid}}", "{{tasks.Load.id}}", "is known only inside a DAG", "template layer"
    ),
    "retries without a retry strategy": Mistake(
        "linear", "    retryStrategy:", "    x:", "known only in a template with a retryStrategy", "env[LAMINAR_LAYER_ATTEMPT]"
    ),
    # what waits for what
    "a missing depends": Mistake(
        GRAPH, "        depends: Load\n", "", "task 'Split' does not wait for 'Load'", "task Split, field withSequence.count"
    ),
    "a depends on a task that does not exist": Mistake(
        "linear",
        "depends: Load",
        "depends: Laod",
        "waits for 'Laod', and its DAG has no task of that name. Did you mean 'Load'",
        "task Fit, field depends",
    ),
    "a depends that is no expression": Mistake(
        "linear", "depends: Load", "depends: Load &&", "ends where a name belongs", "task Fit, field depends"
    ),
    "a single ampersand": Mistake(
        "linear", "depends: Load", "depends: Load & Fit", "which is no name and no operator", "task Fit, field depends"
    ),
    "a status that does not exist": Mistake(
        "chain", "Train.Succeeded", "Train.Success", "waits for the status 'Success'", "task link-2, field depends"
    ),
    "a cycle": Mistake(
        "linear",
        "{name: Load, template: layer, ",
        "{name: Load, template: layer, depends: Save, ",
        "The tasks wait for each other",
        "task Load, field depends",
    ),
    "a task that waits for itself": Mistake(
        "linear", "depends: Load", "depends: Fit", "The tasks wait for each other: Fit <- Fit", "task Fit, field depends"
    ),
    # gates, skips, hooks
    "a misspelt gate in brackets": Mistake(
        "gate",
        "tasks['J-gate'].outputs",
        "tasks['J-gates'].outputs",
        "no task 'J-gates' in this DAG. Did you mean 'J-gate'",
        "task J, field withSequence.count",
    ),
    "a gate that is not waited for": Mistake(
        "gate",
        "depends: J-gate && A && S",
        "depends: A && S",
        "task 'J' does not wait for 'J-gate'",
        "task J, field withSequence.count",
    ),
    "a status of a task that is not waited for": Mistake(
        "skips_spread",
        'depends: S\n        when: "{{tasks.S.status}}',
        'depends: A\n        when: "{{tasks.S.status}}',
        "task 'T' does not wait for 'S'",
        "task T, field when",
    ),
    "a misspelt status": Mistake(
        "skips_spread", "{{tasks.S.status}} ==", "{{tasks.S.state}} ==", "a task has no 'state'", "task T, field when"
    ),
    "a single equals sign": Mistake(
        "skips_spread", "{{tasks.S.status}} ==", "{{tasks.S.status}} =", "has a single '='", "task T, field when"
    ),
    "a condition that may be nil": Mistake(
        "gate",
        "{{=string(fromJSON(tasks.A.outputs.parameters.entries).S)}}",
        "{{=fromJSON(tasks.A.outputs.parameters.entries).S ? 'true' : nil}}",
        "returns nil",
        "task S, field when",
    ),
    "a count that is nil where the layer is skipped": Mistake(
        "skips_spread", ": '0'}}", ": nil}}", "returns nil", "task F, field withSequence.count"
    ),
    "a patch of an input that is not taken": Mistake(
        "submission_hook",
        "sprig.b64dec(inputs.parameters.patch)",
        "sprig.b64dec(inputs.parameters.patches)",
        "has no input parameter 'patches'",
        "field podSpecPatch",
    ),
    "a function of sprig with too many arguments": Mistake(
        "submission_hook",
        "sprig.b64dec(inputs.parameters.patch)",
        "sprig.b64dec(inputs.parameters.patch, 1)",
        "b64dec takes 1 argument, not 2",
        "field podSpecPatch",
    ),
    "a patch that is not given": Mistake(
        "submission_hook",
        "          - name: patch\n",
        "          - name: patsch\n",
        "passes 'patsch', which template",
        "task P, field arguments.parameters[patsch].name",
    ),
    # names
    "a name with an underscore": Mistake(
        "linear", "{name: Load, ", "{name: Lo_ad, ", "A task cannot be called 'Lo_ad'", "field name"
    ),
    "two tasks of one name": Mistake(
        "linear", "{name: Load, ", "{name: Fit, ", "There are 2 tasks called 'Fit'", "task Fit, field name"
    ),
    "a waited task called like a word of the language": Mistake(
        "linear", "depends: Load", "depends: let", "is a word of the expression language", "task Fit, field depends"
    ),
    "a waited task that begins with a digit": Mistake(
        "linear", "depends: Load", "depends: 1Load", "begins with a digit", "task Fit, field depends"
    ),
    "an object's name in capitals": Mistake(
        "template", "name: train", "name: Train", "A WorkflowTemplate cannot be called 'Train'", "field metadata.name"
    ),
    "a cron workflow's name that is too long": Mistake(
        "cron", "name: train", "name: " + "a" * 53, "has 53 characters, and a CronWorkflow allows 52", "field metadata.name"
    ),
    "a label's value that Kubernetes refuses": Mistake(
        "linear",
        "laminar/flow: Train",
        'laminar/flow: "Train it"',
        "Label 'laminar/flow' has the value 'Train it'",
        "field metadata.labels",
    ),
    "a parameter's name with a dot": Mistake(
        "fan_out_over_parameter",
        "{name: rates, ",
        "{name: ra.tes, ",
        "Parameter 'ra.tes' has a name",
        "field spec.arguments.parameters[ra.tes].name",
    ),
    "a parameter called json": Mistake(
        "template", "{name: text, ", "{name: json, ", "replaces workflow.parameters.json", "parameters[json].name"
    ),
    # templates and arguments
    "a dangling template": Mistake(
        "linear",
        "template: layer, arguments",
        "template: leyer, arguments",
        "calls 'leyer', which is no template. Did you mean 'layer'",
        "task Load, field template",
    ),
    "an entrypoint that does not exist": Mistake(
        "linear",
        "entrypoint: Train",
        "entrypoint: Trian",
        "The entrypoint 'Trian' is no template. Did you mean 'Train'",
        "field spec.entrypoint",
    ),
    "a template that nothing calls": Mistake(
        "chain",
        "- {name: Evaluate, template: Evaluate, ",
        "- {name: Evaluate, template: Train, ",
        "Nothing calls template 'Evaluate'",
        "template Evaluate",
    ),
    "a missing argument": Mistake(
        "linear",
        "- {name: Load, template: layer, arguments: {parameters: [{name: layer, value: Load}]}}",
        "- {name: Load, template: layer}",
        "does not pass 'layer'",
        "task Load",
    ),
    "an unknown argument": Mistake(
        "linear",
        "{name: layer, value: Load}",
        "{name: layer, value: Load}, {name: idx, value: x}",
        "passes 'idx', which template 'layer' does not have",
        "task Load, field arguments.parameters[idx].name",
    ),
    "an argument without a value": Mistake(
        "linear", "{name: layer, value: Load}", "{name: layer}", "passes 'layer' without a value", "task Load"
    ),
    # pods
    "a missing command": Mistake(
        "linear", "      command: [python, -m, laminar.runner, main.py]\n", "", "has no command", "template layer, field container"
    ),
    "a missing image": Mistake("linear", "      image: laminar:latest\n", "", "has no image", "template layer, field container"),
    "a missing service account": Mistake(
        "linear", "  serviceAccountName: laminar\n", "", "default service account", "Workflow train-"
    ),
    "an output without default": Mistake(
        GRAPH,
        ', default: "{}"',
        "",
        "Output 'lengths' has no default",
        "template layer, field outputs.parameters[lengths].valueFrom",
    ),
    "a volume that is not there": Mistake(
        "linear",
        "{name: scratch, mountPath",
        "{name: scrath, mountPath",
        "There is no volume 'scrath'",
        "field container.volumeMounts[scrath]",
    ),
    "a variable that is set twice": Mistake(
        "linear", "name: LAMINAR_DATASTORE", "name: LAMINAR_EXECUTION_ID", "LAMINAR_EXECUTION_ID is set twice", "template layer"
    ),
    "an argument beyond 128 KiB": Mistake(
        "linear",
        "args: [--flow, Train",
        "args: [--flow, " + "x" * 131_073,
        "has 131073 bytes",
        "template layer, field container.args",
    ),
    # retries
    "a backoff factor that is no whole number": Mistake(
        "linear", "factor: 2", "factor: 1.5", "is no whole number", "template layer, field retryStrategy.backoff.factor"
    ),
    "a backoff without limit": Mistake(
        "linear", '      limit: "2"\n', "", "only beside a limit", "template layer, field retryStrategy.backoff"
    ),
    "a negative limit": Mistake(
        "linear", 'limit: "2"', 'limit: "-2"', "'limit' is -2", "template layer, field retryStrategy.limit"
    ),
    "a retry policy that does not exist": Mistake(
        "linear",
        "retryPolicy: Always",
        "retryPolicy: OnFail",
        "no retryPolicy 'OnFail'",
        "template layer, field retryStrategy.retryPolicy",
    ),
    "text compared with a number": Mistake(
        "linear",
        "asInt(lastRetry.exitCode) == 75",
        "lastRetry.exitCode == 75",
        "compares lastRetry, which is text",
        "field retryStrategy.expression",
    ),
    "a misspelt member of lastRetry": Mistake(
        "linear", "lastRetry.status", "lastRetry.state", "lastRetry has no 'state'", "field retryStrategy.expression"
    ),
    # numbers and fields
    "a negative count": Mistake(
        "fan_out_of_known_length", 'count: "3"', 'count: "-3"', "'count' is -3", "task Fit, field withSequence.count"
    ),
    "a negative parallelism": Mistake(
        "parallelism", "parallelism: 2", "parallelism: -2", "'parallelism' is -2", "template loop-Fit, field parallelism"
    ),
    "a misspelt field": Mistake(
        "linear",
        "workingDir:",
        "workingDirectory:",
        "no field 'workingDirectory'; Argo's server drops it silently. Did you mean 'workingDir'",
        "template layer, field container.workingDirectory",
    ),
    "a field in snake case": Mistake(
        "linear",
        "serviceAccountName:",
        "service_account_name:",
        "Did you mean 'serviceAccountName'",
        "field spec.service_account_name",
    ),
    "a number where text belongs": Mistake(
        "linear", '"s3://bucket/laminar"', "1e3", "should be text", "env[LAMINAR_DATASTORE].value"
    ),
    "a key that is a boolean": Mistake("linear", "workingDir: /laminar", "n: /laminar", "reads as true or false", "template layer"),
    "a name that is a boolean": Mistake(
        "template", "{name: text, ", "{name: n, ", "should be text", "field spec.arguments.parameters"
    ),
    "a key twice": Mistake(
        "linear",
        "      workingDir: /laminar\n",
        "      workingDir: /laminar\n      workingDir: /other\n",
        "has the key 'workingDir' twice",
        "template layer",
    ),
    "a patch that is no JSON": Mistake(
        "linear", "podSpecPatch: '{", "podSpecPatch: '{[", "neither JSON nor YAML", "field spec.podSpecPatch"
    ),
    "a kind that does not exist": Mistake(
        "linear", "kind: Workflow", "kind: Workflows", "Argo has no kind 'Workflows'", "Workflows train-"
    ),
    # schedules
    "a schedule of four fields": Mistake(
        "cron", "0 4 * * mon-fri", "0 4 * *", "it has 4 fields, not 5", "CronWorkflow train, field spec.schedules"
    ),
    "a time zone that does not exist": Mistake(
        "cron", "Europe/Berlin", "Europe/Bern", "There is no time zone", "CronWorkflow train, field spec.timezone"
    ),
    "a concurrency policy that does not exist": Mistake(
        "cron",
        "concurrencyPolicy: Forbid",
        "concurrencyPolicy: Never",
        "no concurrencyPolicy 'Never'",
        "field spec.concurrencyPolicy",
    ),
    "a negative history": Mistake(
        "cron", "successfulJobsHistoryLimit: 3", "successfulJobsHistoryLimit: -3", "is -3", "field spec.successfulJobsHistoryLimit"
    ),
}
