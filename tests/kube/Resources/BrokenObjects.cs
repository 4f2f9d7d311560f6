namespace NetSniff.Tests.Kube.Resources;

/// <summary>Objects with one fault each: kind, specification, and which field is told with which reason.</summary>
internal static class BrokenObjects
{
    private const string Profile = "CaptureProfile";
    private const string Rule = "DetectionRule";
    private const string Session = "CaptureSession";
    private const string Detector = "detector: {type: Match}, condition: tcp";

    /// <summary>Against the form: every server refuses them.</summary>
    public static TheoryData<string, string, string> OfForm => new()
    {
        { Profile, "scope: Everywhere", "spec.scope Unsupported" },
        { Profile, "suspend: 1", "spec.suspend WrongType" },
        { Profile, "targets: {hostTraffic: include}", "spec.targets.hostTraffic Unsupported" },
        { Profile, "targets: {excludeCIDRs: [10.0.0.0]}", "spec.targets.excludeCIDRs[0] Malformed" },
        { Profile, "targets: {excludeCIDRs: [10.0.0.0/8, 10.0.0.0/8]}", "spec.targets.excludeCIDRs[1] Duplicate" },
        { Profile, "targets: {podSelector: {matchExpressions: [{key: a}]}}",
            "spec.targets.podSelector.matchExpressions[0].operator Required" },
        { Profile, "capture: {snapLength: 63}", "spec.capture.snapLength OutOfRange" },
        { Profile, "capture: {bpfFilter: ''}", "spec.capture.bpfFilter TooShort" },
        { Profile, "capture: {ring: {size: many}}", "spec.capture.ring.size Malformed" },
        { Profile, "capture: {ring: {size: [1]}}", "spec.capture.ring.size WrongType" },
        { Profile, "protocols: [{name: DNS}, {name: DNS}]", "spec.protocols[1] Duplicate" },
        { Profile, "protocols: [{name: DNS, ports: [0]}]", "spec.protocols[0].ports[0] OutOfRange" },
        { Profile, "payload: {maxBodyBytes: 99999999999}", "spec.payload.maxBodyBytes OutOfRange" },
        { Profile, "redaction: {presets: [Credentials, Secrets]}", "spec.redaction.presets[1] Unsupported" },
        { Profile, "redaction: {patterns: [{name: a}]}", "spec.redaction.patterns[0].regex Required" },
        { Profile, "storage: {flowRetention: 1 day}", "spec.storage.flowRetention Malformed" },
        { Profile, "exports: [{name: A, type: IPFIX, ipfix: {host: a}}]", "spec.exports[0].name Malformed" },
        { Profile, "workers: {minReplicas: 0}", "spec.workers.minReplicas OutOfRange" },
        { Rule, Detector, "spec.severity Required" },
        { Rule, "severity: Low", "spec.detector Required" },
        { Rule, "severity: Low, condition: a, detector: {type: Sequence, sequence: {window: 1m, "
            + "steps: [{condition: b}]}}", "spec.detector.sequence.steps TooFew" },
        { Rule, $"severity: Low, attack: {{techniques: [T1]}}, {Detector}", "spec.attack.techniques[0] Malformed" },
        { Rule, $"severity: Low, exceptions: [{{name: a, condition: tcp, reason: b, expireTime: soon}}], {Detector}",
            "spec.exceptions[0].expireTime Malformed" },
        { Session, "target: {podNames: []}", "spec.target.podNames TooFew" },
        { Session, "window: {after: 1m}", "spec.target Required" },
    };

    /// <summary>Against a rule: servers that know CEL refuse them, and whoever reviews them.</summary>
    public static TheoryData<string, string, string> OfRules => new()
    {
        { Profile, "targets: {hostTraffic: Include}", "spec.targets.hostTraffic" },
        { Profile, "targets: {namespaceSelector: {}}", "spec.targets.namespaceSelector" },
        { Profile, "payload: {level: Body}, redaction: {mode: Disabled}", "spec.payload.level" },
        { Profile, "workers: {minReplicas: 11}", "spec.workers.maxReplicas" },
        { Profile, "capture: {sampling: {mode: Flow}}", "spec.capture.sampling.oneIn" },
        { Profile, "capture: {bpfFilter: -w /etc/passwd}", "spec.capture.bpfFilter" },
        { Profile, "protocols: [{name: DNS}, {name: Plugin}]", "spec.protocols[1].plugin" },
        { Profile, "protocols: [{name: DNS, plugin: x}]", "spec.protocols[0].plugin" },
        { Profile, "exports: [{name: a, type: OTLP}]", "spec.exports[0].otlp" },
        { Profile, "exports: [{name: a, type: OTLP, otlp: {endpoint: 'http://a'}, kafka: {brokers: [a:1], topic: t}}]",
            "spec.exports[0].kafka" },
        { Profile, "exports: [{name: a, type: IPFIX}]", "spec.exports[0].ipfix" },
        { Rule, $"severity: Low, mode: Shadow, actions: [{{name: a, type: Event}}, {{name: b, type: Log}}], {Detector}",
            "spec.actions" },
        { Rule, "severity: Low, detector: {type: Match}", "spec.condition" },
        { Rule, $"severity: Low, match: {{from: {{cidrs: [10.0.0.0/8], podSelector: {{}}}}}}, {Detector}",
            "spec.match.from.cidrs" },
        { Rule, $"severity: Low, match: {{to: {{cidrs: [10.0.0.0/8], namespaceSelector: {{}}}}}}, {Detector}",
            "spec.match.to.cidrs" },
        { Rule, "severity: Low, condition: tcp, detector: {type: Threshold}", "spec.detector.threshold" },
        { Rule, "severity: Low, condition: tcp, detector: {type: Distinct}", "spec.detector.distinct" },
        { Rule, "severity: Low, condition: tcp, detector: {type: Sequence}", "spec.detector.sequence" },
        { Rule, "severity: Low, detector: {type: Pattern}", "spec.detector.pattern" },
        { Rule, "severity: Low, detector: {type: Anomaly}", "spec.detector.anomaly" },
        { Rule, "severity: Low, detector: {type: Builtin}", "spec.detector.builtin" },
        { Rule, "severity: Low, condition: tcp, detector: {type: Match, builtin: {name: PortScan}}",
            "spec.detector.builtin" },
        { Rule, "severity: Low, detector: {type: Pattern, pattern: {fields: [a], patterns: [{name: b}]}}",
            "spec.detector.pattern.patterns[0].literal" },
        { Rule, "severity: Low, detector: {type: Pattern, pattern: {fields: [a], patterns: [{name: b, literal: c, "
            + "regex: d}]}}", "spec.detector.pattern.patterns[0].literal" },
        { Rule, $"severity: Low, actions: [{{name: a, type: Webhook}}], {Detector}", "spec.actions[0].webhook" },
        { Rule, $"severity: Low, actions: [{{name: a, type: Event, capture: {{}}}}], {Detector}",
            "spec.actions[0].capture" },
        { Rule, $"severity: Low, tests: [{{name: a, expect: Alert}}], {Detector}", "spec.tests[0].records" },
        { Session, "target: {}", "spec.target.podSelector" },
        { Session, "target: {podSelector: {}, podNames: [a]}", "spec.target.podSelector" },
        { Session, "target: {podSelector: {}}, bpfFilter: -r x", "spec.bpfFilter" },
        { Session, "target: {podSelector: {}}, output: {type: PVC}", "spec.output.pvc" },
        { Session, "target: {podSelector: {}}, output: {s3: {endpoint: 'http://a', bucket: abc}}", "spec.output.s3" },
    };
}
