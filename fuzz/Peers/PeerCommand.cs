using System.Globalization;
using System.Text.Json.Nodes;
using NetSniff.Fuzz.Captures;
using NetSniff.Packets;
using NetSniff.Pipeline;

namespace NetSniff.Fuzz.Peers;

/// <summary>`diff`: changed captures through us and through tshark.</summary>
internal static class PeerCommand
{
    private const int CasesDefault = 250;
    private const int FramesMax = 60;
    private const int ExamplesMax = 6;
    private const string CaseFile = "case.pcap";
    private static readonly string[] s_folders = ["http", "dns", "tls", "gen", "tcp", "l4"];

    /// <param name="arguments">`--cases N`, `--seed N` for other chances, `--write FOLDER` the captures that the two
    /// differ about.</param>
    public static int Run(Arguments arguments)
    {
        if (!Tshark.IsThere) return Arguments.Refuse("tshark is not there: tools/install.sh fuzz");

        var random = new Random(arguments.Number("seed", 1));
        var work = Directory.CreateTempSubdirectory("netsniff-diff");
        try
        {
            return Compare(arguments, random, work.FullName);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static int Compare(Arguments arguments, Random random, string folder)
    {
        using var slots = new GuardedSlots(Shard.BatchMax);
        var captures = Candidates(random, arguments.Number("cases", CasesDefault));
        var causes = new SortedDictionary<string, (int Count, List<string> Examples)>(StringComparer.Ordinal);
        var tallies = new SortedDictionary<string, (int Cases, int Agreed)>(StringComparer.Ordinal);
        var left = 0;
        var written = arguments.Text("write");
        if (written is not null) Directory.CreateDirectory(written);
        for (var index = 0; index < captures.Count; index++)
        {
            var (name, frames) = captures[index];
            // Where the two differ about the capture itself, its changes tell nothing new.
            if (Examine(frames, folder, slots, null, random).Any())
            {
                left++;
                continue;
            }

            var mutation = PacketMutations.All[1 + (index % (PacketMutations.All.Count - 1))];
            var differences = Examine(frames, folder, slots, mutation, random).ToList();
            if (written is not null && differences.Count > 0)
            {
                var change = mutation.Name.Replace(' ', '-');
                var file = $"{index:000}-{change}-{Path.GetFileNameWithoutExtension(name)}.pcap";
                File.Copy(Path.Combine(folder, CaseFile), Path.Combine(written, file), overwrite: true);
            }

            var (cases, agreed) = tallies.GetValueOrDefault(mutation.Name);
            tallies[mutation.Name] = (cases + 1, agreed + (differences.Count == 0 ? 1 : 0));
            foreach (var (field, ours, theirs) in differences)
            {
                var side = theirs.Length == 0 ? "only we" : ours.Length == 0 ? "only tshark" : "both, differently";
                var cause = $"{mutation.Name}: {field}, {side}";
                if (!causes.TryGetValue(cause, out var known)) known = (0, []);
                if (known.Examples.Count < ExamplesMax) known.Examples.Add($"{name}: we [{ours}] tshark [{theirs}]");
                causes[cause] = (known.Count + 1, known.Examples);
            }
        }

        Show(tallies, causes, captures.Count, left);
        return 0;
    }

    private static List<(string Name, IReadOnlyList<CapturedFrame> Frames)> Candidates(Random random, int count)
    {
        var paths = CaptureFolders.OfCorpus(s_folders).ToArray();
        random.Shuffle(paths);
        var some = new List<(string, IReadOnlyList<CapturedFrame>)>
        {
            ("handmade", Handmade.Capture()),
        };
        foreach (var path in paths.Where(path => new FileInfo(path).Length < 64 << 10))
        {
            if (some.Count >= count) break;

            var capture = LoadedCapture.Read(path);
            var isPlain = capture.Problem is null && capture.Frames.Count is > 0 and <= FramesMax
                && capture.Frames.All(frame => frame.LinkType == LinkType.Ethernet);
            if (isPlain) some.Add((CaptureFolders.NameOf(path), capture.Frames));
        }

        return some;
    }

    private static IEnumerable<(string Field, string OnlyOurs, string OnlyTheirs)> Examine(
        IReadOnlyList<CapturedFrame> frames, string folder, GuardedSlots slots, PacketMutation? mutation, Random random)
    {
        var changed = mutation?.Apply([.. frames], random) ?? [.. frames];
        if (changed.Count == 0) return [];

        var path = Path.Combine(folder, CaseFile);
        File.WriteAllBytes(path, LoadedCapture.ToPcap(changed));
        return Ours(changed, slots).Differences(Tshark.Read(path, mutation?.Name == "reorder"));
    }

    private static Account Ours(List<CapturedFrame> frames, GuardedSlots slots)
    {
        var account = new Account();
        foreach (var record in ShardRun.Read(frames, slots).Records)
        {
            var port = record.ClientPort.ToString(CultureInfo.InvariantCulture);
            var pair = Account.Pair(
                record.Client.ToString(), port, record.Server.ToString(),
                record.ServerPort.ToString(CultureInfo.InvariantCulture));
            switch (record.Kind)
            {
                // Pieces without their first, which tshark gives to no transport.
                case "flow" when record.ClientPort + record.ServerPort == 0:
                    break;
                case "flow" when record.Protocol == IpProtocol.Tcp:
                    account.TcpFlows.Add(pair);
                    break;
                case "flow" when record.Protocol is IpProtocol.Udp or IpProtocol.UdpLite:
                    account.UdpFlows.Add(pair);
                    break;
                case "dns" when Value(record, "dns.qname") is { } name:
                    account.DnsNames.Add(Account.Spelled(name));
                    break;
                case "http" when Value(record, "http.method") is { } method && Value(record, "http.version") != "2":
                    account.HttpRequests.Add(Account.Spelled($"{method} {Value(record, "http.uri")}"));
                    break;
                case "tls" when Value(record, "tls.sni") is { } server:
                    account.ServerNames.Add(server);
                    break;
            }
        }

        return account;
    }

    private static string? Value(RecordText record, string field) =>
        record.Fields.FirstOrDefault(each => each.Name == field) is { Value: { } value } ? value : null;

    private static void Show(
        SortedDictionary<string, (int Cases, int Agreed)> tallies,
        SortedDictionary<string, (int Count, List<string> Examples)> causes, int cases, int left)
    {
        var byKind = new JsonObject();
        Console.WriteLine($"{"changed by",-16}{"cases",7}{"agreed",8}");
        foreach (var (kind, tally) in tallies)
        {
            Console.WriteLine($"{kind,-16}{tally.Cases,7}{tally.Agreed,8}");
            byKind[kind] = new JsonObject { ["cases"] = tally.Cases, ["agreed"] = tally.Agreed };
        }

        var byCause = new JsonObject();
        foreach (var (cause, (count, examples)) in causes)
        {
            Console.WriteLine($"{count,4}  {cause}\n        {examples[0]}");
            byCause[cause] = new JsonObject
            {
                ["count"] = count, ["examples"] = new JsonArray([.. examples.Select(text => (JsonNode)text)]),
            };
        }

        Console.WriteLine($"{cases} captures; {left} left out because the two differ before anything is changed");
        Artifacts.Write("fuzz-diff", new JsonObject
        {
            ["captures"] = cases, ["left_out"] = left, ["by_change"] = byKind, ["by_cause"] = byCause,
        });
    }
}
