using System.Text.Json.Nodes;

namespace NetSniff.Operator.Config;

/// <summary>What whoever installs us decides: `operator.json`. What a field's absence means is written here.</summary>
/// <remarks>Nobody changes one; the setters are for the generated reader.</remarks>
public sealed record OperatorSettings
{
    /// <summary>Names of objects begin with it.</summary>
    public string Instance { get; set; } = "";

    /// <summary>Of the operator and the workers.</summary>
    public string Namespace { get; set; } = "";

    public string SensorsNamespace { get; set; } = "";

    /// <summary>Whose profiles, rules and sessions are looked at; none for all.</summary>
    public IReadOnlyList<string> WatchNamespaces { get; set; } = [];

    public string ClusterDomain { get; set; } = "cluster.local";

    public string Version { get; set; } = "";

    /// <summary>Labels of everything that is made.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; set; } = new Dictionary<string, string>();

    public ImageSettings Images { get; set; } = new();

    public CertificateSettings Certificates { get; set; } = new();

    public SensorSettings Sensor { get; set; } = new();

    public WorkerSettings Worker { get; set; } = new();

    public NetworkPolicySettings NetworkPolicies { get; set; } = new();

    /// <summary>Folder of objects to apply once our kinds are served; empty for none.</summary>
    public string Defaults { get; set; } = "";
}

public sealed record ImageSettings
{
    public string Sensor { get; set; } = "";

    public string Worker { get; set; } = "";

    public string PullPolicy { get; set; } = "IfNotPresent";

    public IReadOnlyList<string> PullSecrets { get; set; } = [];
}

public sealed record CertificateSettings
{
    public string Lifetime { get; set; } = "2160h";

    public string AuthorityLifetime { get; set; } = "87600h";
}

/// <summary>Of the sensors' pods, where no profile says otherwise.</summary>
public sealed record SensorSettings
{
    public string ServiceAccount { get; set; } = "netsniff-sensor";

    public string PriorityClass { get; set; } = "netsniff-sensor";

    public IReadOnlyList<string> Capabilities { get; set; } = ["NET_RAW", "NET_ADMIN"];

    public string HostPath { get; set; } = "/var/lib/netsniff";

    public string MaxUnavailable { get; set; } = "10%";

    public int TerminationGracePeriodSeconds { get; set; } = 60;

    public JsonObject? Resources { get; set; }

    public JsonObject? NodeSelector { get; set; }

    public JsonObject? Affinity { get; set; }

    public JsonArray? Env { get; set; }

    public JsonObject? PodLabels { get; set; }

    public JsonObject? PodAnnotations { get; set; }

    public int HealthPort { get; set; } = 9464;
}

/// <summary>Of the workers' pods, where no profile says otherwise.</summary>
public sealed record WorkerSettings
{
    public string ServiceAccount { get; set; } = "netsniff-worker";

    public string PriorityClass { get; set; } = "";

    public WorkerStorage Storage { get; set; } = new();

    public WorkerRetention Retention { get; set; } = new();

    /// <summary>`Auto`, `HorizontalPodAutoscaler`, `Operator` or `None`.</summary>
    public string Scaling { get; set; } = "Auto";

    public bool DeleteClaims { get; set; } = true;

    public int TerminationGracePeriodSeconds { get; set; } = 60;

    public JsonObject? Resources { get; set; }

    public JsonObject? NodeSelector { get; set; }

    public JsonArray? Tolerations { get; set; }

    public JsonObject? Affinity { get; set; }

    public JsonArray? TopologySpreadConstraints { get; set; }

    public JsonArray? Env { get; set; }

    public JsonObject? PodLabels { get; set; }

    public JsonObject? PodAnnotations { get; set; }
}

public sealed record WorkerStorage
{
    /// <summary>`EmptyDir` or `Claim`.</summary>
    public string Type { get; set; } = "EmptyDir";

    public string Size { get; set; } = "20Gi";

    public string StorageClass { get; set; } = "";
}

public sealed record WorkerRetention
{
    public string Age { get; set; } = "24h";

    public string Bytes { get; set; } = "16Gi";
}

public sealed record NetworkPolicySettings
{
    public bool Enabled { get; set; } = true;

    public JsonObject? MonitoringNamespaceSelector { get; set; }

    public IReadOnlyList<int> ApiServerPorts { get; set; } = [443, 6443, 8443, 16443];

    /// <summary>Where the API server is; none for anywhere.</summary>
    public IReadOnlyList<string> ApiServerCidrs { get; set; } = [];
}
