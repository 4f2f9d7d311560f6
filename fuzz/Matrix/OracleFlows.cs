using System.Net;
using System.Text.Json;

namespace NetSniff.Fuzz.Matrix;

/// <summary>A flow whoever began it: protocol and both ends, the lesser first.</summary>
internal readonly record struct FlowKey(string Protocol, string First, int FirstPort, string Second, int SecondPort)
{
    public static FlowKey Of(string protocol, string source, int sourcePort, string target, int targetPort)
    {
        var order = string.CompareOrdinal(source, target);
        return order < 0 || (order == 0 && sourcePort <= targetPort)
            ? new(protocol, source, sourcePort, target, targetPort)
            : new(protocol, target, targetPort, source, sourcePort);
    }
}

/// <summary>What the oracles say that flows speak.</summary>
internal static class OracleFlows
{
    /// <summary>Applications that two engines at least agree on, by flow.</summary>
    public static Dictionary<FlowKey, string> Read(string path)
    {
        var apps = new Dictionary<FlowKey, string>();
        foreach (var line in File.ReadLines(path))
        {
            using var json = JsonDocument.Parse(line);
            var record = json.RootElement;
            if (record.GetProperty("t").GetString() != "flow") continue;
            if (!record.TryGetProperty("app", out var app) || !record.TryGetProperty("votes", out var votes)) continue;
            if (votes.GetInt32() < 2 || app.GetString() is not { } name) continue;

            var protocol = record.GetProperty("p").GetString()!;
            if (protocol is not ("tcp" or "udp")) continue;
            apps[FlowKey.Of(
                protocol, AddressOf(record, "c"), record.GetProperty("cp").GetInt32(), AddressOf(record, "s"),
                record.GetProperty("sp").GetInt32())] = name;
        }

        return apps;
    }

    private static string AddressOf(JsonElement record, string name) =>
        IPAddress.Parse(record.GetProperty(name).GetString()!).ToString();
}
