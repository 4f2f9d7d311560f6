using System.Text.Json.Nodes;
using NetSniff.Fuzz.Captures;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;

namespace NetSniff.Fuzz.Matrix;

/// <summary>One flow that we claim and the oracles give to somebody else.</summary>
/// <param name="Known">Why the claim is right all the same; null when nobody has said so.</param>
internal sealed record Claim(string Capture, FlowKey Flow, string Ours, string Oracle, string? Known);

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

    public SortedDictionary<string, SortedDictionary<string, int>> Cells { get; } = new(StringComparer.Ordinal);

    /// <summary>Claims that the oracles contradict.</summary>
    public List<Claim> Contradicted { get; } = [];

    public IEnumerable<Claim> False => Contradicted.Where(static claim => claim.Known is null);

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
            if (IsRight(claim, app)) continue;

            Contradicted.Add(new Claim(name, key, claim, app, KnownClaims.Of(name, claim, app)));
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
        return matrix.False.Any() ? 1 : 0;
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

        // False ones first: they are what fails.
        foreach (var claim in matrix.Contradicted.OrderBy(static claim => claim.Known is not null).Take(ShownMax))
        {
            var verdict = claim.Known is null ? "FALSE" : "known";
            var why = claim.Known is null ? "" : $" ({claim.Known})";
            Console.WriteLine($"{verdict} {claim.Ours} of {claim.Oracle}: {claim.Capture} {claim.Flow}{why}");
        }

        var falseCount = matrix.False.Count();
        var knownCount = matrix.Contradicted.Count - falseCount;
        Console.WriteLine(
            $"{matrix.Captures} captures, {matrix.Flows} flows labelled by two engines or more, "
            + $"{falseCount} false claims, {knownCount} known to be right");
        Artifacts.Write("matrix", new JsonObject
        {
            ["captures"] = matrix.Captures, ["flows"] = matrix.Flows, ["false"] = falseCount, ["known"] = knownCount,
            ["cells"] = json,
        });
    }
}
