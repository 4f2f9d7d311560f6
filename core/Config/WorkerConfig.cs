namespace NetSniff.Config;

/// <summary>What a worker is told while it runs. What is silent stays as the command line has it.</summary>
/// <remarks>The setters are for the generated reader, as those of <see cref="SensorConfig"/>.</remarks>
public sealed record WorkerConfig
{
    /// <summary>Rises with every change: of two plans the higher is the newer. 0 where nobody counts.</summary>
    public long Sequence { get; set; }

    /// <summary>Names the contents, for whoever asks which plan runs; empty for a hash of the document.</summary>
    public string Revision { get; set; } = "";

    public RetentionConfig Retention { get; set; } = new();

    public ServingConfig Serving { get; set; } = new();

    public NamesConfig Names { get; set; } = new();
}

/// <summary>How long records are kept, and how much of them.</summary>
public sealed record RetentionConfig
{
    public static readonly TimeSpan AgeMin = TimeSpan.FromHours(1), AgeMax = TimeSpan.FromDays(366);

    /// <summary>A length of time: `72h`, `7d`.</summary>
    public string Age { get; set; } = "";

    /// <summary>A quantity: `50Gi`.</summary>
    public string Bytes { get; set; } = "";
}

/// <summary>Limits of answers; 0 and empty for the worker's own.</summary>
public sealed record ServingConfig
{
    /// <summary>Records of one answer out of the past.</summary>
    public int RecordsMax { get; set; }

    /// <summary>Rows of an aggregate.</summary>
    public int RowsMax { get; set; }

    public int SqlRowsMax { get; set; }

    /// <summary>The longest that a statement of SQL may run: `30s`, `5m`.</summary>
    public string SqlTimeMax { get; set; } = "";

    public int FollowersMax { get; set; }
}

/// <summary>Who has which address.</summary>
public sealed record NamesConfig
{
    /// <summary>A file of names; one without a folder lies beside this document.</summary>
    public string File { get; set; } = "";
}
