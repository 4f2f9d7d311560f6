namespace NetSniff.Bench.Comparing;

/// <summary>A program that is timed beside the others.</summary>
/// <param name="Key">Its name in the artifact: `Key_ns`.</param>
/// <param name="IsSlow">Run once, and not at all where time is short.</param>
/// <param name="OnlyBrief">Too slow for anything but the brief trace.</param>
internal sealed record Contender(
    string Label, string Key, string Command, bool IsSlow = false, bool OnlyBrief = false, params string[] VersionWords)
{
    public const string Trace = "@";

    public string Program => Command.Split(' ')[0];

    public bool IsInstalled => Find(Program) is not null;

    public IReadOnlyList<string> For(string trace) =>
        [.. Command.Split(' ').Select(word => word == Trace ? trace : word)];

    /// <summary>Ours first, with every record encoded as it is sent, written as EVE, and in the arena only; then peers.
    /// </summary>
    public static IReadOnlyList<Contender> All(string root, string cache) =>
    [
        new("netsniff, records encoded", "ours", $"{root}/bin/netsniff read {Trace} -q -o batches -w /dev/null"),
        new("netsniff, EVE written", "ours_eve", $"{root}/bin/netsniff read {Trace} -q -o eve -w /dev/null"),
        new("libpcap counting loop", "libpcap", $"{cache}/libpcap-loop {Trace}"),
        new("netsniff, records only", "ours_records", $"{root}/bin/netsniff read {Trace} -q -o none"),
        new("softflowd (flows only)", "exporter", $"softflowd -r {Trace} -d -n 127.0.0.1:9", VersionWords: ["-h"]),
        new("ndpiReader -q", "ndpi", $"ndpiReader -i {Trace} -q", IsSlow: true, VersionWords: ["-h"]),
        new("suricata, EVE, no rules", "suricata_eve",
            $"suricata -k none --runmode single -r {Trace} -l {cache} -c {root}/bench/peers/suricata.yaml -S /dev/null",
            IsSlow: true, VersionWords: ["-V"]),
        new("tshark -z conv,tcp", "tshark", $"tshark -n -q -z conv,tcp -r {Trace}", IsSlow: true, OnlyBrief: true,
            VersionWords: ["-v"]),
    ];

    private static string? Find(string program) => program.Contains('/')
        ? File.Exists(program) ? program : null
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
