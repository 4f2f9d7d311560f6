using System.CommandLine;
using System.Globalization;
using NetSniff.Filters.Expression;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Records;

/// <summary>From when to when, how many of them, and whether to stay for what comes.</summary>
internal sealed class TimeOptions
{
    private readonly Option<string?> _since = Text("--since", "TIME", $"From a time on: {Moment.Examples}.");
    private readonly Option<string?> _until = Text("--until", "TIME", "To before a time.");
    private readonly Option<string?> _first = Text("--first", "N", "The first so many.");
    private readonly Option<string?> _last = Text(
        "--last", "N", $"The last so many: {RecordsCommand.LastDefault} when nothing else says how many.");

    private readonly Option<bool> _follow = new("--follow", "-f")
    {
        Description = "Stay and show what comes; with --since or --last the past first. Ctrl-C ends it.",
    };

    public void AddTo(Command command)
    {
        command.Add(_follow);
        command.Add(_since);
        command.Add(_until);
        command.Add(_first);
        command.Add(_last);
    }

    /// <exception cref="UsageException">Something does not go together.</exception>
    public void Read(ParseResult result, TimeProvider clock, ObserveRequest request)
    {
        var now = Timestamps.Nanos(clock.GetUtcNow());
        request.Follow = result.GetValue(_follow);
        request.SinceNanos = Time(_since, result, now);
        request.UntilNanos = Time(_until, result, now);
        request.First = Count(_first, result);
        request.Last = Count(_last, result);
        if (request.First != 0 && request.Last != 0) throw new UsageException("--first and --last exclude each other");
        if (request.UntilNanos != 0 && request.UntilNanos <= request.SinceNanos)
        {
            throw new UsageException("--until is not after --since");
        }

        if (!request.Follow) return;
        if (request.UntilNanos != 0) throw new UsageException("--until and --follow exclude each other");
        if (request.First != 0) throw new UsageException("--first and --follow exclude each other; use --last");
    }

    /// <summary>Whether anything says how much is wanted.</summary>
    public static bool HasBounds(ObserveRequest request) =>
        request.Follow || request.SinceNanos != 0 || request.UntilNanos != 0 || request.First != 0 || request.Last != 0;

    private static long Time(Option<string?> option, ParseResult result, long now)
    {
        if (result.GetValue(option) is not { } text) return 0;

        return Moment.TryParse(text, now, out var nanos)
            ? nanos
            : throw new UsageException($"{option.Name} is a time such as {Moment.Examples}, not '{text}'");
    }

    private static uint Count(Option<string?> option, ParseResult result)
    {
        if (result.GetValue(option) is not { } text) return 0;

        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new UsageException($"{option.Name} is a whole number from 1 on, not '{text}'");
    }

    private static Option<string?> Text(string name, string help, string about) =>
        new(name) { Description = about, HelpName = help };
}
