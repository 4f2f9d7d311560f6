using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace NetSniff.Fuzz.Peers;

/// <summary>What a program says of a capture, in words that can be compared.</summary>
internal sealed partial class Account
{
    public HashSet<string> TcpFlows { get; } = [];

    public HashSet<string> UdpFlows { get; } = [];

    public SortedSet<string> DnsNames { get; } = new(StringComparer.Ordinal);

    public SortedSet<string> HttpRequests { get; } = new(StringComparer.Ordinal);

    public SortedSet<string> ServerNames { get; } = new(StringComparer.Ordinal);

    /// <summary>Fields on which two accounts differ, with what only one of them has.</summary>
    public IEnumerable<(string Field, string OnlyOurs, string OnlyTheirs)> Differences(Account theirs)
    {
        foreach (var (field, our, their) in new (string, IEnumerable<string>, IEnumerable<string>)[]
        {
            ("tcp flows", TcpFlows, theirs.TcpFlows), ("udp flows", UdpFlows, theirs.UdpFlows),
            ("dns.qname", DnsNames, theirs.DnsNames), ("http request", HttpRequests, theirs.HttpRequests),
            ("tls.sni", ServerNames, theirs.ServerNames),
        })
        {
            var (onlyOurs, onlyTheirs) = (our.Except(their).ToList(), their.Except(our).ToList());
            if (onlyOurs.Count + onlyTheirs.Count == 0) continue;
            yield return (field, string.Join(" | ", onlyOurs), string.Join(" | ", onlyTheirs));
        }
    }

    /// <summary>In small letters, and whatever is no plain letter as one sign: programs spell it in decimal, octal or
    /// as no character at all.</summary>
    public static string Spelled(string text) =>
        OddLetters().Replace(text, "?").ToLower(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(\\\d{3}|[^\x21-\x7e ])+")]
    private static partial Regex OddLetters();

    /// <summary>Both ends, the lesser first.</summary>
    public static string Pair(string one, string onePort, string other, string otherPort)
    {
        var (first, second) = ($"{one}:{onePort}", $"{other}:{otherPort}");
        return string.CompareOrdinal(first, second) < 0 ? $"{first} {second}" : $"{second} {first}";
    }
}

/// <summary>tshark, run on a file.</summary>
internal static class Tshark
{
    private const string Program = "tshark";
    private static readonly string[] s_fields =
    [
        "frame.protocols", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "tcp.srcport", "tcp.dstport", "udp.srcport",
        "udp.dstport", "dns.qry.name", "http.request.method", "http.request.uri",
        "tls.handshake.extensions_server_name",
    ];

    public static bool IsThere => Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, Program)));

    /// <param name="isReordered">Packets were swapped and none lost. Then tshark has to be told to wait, and else not
    /// to: for what never comes it waits for good.</param>
    public static Account Read(string path, bool isReordered)
    {
        string[] words =
        [
            "-r", path, "-n", "-o", $"tcp.reassemble_out_of_order:{(isReordered ? "TRUE" : "FALSE")}",
            "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=\u001f",
            .. s_fields.SelectMany(static field => new[] { "-e", field }),
        ];
        using var process = Process.Start(new ProcessStartInfo(Program, words)
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        var account = new Account();
        while (process.StandardOutput.ReadLine() is { } line) Take(account, line.Split('\t'));
        process.WaitForExit();
        return account;
    }

    private static void Take(Account account, string[] columns)
    {
        if (columns.Length < s_fields.Length) return;

        var fields = columns
            .Select(static column => column.Split('\u001f', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        // The ports of a packet quoted in an ICMP error are no flow.
        if (columns[0].Contains("icmp", StringComparison.Ordinal)) return;

        string[] source = [.. fields[1], .. fields[2]];
        string[] target = [.. fields[3], .. fields[4]];
        if (source.Length == 0 || target.Length == 0) return;

        // The innermost, as we count: ports of a carrier are not those of what it carries.
        var layers = columns[0].Split(':');
        var inside = layers[(Array.FindLastIndex(layers, static layer => layer is "ip" or "ipv6") + 1)..];
        var isUdp = inside.Contains("udp") || inside.Contains("udplite");
        if (inside.Contains("tcp") && HasPorts(fields[5], fields[6]))
        {
            account.TcpFlows.Add(Account.Pair(source[^1], fields[5][^1], target[^1], fields[6][^1]));
        }
        else if (isUdp && HasPorts(fields[7], fields[8]))
        {
            account.UdpFlows.Add(Account.Pair(source[^1], fields[7][^1], target[^1], fields[8][^1]));
        }

        foreach (var name in fields[9]) account.DnsNames.Add(Account.Spelled(name));
        for (var index = 0; index < Math.Min(fields[10].Length, fields[11].Length); index++)
        {
            account.HttpRequests.Add(Account.Spelled($"{fields[10][index]} {fields[11][index]}"));
        }

        foreach (var name in fields[12]) account.ServerNames.Add(name);
    }

    private static bool HasPorts(string[] source, string[] target) =>
        source.Length > 0 && target.Length > 0 && (source[^1] != "0" || target[^1] != "0");
}
