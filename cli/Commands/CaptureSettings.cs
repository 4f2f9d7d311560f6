using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Table;

namespace NetSniff.Cli.Commands;

/// <summary>What the options common to `read` and `live` say.</summary>
internal sealed record CaptureSettings
{
    public required OutputFormat Format { get; init; }

    /// <summary>File for the output; null for standard output.</summary>
    public string? WriteTo { get; init; }

    public bool IsColoured { get; init; }

    /// <summary>Filter over records; null for all.</summary>
    public string? Where { get; init; }

    /// <summary>pcap-filter over packets; null for all.</summary>
    public string? PacketFilter { get; init; }

    /// <summary>0 for no end.</summary>
    public long CountMax { get; init; }

    public FlowLines? Flows { get; init; }

    /// <summary>File that says whose addresses are; null for none.</summary>
    public string? NamesPath { get; init; }

    /// <summary>Folder of detection rules; null for none.</summary>
    public string? RulesPath { get; init; }

    /// <summary>Names to show in place of addresses, for people; null for none.</summary>
    public AddressNames? Names { get; init; }

    /// <summary>Many flows without data between the same two become one line of the table.</summary>
    public bool FoldsFlows { get; init; }

    /// <summary>A summary at the end of files too.</summary>
    public bool IsSummarised { get; init; }

    public bool IsQuiet { get; init; }

    /// <summary>Lines are as long as they are, whatever the terminal.</summary>
    public bool IsWide { get; init; }

    /// <summary>Kinds of records that can come; empty for all there are.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>Records hold only fields that were asked for.</summary>
    public bool HasChosenFields { get; init; }

    public bool IsUtc { get; init; }
}
