using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using NetSniff.Cli.Plugin;
using NetSniff.Filters.Expression;

namespace NetSniff.Cli.Commands.Capture;

/// <summary>`kubectl netsniff capture TARGET`: a CaptureSession made, waited for, and its file fetched.</summary>
internal static class CaptureCommand
{
    private const string About =
        """
        Have packets of pods captured for a while and kept as a file: makes a CaptureSession, waits until it has ended,
        and fetches what came of it. It reaches back as far as --before and the nodes' buffers go. Ctrl-C ends it early
        and fetches what there is; again, and nothing is fetched. The session says who had what captured, and goes by
        itself an hour after.

        Examples:
          netsniff capture deploy/web -n shop
          netsniff capture pod/cart-0 --before 5m --after 1m -o cart.pcapng
          netsniff capture -l app=web --where 'http.status >= 500' -o - | tshark -r -
        """;

    private const string StandardOutput = "-";

    private static readonly TimeSpan s_after = TimeSpan.FromSeconds(30), s_patience = TimeSpan.FromMinutes(2);

    public static Command Make(CommandRunner runner)
    {
        var target = runner.Kube.Target();
        target.Description = "pod/NAME, or the pods of deploy/NAME, sts/, ds/ or svc/NAME.";
        var before = TextOption.Of("--before", "LENGTH", "From so long before now, as far as buffers reach (0).");
        var after = TextOption.Of("--after", "LENGTH", "Until so long from now (30s).");
        var where = TextOption.Of("--where", "FILTER", "Only connections of records that match.");
        var bytes = TextOption.Of("--bytes", "SIZE", "At most so much (64Mi).");
        var packets = TextOption.Of("--packets", "N", "At most so many (1000000).");
        var timeout = TextOption.Of("--timeout", "LENGTH", "Give up when it has not ended by then (--after and 2m).");
        var output = TextOption.Of(
            "--output", "FILE", "File to write, - for standard output. Without it as it is called.");
        output.Aliases.Add("-o");
        var strict = new Option<bool>("--strict") { Description = "Exit with 3 when a node gave not all it had." };
        var command = new Command("capture", About)
        {
            target, before, after, where, bytes, packets, timeout, output, strict,
        };
        runner.Scoped.Add(command);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var path = result.GetValue(output);
            if (path == StandardOutput && terminal.IsOutputTerminal)
            {
                throw new UsageException("a capture file is nothing for a terminal: -o FILE, or | tshark -r -");
            }

            var length = Durations.ParseOption(after.Name, result.GetValue(after)) ?? s_after;
            var spec = Spec(
                result.GetValue(where), Durations.ParseOption(before.Name, result.GetValue(before)), length,
                ByteSizes.ParseOption(bytes.Name, result.GetValue(bytes), 1024), Count(packets, result));
            var way = runner.Kube.Open(result, terminal);
            var inNamespace = runner.Kube.Namespace(result, way);
            spec["target"] = SessionTarget.OfAsync(
                way.Reading, inNamespace, result.GetValue(target), runner.Kube.Selector(result), interrupts.Token)
                .GetAwaiter().GetResult();
            var session = new SessionRun(terminal, way, inNamespace, interrupts)
            {
                Patience = Durations.ParseOption(timeout.Name, result.GetValue(timeout)) ?? length + s_patience,
                IsStrict = result.GetValue(strict),
            };
            return session.RunAsync(NameOf(result.GetValue(target)), spec, path).GetAwaiter().GetResult();
        });
        return command;
    }

    private static JsonObject Spec(string? where, TimeSpan? before, TimeSpan after, long? bytes, long? packets)
    {
        var window = new JsonObject { ["after"] = Text(after) };
        if (before is { } length) window["before"] = Text(length);
        var spec = new JsonObject { ["window"] = window };
        if (!string.IsNullOrWhiteSpace(where))
        {
            var parsed = FilterExpression.Parse(where);
            if (!parsed.IsOk) throw new UsageException("--where: " + parsed.Problem.Format(where));
            spec["filter"] = where;
        }

        var limits = new JsonObject();
        if (bytes is { } most) limits["maxBytes"] = most;
        if (packets is { } count) limits["maxPackets"] = count;
        if (limits.Count > 0) spec["limits"] = limits;
        return spec;
    }

    /// <summary>`1h30m`: no number of it has more than five digits.</summary>
    internal static string Text(TimeSpan length)
    {
        var text = new StringBuilder();
        void Add(long count, string unit)
        {
            if (count > 0) text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
        }

        Add((long)length.TotalHours, "h");
        Add(length.Minutes, "m");
        Add(length.Seconds, "s");
        Add(length.Milliseconds, "ms");
        return text.Length == 0 ? "1ms" : text.ToString();
    }

    private static long? Count(Option<string?> option, ParseResult result)
    {
        if (result.GetValue(option) is not { } text) return null;

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new UsageException($"{option.Name} is a whole number from 1 on, not '{text}'");
    }

    /// <summary>What the session's name begins with; the server makes it unique.</summary>
    private static string NameOf(string? target) => (target?.Split('/')[^1] ?? "capture") + "-";
}
