using System.Text.RegularExpressions;
using NetSniff.Filters.Expression;

namespace NetSniff.Config;

/// <param name="Path">Where in the document: `redaction.patterns[0].regex`; empty for the whole.</param>
public sealed record ConfigProblem(string Path, string Text)
{
    public override string ToString() => Path.Length == 0 ? Text : $"{Path}: {Text}";
}

/// <summary>From a document to a configuration that makes sense, or to what is wrong with it: all of it, so that who
/// wrote it needs one round.</summary>
public static class ConfigReader
{
    public const int BytesMax = 1 << 20;
    private const int ListMax = 64;
    private const int NameLengthMax = 128;
    private const int PatternsMax = 32;
    private const int PatternLengthMax = 512;

    /// <returns>The configuration, or null with at least one problem.</returns>
    public static SensorConfig? Read(ReadOnlySpan<byte> json, out IReadOnlyList<ConfigProblem> problems) =>
        ConfigDocument.Read(json, ConfigJson.Default.SensorConfig, Check, out problems);

    public static IReadOnlyList<ConfigProblem> Check(SensorConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        List<ConfigProblem> problems = [];
        if (CaptureChecks.HasNull(config))
        {
            return [new("", "null stands where a value is needed: leave a field out to have its default")];
        }

        CaptureChecks.Check(config, problems);
        CheckProtocols(config.Protocols, problems);
        CheckRedaction(config.Redaction, problems);
        CheckBudget(config.Budget, problems);
        CheckFlows(config.Flows, problems);
        CheckPackets(config, problems);
        return problems;
    }

    private static void CheckProtocols(IReadOnlyList<ProtocolConfig> protocols, List<ConfigProblem> problems)
    {
        var known = KnownProtocols();
        for (var index = 0; index < protocols.Count; index++)
        {
            CheckPorts(protocols[index].Ports, $"protocols[{index}].ports", problems);
            var name = ProtocolOf(protocols[index].Name);
            var isKnown = known.Contains(name, StringComparer.OrdinalIgnoreCase) || IsNamed(name);
            if (isKnown) continue;
            problems.Add(new($"protocols[{index}].name", $"there is no '{protocols[index].Name}'; there are "
                + string.Join(", ", known)));
        }
    }

