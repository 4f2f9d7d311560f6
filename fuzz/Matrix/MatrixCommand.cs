using System.Text.Json.Nodes;
using NetSniff.Fuzz.Captures;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;

namespace NetSniff.Fuzz.Matrix;

/// <summary>One flow that we claim and the oracles give to somebody else.</summary>
internal sealed record FalseClaim(string Capture, FlowKey Flow, string Ours, string Oracle);

/// <summary>How often each of our protocols claimed flows of each application.</summary>
internal sealed class ClaimMatrix
{
    // One carries the other, or both are names for the same: the right claim by another name.
    private static readonly HashSet<(string Ours, string Oracle)> s_same =
    [
        ("grpc", "http2"), ("websocket", "http"), ("http2", "http"), ("http", "websocket"), ("http", "http2"),
        ("http", "elasticsearch"), ("http", "rtmp"), ("http", "socks"),
    ];

    // STARTTLS, and proxies: what begins as one becomes the other.
    private static readonly HashSet<string> s_turnsToTls =
        ["smtp", "imap", "pop3", "ftp", "ldap", "xmpp", "pgsql", "mysql", "rdp", "socks", "http", "irc", "nntp", "tds",
            "mqtt", "amqp", "sip", "openvpn", "rfb", "ftp-data", "diameter", "syslog", "dns"];

    /// <summary>Looked at by hand, and the claim is right: clients that speak HTTP to an SSH server, and HTTP/2 in
    /// clear on port 443, which the oracles take for TLS by its port.</summary>
    private static readonly HashSet<(string Capture, string Ours)> s_looked =
    [
        ("ssh/sv__output-eve-anomaly-02.pcap", "http"), ("ssh/zeek__http~get-to-ssh-server.pcap", "http"),
        ("ssh/zeek__http~http-to-ssh.pcap", "http"), ("http2/sv__http2-compression-bug.pcap", "http2"),
    ];

    public SortedDictionary<string, SortedDictionary<string, int>> Cells { get; } = new(StringComparer.Ordinal);

    public List<FalseClaim> False { get; } = [];

    public int Captures { get; private set; }

    public int Flows { get; private set; }

    public void Add(string name, Dictionary<FlowKey, string> oracle, IReadOnlyList<RecordText> records)
    {
        Captures++;
        Flows += oracle.Count;
        var seen = new HashSet<(FlowKey, string)>();
        foreach (var record in records)
        {
            var claim = record.App;
            if (!IsOurs(claim)) continue;

            var key = FlowKey.Of(
                record.Protocol == IpProtocol.Tcp ? "tcp" : "udp", record.Client.ToString(), record.ClientPort,
                record.Server.ToString(), record.ServerPort);
            if (!oracle.TryGetValue(key, out var app) || !seen.Add((key, claim))) continue;

            if (!Cells.TryGetValue(claim, out var row)) Cells[claim] = row = new(StringComparer.Ordinal);
            row[app] = row.GetValueOrDefault(app) + 1;
            if (IsRight(claim, app) || s_looked.Contains((name, claim))) continue;

            False.Add(new FalseClaim(name, key, claim, app));
        }
    }

    public static bool IsRight(string ours, string oracle) =>
        ours == oracle || s_same.Contains((ours, oracle)) || (ours == "tls" && s_turnsToTls.Contains(oracle));

    private static bool IsOurs(string claim) =>
        claim is "grpc" || Protocols.Protocols.All.Any(entry => entry.Info.Name == claim);
}

/// <summary>`matrix`: no parser claims a flow of another protocol.</summary>
internal static class MatrixCommand
{
    private const int ShownMax = 40;

    public static int Run(Arguments arguments)
    {
        if (!CaptureFolders.HasCorpus) return Arguments.Refuse($"no corpus at {CaptureFolders.Corpus}");

        var matrix = Of(arguments.Text("only") ?? "");
        Show(matrix);
        return matrix.False.Count == 0 ? 0 : 1;
    }

    public static ClaimMatrix Of(string only)
    {
        var matrix = new ClaimMatrix();
        using var slots = new GuardedSlots(Shard.BatchMax);
        foreach (var path in CaptureFolders.OfCorpus().Where(path => path.Contains(only, StringComparison.Ordinal)))
        {
            var name = CaptureFolders.NameOf(path);
            var oracle = Path.Combine(CaptureFolders.Corpus, "oracles", name + ".jsonl");
            if (!File.Exists(oracle)) continue;

            try
            {
                matrix.Add(name, OracleFlows.Read(oracle),
                    ShardRun.Read(LoadedCapture.Read(path).Frames, slots).Records);
            }
            catch (CaptureException)
            {
                // What cannot be opened makes no claims.
            }
        }

        return matrix;
    }

    private static void Show(ClaimMatrix matrix)
    {
        var json = new JsonObject();
        foreach (var (ours, row) in matrix.Cells)
        {
            var cells = row.OrderByDescending(cell => cell.Value)
                .Select(cell => $"{cell.Key} {cell.Value}{(ClaimMatrix.IsRight(ours, cell.Key) ? "" : " (!)")}");
            Console.WriteLine($"{ours,-10} claims flows of: {string.Join(", ", cells)}");
            json[ours] = new JsonObject(row
                .Select(cell => KeyValuePair.Create<string, JsonNode?>(cell.Key, cell.Value)));
        }

        foreach (var claim in matrix.False.Take(ShownMax))
        {
            Console.WriteLine($"FALSE {claim.Ours} of {claim.Oracle}: {claim.Capture} {claim.Flow}");
        }

        Console.WriteLine(
            $"{matrix.Captures} captures, {matrix.Flows} flows labelled by two engines or more, "
            + $"{matrix.False.Count} false claims");
        Artifacts.Write("matrix", new JsonObject
        {
            ["captures"] = matrix.Captures, ["flows"] = matrix.Flows, ["false"] = matrix.False.Count, ["cells"] = json,
        });
    }
}
