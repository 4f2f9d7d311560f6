using System.CommandLine;
using System.Globalization;
using NetSniff.Cli.Outputs.Table;

namespace NetSniff.Cli.Commands;

/// <summary>The options that `read` and `live` share.</summary>
internal sealed class CaptureOptions
{
    private static readonly string[] s_formats =
        [.. Enum.GetNames<OutputFormat>().Select(name => name.ToLowerInvariant())];

    private readonly Option<string?> _format = new("--output", "-o")
    {
        Description = "table, jsonl, eve, summary, pcapng, batches or none. "
            + "Without it: table on a terminal and for demo, jsonl otherwise.",
        HelpName = "FORMAT",
    };

    private readonly Option<string?> _writeTo = new("--write", "-w")
    {
        Description = "Write the output to this file.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _where = new("--where")
    {
        Description = "Show only records that match, such as 'http.status >= 500'. `netsniff fields` lists the names.",
        HelpName = "EXPR",
    };

    private readonly Option<string?> _packetFilter = new("--filter")
    {
        Description = "Look only at packets that match, in pcap-filter syntax: 'tcp port 80'.",
        HelpName = "BPF",
    };

    private readonly Option<string?> _count = new("--count", "-n")
    {
        Description = "Stop after so many lines; with -o pcapng, packets.",
        HelpName = "N",
    };

    private readonly Option<bool> _flows = new("--flows")
    {
        Description = "One record for every flow. Without it the table shows only flows nothing else was said about.",
    };

    private readonly Option<bool> _noFlows = new("--no-flows") { Description = "No flow records." };

    private readonly Option<string> _color = new("--color")
    {
        Description = "auto, always or never. NO_COLOR is respected.",
        HelpName = "WHEN",
        DefaultValueFactory = static _ => "auto",
    };

    private readonly Option<string?> _names = new("--names")
    {
        Description = "Show and filter pods, services and hosts by name, as this YAML file names their addresses.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _rules = new("--rules")
    {
        Description = "Look for what the rules of this folder describe; findings are records (docs/rules.md).",
        HelpName = "DIR",
    };

    private readonly Option<bool> _utc = new("--utc") { Description = "Show times in UTC." };

    private readonly Option<bool> _wide = new("--wide")
    {
        Description = "Leave nothing out of the table's lines, however narrow the terminal.",
    };

    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No progress and no summary." };

    public CaptureOptions()
    {
        _format.CompletionSources.Add(s_formats);
        _color.CompletionSources.Add("auto", "always", "never");
    }

    public void AddTo(Command command)
    {
        command.Add(_format);
        command.Add(_writeTo);
        command.Add(_where);
        command.Add(_packetFilter);
        command.Add(_count);
        command.Add(_flows);
        command.Add(_noFlows);
        command.Add(_color);
        command.Add(_names);
        command.Add(_rules);
        command.Add(_utc);
        command.Add(_wide);
        command.Add(_quiet);
    }

    /// <summary>Those that make sense for records out of a store.</summary>
    /// <param name="isPlugin">`-n` is the namespace there.</param>
    public void AddForRecords(Command command, bool isPlugin = false)
    {
        if (isPlugin) _count.Aliases.Remove("-n");
        _format.Description = "table, jsonl, eve, summary or none. Without it: table on a terminal, jsonl otherwise.";
        _count.Description = "Stop after so many lines.";
        command.Add(_format);
        command.Add(_writeTo);
        command.Add(_where);
        command.Add(_count);
        command.Add(_color);
        command.Add(_utc);
        command.Add(_wide);
        command.Add(_quiet);
    }

    /// <param name="usual">The format when none is asked for; null for what suits the output.</param>
    /// <exception cref="UsageException">Something does not go together.</exception>
    public CaptureSettings Read(ParseResult result, Terminal terminal, OutputFormat? usual = null)
    {
        var writeTo = result.GetValue(_writeTo);
        if (writeTo == "-") writeTo = null;
        if (writeTo?.EndsWith(".pcap", StringComparison.OrdinalIgnoreCase) == true)
        {
            throw new UsageException($"-w {writeTo}: pcap is not written; name it .pcapng for packets");
        }

        if (writeTo?.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) == true)
        {
            throw new UsageException(
                $"-w {writeTo}: Parquet is not written from packets; name it .jsonl for records or .pcapng for "
                + "packets, or let `netsniff up` keep records and `netsniff export` write them as Parquet");
        }

        var isTerminal = writeTo is null && terminal.IsOutputTerminal;
        var format = Format(result.GetValue(_format), isTerminal, writeTo, usual);
        if (format is OutputFormat.Pcapng or OutputFormat.Batches && isTerminal)
        {
            throw new UsageException(
                $"{s_formats[(int)format]} is not for the eye: add -w FILE, or pipe it into another program");
        }

        return new CaptureSettings
        {
            Format = format,
            WriteTo = writeTo,
            IsColoured = IsColoured(result.GetValue(_color)!, isTerminal, terminal),
            Where = Expression(result.GetValue(_where)),
            PacketFilter = Expression(result.GetValue(_packetFilter)),
            CountMax = Count(result.GetValue(_count)),
            Flows = Flows(result),
            IsQuiet = result.GetValue(_quiet),
            NamesPath = result.GetValue(_names),
            RulesPath = result.GetValue(_rules),
            IsUtc = result.GetValue(_utc),
            IsWide = result.GetValue(_wide),
        };
    }

    private static OutputFormat Format(string? text, bool isTerminal, string? writeTo, OutputFormat? usual)
    {
        if (text is null)
        {
            if (isTerminal) return OutputFormat.Table;
            if (Path.GetExtension(writeTo) == ".pcapng") return OutputFormat.Pcapng;
            return usual ?? OutputFormat.Jsonl;
        }

        var index = Array.IndexOf(s_formats, text);
        return index >= 0
            ? (OutputFormat)index
            : throw new UsageException($"no output format '{text}': use {string.Join(", ", s_formats)}");
    }

    /// <exception cref="UsageException">It is not one of the three.</exception>
    public static bool IsColoured(string when, bool isTerminal, Terminal terminal) => when switch
    {
        "auto" => isTerminal && !terminal.IsPlain,
        "always" => true,
        "never" => false,
        _ => throw new UsageException($"--color is auto, always or never, not '{when}'"),
    };

    private static long Count(string? text)
    {
        if (text is null) return 0;

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new UsageException($"--count is a whole number from 1 on, not '{text}'");
    }

    private static string? Expression(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    private FlowLines? Flows(ParseResult result)
    {
        var hasFlows = result.GetValue(_flows);
        var hasNoFlows = result.GetValue(_noFlows);
        if (hasFlows && hasNoFlows) throw new UsageException("--flows and --no-flows exclude each other");
        return hasFlows ? FlowLines.All : hasNoFlows ? FlowLines.None : null;
    }
}
