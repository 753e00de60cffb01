"""Hold the table of rules: code, severity (and the one in laminar's own documents), other tools that find the mistake, title, reason.

The columns ``argo lint`` and ``server`` were read in Argo's workflow/validate/validate.go and manifests/base/crds/full, 4.1.2,
and seen on a real Argo 4.1.2 and Kubernetes 1.34 where the reason names them. ``unknown`` was not tried.
"""

# ruff: noqa: E501

__all__ = ["CATALOGUE"]

CATALOGUE = """
Y101|error|yes|no|A key occurs twice in a mapping|The last one counts, the first is lost silently. Argo's own lint reads strictly and refuses the file; kubectl refuses it too.
Y102|error|unknown|unknown|A key is not text|YAML 1.1 reads `n`, `yes` or `1` as a boolean or a number.
Y103|error|unknown|unknown|A YAML tag that Argo does not know|A tag such as `!ref` belongs to another program.
Y104|error|yes|yes|A file that is not YAML|No document of it can be read.
D101|error|partly|yes|A document without a kind|Kubernetes reads apiVersion and kind to know what a document is. Argo lint skips the document, and complains only where nothing else is left.
D102|error|partly|yes|An unknown kind of Argo|The API server knows the kinds that Argo's custom resource definitions install.
D103|error|partly|yes|A kind of Argo with a wrong apiVersion|Argo's kinds have the apiVersion argoproj.io/v1alpha1.
D104|error|yes|unknown|A workflow without a spec|There is nothing to run.
F101|error|yes|partly|An unknown field|Argo lint reads strictly. Seen on a real Argo 4.1.2: its server drops the field silently and answers 200. The API server refuses it with fieldValidation=Strict (kubectl's default), and else only warns.
F102|error|yes|yes|A value of a wrong type|Go reads JSON strictly: `parallelism: "2"` is text where a number belongs, and the document is refused as a whole. Seen on Kubernetes 1.34: `{name: n}`, which is false in YAML 1.1, is refused.
F103|error|no|yes|A missing field of Kubernetes|The schema requires it: the API server refuses the document, or the pod.
F104|error|partly|yes|A value that the field does not have|Argo's custom resource definitions list the values.
F105|warning|no|partly|A value that the published schema does not list|Kubernetes checks it when the pod is created, after the workflow has started. A value that is nearly a listed one is an error (F104); any other may be newer than the schema.
F106|error|yes|yes|A quantity that is none|Kubernetes takes a number with one of m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei: `64Mi`, never `64mb`.
F107|error|partly|no|A duration that is none|Go reads durations without spaces: `10s`, `2m30s`, and where the field allows it whole seconds: `10`. Argo finds a wrong one at run time, when the node fails.
F108|error|partly|partly|A number out of range|Argo's custom resource definitions require at least 1, or at least 0, for these fields.
F109|error|yes|partly|A field that Argo 4.0 removed|`schedule`, `mutex` and `semaphore` became the lists `schedules`, `mutexes` and `semaphores`. An older cluster reads them.
F110|warning|no|yes|A parameter's value that is not text|Argo reads any plain value as text; the full custom resource definitions (the default since Argo 4.0) have the type string, so `kubectl apply` is refused.
F111|warning/error|partly|yes|A missing field of Argo|Argo reads it as empty; its custom resource definitions require it, so `kubectl apply` is refused.
N101|error|yes|yes|A template, task or step with an invalid name|Letters, digits and `-`, beginning with a letter or a digit, at most 128.
N102|error|yes|yes|A parameter or artifact with an invalid name|Letters, digits, `-` and `_`.
N103|error|partly|partly|A name that occurs twice|Argo lint finds templates, tasks, steps, parameters and artifacts of one name. Volumes, containers and variables of one name are found when the pod is created, or never.
N104|warning/error|no|yes|A document without a name|The API server requires a name or a generateName.
N105|error|partly|yes|An object with an invalid name|Kubernetes takes lower-case letters, digits, `-` and `.`; a Workflow's name has at most 63 characters, a CronWorkflow's 52.
N106|warning/error|no|yes|A label or annotation that Kubernetes refuses|A label's value has at most 63 letters, digits, `-`, `_` and `.`.
N107|warning/error|no|no|A parameter called json|Seen on Argo 4.1.2: it replaces `workflow.parameters.json`, the list of all parameters.
L101|error|no|yes|Too many of something|The full custom resource definitions take 200 templates, 200 tasks in a DAG and 500 parameters. Seen on Kubernetes 1.34: 201 tasks are refused with 422.
L102|error|no|yes|A document that is too large|Kubernetes stores at most 1 MiB an object by default.
L103|error|no|no|An argument or variable that is too long|Linux takes 128 KiB in one argument or variable (MAX_ARG_STRLEN).
L104|error|no|no|Parameters that are too large together|`workflow.parameters.json` brings all of them into one variable.
C101|error|yes|partly|A template without work, or with several kinds of it|A template has exactly one of container, script, dag, steps, suspend, resource, http, plugin, containerSet, data.
C102|error|yes|no|A workflow without an entrypoint|Argo needs the template to begin with.
C103|error|yes|no|A template that does not exist|Seen on a real Argo 4.1.2: its server refuses it; the API server takes it, and the workflow ends with an error.
C104|error|yes|partly|A call that names no template, or several|It has exactly one of template, templateRef and inline.
C105|warning/error|no|no|An argument that the template does not have|Argo drops it, and the input keeps its default.
C106|error|yes|no|A parameter that is not given|The input has no value, no default, and no argument.
C107|error|yes|no|An argument without a value|It has neither value nor valueFrom.
C108|error|yes|no|An artifact that is not given|The input is required, has no location, and no argument brings one.
C109|warning/error|no|no|A template that nothing calls|It may be left over, or a call may be missing.
C110|error|yes|no|Templates beside a workflowTemplateRef|A workflow takes its templates from one of them.
C111|error|yes|no|An argument without a source|An artifact that is passed has from, fromExpression or a location, and not both of the first two.
C112|error|yes|no|A hook without an expression|Only the hook called `exit` needs none.
C113|error|yes|no|An argument from a source that arguments do not have|Its valueFrom has configMapKeyRef, event or supplied; path, parameter and expression are of outputs.
W101|error|yes|no|A depends that cannot be read|Names, perhaps with a status, joined by `&&`, `||` and `!`.
W102|error|yes|no|A task that waits for an unknown task|A task waits for tasks of its own DAG.
W103|error|yes|no|A status of loops without a loop|AnySucceeded and AllFailed are about items.
W104|error|partly|no|A task whose name depends cannot have|It begins with a digit, or is a word of the expression language (`let`, `matches`, `nil`): seen on Argo 4.1.2, the expression breaks.
W105|error|yes|no|Tasks that wait for each other|None of them ever starts.
W106|error|yes|partly|depends beside dependencies or continueOn|A DAG uses one language for all its tasks.
W107|error|yes|no|A target that is no task|`dag.target` names tasks of the DAG.
I101|error|yes|no|Several loops at one task|A task has one of withItems, withParam and withSequence.
I102|error|partly|partly|A sequence without count or end, or with both|It needs one of them.
I103|error|no|no|A loop over something that is no number or list|Seen on Argo 4.1.2: the task ends with `strconv.Atoi: parsing ...`; withParam must be a JSON list.
I104|error|no|no|Gathering a loop that has a when|Seen on Argo 4.1.2: where nothing of the loop runs, the workflow hangs.
X101|error|no|no|An expression that cannot be read|Argo lint never looks inside `{{=...}}`; the node fails at run time.
X102|error|no|no|A call that cannot be right|The function does not exist, or takes another number of arguments.
X103|error|no|no|An expression that returns nothing|Seen on Argo 4.1.2: numbers, truths and lists become text; nil fails.
X104|error|no|no|Text compared with a number|The members of lastRetry are text: the comparison never holds.
X105|error|no|no|Double quotes inside an expression inside JSON|Seen on Argo 4.1.2: they end the JSON text around the expression.
X106|error|no|no|let and item in one expression|Seen on Argo 4.1.2: an expression with `item` is replaced strictly for each item, and a name of `let` is then missing: the task is Error without a pod (operator.go, processItem).
X107|error|no|no|A status that does not exist|The comparison never holds. A node is Pending, Running, Succeeded, Skipped, Failed, Error or Omitted.
X108|error|yes|no|Braces that are never closed|`{{` without `}}`.
X109|error|no|no|A condition that cannot be read|Argo reads `when` with govaluate, after the tags are replaced.
R101|error|no|no|A reference that Argo does not know|Seen on Argo 4.1.2: an unknown `{{x}}` stays literal. In an expression the name is missing, and the node fails.
R102|warning|no|no|Braces that stay as they are|Argo replaces only what begins with a name that it knows; the text may mean another program.
R103|error|yes|no|A member that a workflow does not have|See the list of variables in Argo's documentation.
R104|error|yes|no|A workflow parameter that does not exist|It is not among arguments.parameters.
R105|error|yes|no|An input that the template does not have|It is not among the template's inputs.
R106|error|yes|no|A task or step that does not exist|Only tasks of the same DAG, or steps of the same template, are known.
R107|error|yes|no|A reference to a task that has not ended yet|The task does not wait for it, or the step runs beside it.
R108|error|yes|no|An output that the template does not have|It is not among the outputs of the template that the task calls.
R109|error|partly|no|An item outside a loop, or a member that items do not have|Only a task with a loop has items.
R110|error|yes|no|Retries without a retryStrategy|`retries` and `lastRetry` are known only in a template that has one.
R111|error|yes|no|A reference that is known elsewhere only|For example `tasks` outside a DAG, or `workflow.failures` without an exit handler.
R112|warning/error|no|no|A workflow parameter that a template does not declare|A WorkflowTemplate may leave it to the workflow that calls it; then it cannot be started on its own.
P101|error|yes|no|A container without an image|Neither the template nor templateDefaults name one.
P102|error|no|no|An image that is no reference|The pod waits with InvalidImageName: a repository is in lower case, and has no spaces.
P103|warning/error|no|no|A container without a command|Argo's executor has to know it: the controller queries the image's registry, which may be private or slow.
P104|error|no|no|A volume that is not there|Kubernetes refuses the pod.
P105|warning/error|no|no|Pods of the default service account|It may report nothing (`workflowtaskresults: create, patch`), and then the pod fails. A cluster may give it the rights, or have workflow defaults.
P106|error|partly|no|Two things at one place|A path where two volumes, or a volume and an artifact, are mounted.
P107|error|no|no|A podSpecPatch that cannot be applied|It is neither JSON nor YAML, no mapping, or has a key that a pod's spec does not have. Seen on Argo 4.1.2: an Error Pod `Error applying PodSpecPatch`.
P108|error|no|no|A limit or factor that is no whole number|Argo reads it with strconv.Atoi.
P109|error|no|no|A backoff without a limit|Seen on Argo 4.1.2: a backoff works only beside a limit.
P110|error|yes|no|A container with a reserved name|`wait`, `init` and `supervisor` are Argo's.
P111|error|yes|partly|A resource template that does nothing|It has a manifest or a manifestFrom, not both, and the manifest is YAML.
P112|error|yes|no|A field that belongs to other templates|activeDeadlineSeconds, timeout, podResources and resourceClaims are of pods, parallelism of steps and DAGs.
P113|error|yes|no|A container set that is incomplete|It has containers, and one called `main` where there are inputs or outputs.
O101|error|yes|no|An output without a source, or with several|It has a value, or one source under valueFrom.
O102|error|yes|no|An output with a source of other templates|A pod's output has a path, a DAG's has parameter or expression, a resource's jsonPath or jqFilter.
O103|note/error|no|no|An output without a default|Where the template is skipped, or leaves nothing, what reads the output fails. Seen on Argo 4.1.2.
O104|error|yes|partly|A metric that cannot be emitted|It has a valid name, a help, and one of counter, gauge and histogram; a gauge in real time cannot have resourcesDuration.
S101|error|yes|unknown|A CronWorkflow without a schedule|It would never start.
S102|error|yes|unknown|A schedule that cannot be read|Five fields, or one of @hourly, @daily, @weekly, @monthly, @yearly, @every.
S103|error|yes|unknown|A time zone that does not exist|A name of the IANA database.
K101|note|no|no|Not checked|The linter has no way to know.
K102|warning|no|no|An ignore comment that nothing needs|No finding of this code is on its line.
"""