    /// <summary>The name here for a name of a profile: a version or a guest of what is one parser.</summary>
    public static string ProtocolOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.ToUpperInvariant() switch { "HTTP1" => "http", "GRPC" => "http2", _ => name };
    }

    /// <summary>Whether flows of it get its name though nobody reads them: to ask for it is no mistake.</summary>
    private static bool IsNamed(string name) => name.ToUpperInvariant() is "REDIS" or "MYSQL" or "POSTGRESQL"
        or "MONGODB" or "KAFKA" or "AMQP" or "MQTT" or "NATS" or "ICMP";

    private static void CheckPorts(IReadOnlyList<int> ports, string path, List<ConfigProblem> problems)
    {
        if (ports.Count > ProtocolConfig.PortsMax) problems.Add(new(path, $"at most {ProtocolConfig.PortsMax}"));
        if (ports.Any(static port => port is < 1 or > ushort.MaxValue)) problems.Add(new(path, "are from 1 to 65535"));
    }

    /// <summary>Names of what is read, once each: some have a line for datagrams and one for streams.</summary>
    public static IReadOnlyList<string> KnownProtocols() =>
        [.. Protocols.Protocols.All.Select(entry => entry.Info.Name).Distinct()];

    private static void CheckRedaction(RedactionConfig redaction, List<ConfigProblem> problems)
    {
        CheckNames("redaction.headers", redaction.Headers, problems);
        CheckNames("redaction.jsonFields", redaction.JsonFields, problems);
        CheckNames("redaction.queryParameters", redaction.QueryParameters, problems);
        if (redaction.Patterns.Count > PatternsMax) problems.Add(new("redaction.patterns", $"at most {PatternsMax}"));
        for (var index = 0; index < redaction.Patterns.Count; index++)
        {
            var pattern = redaction.Patterns[index];
            var path = $"redaction.patterns[{index}]";
            if (pattern.Name.Length is 0 or > 63) problems.Add(new($"{path}.name", "has 1 to 63 characters"));
            if (pattern.Replacement.Length > 64) problems.Add(new($"{path}.replacement", "has at most 64 characters"));
            if (ProblemOf(pattern.Regex) is { } why) problems.Add(new($"{path}.regex", why));
        }
    }

    private static string? ProblemOf(string regex) => ProblemOf(regex, mayBeEmpty: false);

    /// <param name="mayBeEmpty">Whether it may match the empty text.</param>
    internal static string? ProblemOf(string regex, bool mayBeEmpty)
    {
        if (regex.Length is 0 or > PatternLengthMax) return $"has 1 to {PatternLengthMax} characters";
        if (RegexBudget.Refuse(regex) is { } why) return why;
        if (RegexBudget.Cost(regex) is < 0 or > RegexBudget.SizeMax) return "is too large with its counts written out";
        try
        {
            // An expression that matches nothing at all would be replaced between every two letters.
            var isEmpty = new Regex(regex, RegexOptions.NonBacktracking).IsMatch("");
            return isEmpty && !mayBeEmpty ? "matches the empty text" : null;
        }
        catch (Exception problem) when (problem is ArgumentException or NotSupportedException)
        {
            return problem.Message;
        }
    }

    private static void CheckNames(string path, IReadOnlyList<string> names, List<ConfigProblem> problems)
    {
        if (names.Count > ListMax) problems.Add(new(path, $"at most {ListMax}"));
        for (var index = 0; index < names.Count; index++)
        {
            var isPlain = names[index].All(letter => letter is > ' ' and < '\u007f');
            if (isPlain && names[index].Length is > 0 and <= NameLengthMax) continue;

            problems.Add(new($"{path}[{index}]", $"has 1 to {NameLengthMax} letters of ASCII and no blank"));
        }
    }

    private static void CheckBudget(BudgetConfig budget, List<ConfigProblem> problems)
    {
        if (budget.Cpu.Length > 0 && !(Quantity.TryParse(budget.Cpu, out var cpus) && cpus is >= 0.01m and <= 1024))
        {
            problems.Add(new("budget.cpu", $"is a quantity such as 500m or 2, not '{budget.Cpu}'"));
        }

        if (budget.Memory.Length > 0 && !(Quantity.TryParse(budget.Memory, out var bytes) && bytes >= 1 << 20))
        {
            problems.Add(new("budget.memory", $"is a quantity such as 512Mi, not '{budget.Memory}'"));
        }

        if (budget.MaxPacketsPerSecond is not 0 and (< 1000 or > 100_000_000))
        {
            problems.Add(new("budget.maxPacketsPerSecond", "is from 1000 to 100000000"));
        }

        if (budget.OnOverload is "SampleFlows" or "HeadersOnly" or "FlowsOnly") return;

        problems.Add(new("budget.onOverload", budget.OnOverload == "Stop"
            ? "a sensor does not go blind: SampleFlows, HeadersOnly or FlowsOnly"
            : $"is SampleFlows, HeadersOnly or FlowsOnly, not '{budget.OnOverload}'"));
    }

    private static void CheckFlows(FlowsConfig flows, List<ConfigProblem> problems)
    {
        (string Name, string? Text)[] all =
        [
            ("tcpEstablishedIdleMax", flows.TcpEstablishedIdleMax), ("tcpHalfOpenIdleMax", flows.TcpHalfOpenIdleMax),
            ("tcpClosedIdleMax", flows.TcpClosedIdleMax), ("datagramIdleMax", flows.DatagramIdleMax),
            ("otherIdleMax", flows.OtherIdleMax), ("activeMax", flows.ActiveMax),
        ];
        foreach (var (name, text) in all)
        {
            var isLength = text is not null && Quantity.TryParseDuration(text, out var span)
                && span <= TimeSpan.FromDays(7);
            if (isLength) continue;
            problems.Add(new($"flows.{name}", $"is a length of time such as 90s or 1h30m, not '{text}'"));
        }
    }

    private static void CheckPackets(SensorConfig config, List<ConfigProblem> problems)
    {
        var buffer = config.Storage.PacketBuffer;
        var isSize = Quantity.TryParse(buffer.Size, out var bytes)
            && bytes is 0 or (>= PacketBufferConfig.SizeMin and <= 1L << 50);
        if (buffer.Size.Length > 0 && !isSize)
        {
            problems.Add(new("storage.packetBuffer.size", $"is 0 or a quantity from 16Mi on, not '{buffer.Size}'"));
        }

        var isAge = Quantity.TryParseDuration(buffer.MaxAge, out var age)
            && age > TimeSpan.Zero && age <= TimeSpan.FromDays(30);
        if (!isAge) problems.Add(new("storage.packetBuffer.maxAge", $"is a length of time, not '{buffer.MaxAge}'"));
        if (buffer.RawPayload && config.Payload.Level < PayloadLevel.Headers)
        {
            problems.Add(new(
                "storage.packetBuffer.rawPayload",
                $"contradicts payload.level {config.Payload.Level}, which keeps none"));
        }
    }
}
