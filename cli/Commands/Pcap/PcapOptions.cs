using System.CommandLine;
using System.Globalization;
using NetSniff.Filters.Expression;
using NetSniff.Json;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Pcap;

/// <summary>Which packets, how many, and where they go.</summary>
internal sealed class PcapOptions
{
    private const string StandardOutput = "-";
    private static readonly TimeSpan s_sinceDefault = TimeSpan.FromMinutes(5);

    private readonly Option<string?> _where = TextOption.Of(
        "--where", "FILTER", "Only these (docs/filter-language.md).");

    private readonly Option<string?> _since = TextOption.Of(
        "--since", "TIME", $"From a time on: {Moment.Examples}. Without it the last 5 minutes, "
            + "with --follow from now.");

    private readonly Option<string?> _until = TextOption.Of("--until", "TIME", "To a time.");
    private readonly Option<string?> _first = TextOption.Of("--first", "N", "The first so many packets.");
    private readonly Option<string?> _bytes = TextOption.Of("--bytes", "SIZE", "At most so much: 100Mi.");
    private readonly Option<string[]> _nodes = new("--node")
    {
        Description = "Only of this node; may be given several times.", HelpName = "NODE",
    };

    private readonly Option<bool> _follow = new("--follow", "-f")
    {
        Description = "Stay and write what comes; with --since the past first. Ctrl-C ends it.",
    };

    private readonly Option<string?> _writeTo = new("--output", "-o", "--write", "-w")
    {
        Description = "File to write, - for standard output. Without it standard output.", HelpName = "FILE",
    };

    private readonly Option<string?> _why = TextOption.Of(
        "--why", "TEXT", "Why they are needed: stands in the file and in the worker's audit log.");

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])
        [
            _where, _since, _until, _first, _bytes, _nodes, _follow, _writeTo, _why,
        ]) command.Add(option);
    }

    /// <summary>Null for standard output.</summary>
    public string? WritesTo(ParseResult result) =>
        result.GetValue(_writeTo) is { } path && path != StandardOutput ? path : null;

    /// <param name="isHere">A ring of this machine is read: all of it where nothing says from when.</param>
    /// <exception cref="UsageException">Something of it cannot be understood.</exception>
    public PacketsRequest Read(ParseResult result, TimeProvider clock, bool isHere)
    {
        var now = Timestamps.Nanos(clock.GetUtcNow());
        var request = new PacketsRequest
        {
            Where = result.GetValue(_where) ?? "",
            SinceNanos = Time(_since, result, now),
            UntilNanos = Time(_until, result, now),
            PacketsMax = Count(result),
            BytesMax = (ulong)(ByteSizes.ParseOption(_bytes.Name, result.GetValue(_bytes), 1) ?? 0),
            Follow = result.GetValue(_follow),
            Why = result.GetValue(_why) ?? "",
        };
        request.Nodes.AddRange(result.GetValue(_nodes) ?? []);
        var parsed = FilterExpression.Parse(request.Where);
        if (!parsed.IsOk) throw new UsageException("--where: " + parsed.Problem.Format(request.Where));
        if (request is { Follow: true, UntilNanos: not 0 })
        {
            throw new UsageException("--until and --follow exclude each other");
        }

        if (isHere && request.Follow)
        {
            throw new UsageException("--from and --follow exclude each other: ask the worker");
        }

        if (isHere && request.Nodes.Count > 0) throw new UsageException("--from and --node exclude each other");
        if (request.SinceNanos == 0 && !request.Follow && !isHere)
        {
            var end = request.UntilNanos == 0 ? now : request.UntilNanos;
            request.SinceNanos = end - s_sinceDefault.Ticks * TimeSpan.NanosecondsPerTick;
        }

        if (request.UntilNanos == 0 || request.UntilNanos > request.SinceNanos) return request;
        throw new UsageException("--until is not after --since");
    }

    private ulong Count(ParseResult result)
    {
        if (result.GetValue(_first) is not { } text) return 0;

        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new UsageException($"{_first.Name} is a whole number from 1 on, not '{text}'");
    }

    private static long Time(Option<string?> option, ParseResult result, long now)
    {
        if (result.GetValue(option) is not { } text) return 0;

        return Moment.TryParse(text, now, out var nanos)
            ? nanos
            : throw new UsageException($"{option.Name} is a time such as {Moment.Examples}, not '{text}'");
    }
}
