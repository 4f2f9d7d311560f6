using System.ComponentModel;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Kube.Resources;

public enum ActionType { Event, Metric, Log, Trace, Webhook, Capture }

public enum WebhookFormat { NetSniff, Alertmanager, CloudEvents, Slack }

[Rule("(self.type == 'Webhook') == has(self.webhook)",
    "webhook is required when, and only when, type is Webhook", ".webhook")]
[Rule("self.type == 'Capture' || !has(self.capture)", "capture is allowed only when type is Capture", ".capture")]
public sealed record RuleAction : ResourcePart
{
    [Description("What it is called.")]
    [Text(63, min: 1)]
    public required string Name { get; init; }

    [Description("What is done.")]
    public required ActionType Type { get; init; }

    [Description("Whom a request is sent.")]
    public WebhookAction? Webhook { get; init; }

    [Description("Which packets around the alert are cut out of the nodes' buffers.")]
    public CaptureAction? Capture { get; init; }
}

public sealed record WebhookAction : ResourcePart
{
    [Description("Where to.")]
    [Text(2048, min: 1, pattern: "^https?://.+")]
    public required string Url { get; init; }

    [Description("In which form.")]
    public WebhookFormat Format { get; init; } = WebhookFormat.Alertmanager;

    [Description("Headers of the request: keys and values of the secret.")]
    public SecretReference? HeadersSecretRef { get; init; }
}

public sealed record CaptureAction : ResourcePart
{
    [Description("From so long before the alert on.")]
    public Duration? Before { get; init; }

    [Description("Until so long after it.")]
    public Duration? After { get; init; }

    [Description("At most so many bytes.")]
    [Number(1024, 1073741824)]
    public long MaxBytes { get; init; } = 16777216;
}

public sealed record DetectionRuleStatus : ResourcePart
{
    [Description("Generation of the object that this is of.")]
    public long? ObservedGeneration { get; init; }

    [Description("Accepted and Programmed.")]
    [Entries(16, keys: "type")]
    public IReadOnlyList<ResourceCondition>? Conditions { get; init; }

    [Description("Profiles that selected this rule.")]
    [Entries(32, keys: "namespace,name")]
    public IReadOnlyList<RuleBinding>? Bindings { get; init; }

    [Description("Alerts raised.")]
    public long? AlertCount { get; init; }

    [Description("Alerts that were counted and not raised, in mode Shadow.")]
    public long? ShadowCount { get; init; }

    [Description("Alerts that exceptions hid.")]
    public long? SuppressedCount { get; init; }

    [Description("When the last one was raised.")]
    public DateTimeOffset? LastAlertTime { get; init; }

    [Description("How the tests went.")]
    public TestCounts? Tests { get; init; }

    [Description("What the rule costs.")]
    public RuleCost? Cost { get; init; }
}

public sealed record RuleBinding : ResourcePart
{
    [Description("Namespace of the profile.")]
    [Text(63)]
    public required string Namespace { get; init; }

    [Description("Its name.")]
    [Text(253)]
    public required string Name { get; init; }

    [Description("Workers that run the rule as it is.")]
    public int? ProgrammedWorkers { get; init; }

    [Description("Workers that should.")]
    public int? DesiredWorkers { get; init; }
}

public sealed record TestCounts : ResourcePart
{
    [Description("Those that came out as expected.")]
    public int? Passed { get; init; }

    [Description("Those that did not.")]
    public int? Failed { get; init; }
}

public sealed record RuleCost : ResourcePart
{
    [Description("Of one evaluation.")]
    [Text(16)]
    public string? MeanEvaluationTime { get; init; }

    [Description("Evaluations a second, on all workers.")]
    public long? EvaluationsPerSecond { get; init; }
}
