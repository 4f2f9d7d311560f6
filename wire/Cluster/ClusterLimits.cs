namespace NetSniff.Wire.Cluster;

/// <summary>Bounds of the cluster channel, the same at both ends.</summary>
public static class ClusterLimits
{
    /// <summary>Reason of the condition of a sensor that has deleted what it kept and waits for its end.</summary>
    public const string PurgedReason = "Purged";

    /// <summary>Of one plan, all files together.</summary>
    public const int PlanBytesMax = 32 << 20;

    public const int PlanFilesMax = 4096;

    /// <summary>Of one report.</summary>
    public const int ReportBytesMax = 2 << 20;

    public const int RulesMax = 4096;

    /// <summary>Findings of one report.</summary>
    public const int FindingsMax = 128;

    public const int ConditionsMax = 32;

    /// <summary>Tasks of one member at one time.</summary>
    public const int TasksMax = 16;

    public const int NameLengthMax = 253;

    public const int TextLengthMax = 1024;

    /// <summary>No task runs longer, whatever it says.</summary>
    public static readonly TimeSpan TaskTimeMax = TimeSpan.FromMinutes(10);

    /// <summary>Room for a message with a plan in it: names and the coding of their own.</summary>
    public const int PlanMessageBytesMax = PlanBytesMax + (1 << 20);

    /// <summary>So much of a text.</summary>
    public static string Cut(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= TextLengthMax ? text : text[..TextLengthMax];
    }
}
