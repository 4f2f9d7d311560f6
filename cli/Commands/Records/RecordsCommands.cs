using System.CommandLine;

namespace NetSniff.Cli.Commands.Records;

/// <summary>The commands that show records out of the workers: one that takes any kind, and a name for each kind that
/// people ask for.</summary>
internal static class RecordsCommands
{
    public static IEnumerable<Command> All(CommandRunner runner) =>
    [
        RecordsCommand.Make(
            runner, "flows", "flow",
            "Show flows that the workers keep: the last ones, those of a time, or as they come.",
            "", "--follow", "--since 5m --where 'dst.port == 443'", "--last 100 --merged -o jsonl"),
        RecordsCommand.Make(
            runner, "http", "http", "Show HTTP and gRPC calls that the workers keep.",
            "--follow --where 'http.status >= 500'", "--since 1h --where 'exists grpc.service' --fields http.status"),
        RecordsCommand.Make(
            runner, "dns", "dns", "Show DNS questions and answers that the workers keep.",
            "--follow", "--since 10m --where 'dns.rcode == NXDOMAIN'"),
        RecordsCommand.Make(
            runner, "tls", "tls", "Show TLS handshakes that the workers keep.",
            "--follow", "--last 50 --where 'tls.sni like \"*.example.com\"'"),
        RecordsCommand.Make(
            runner, "findings", "finding", "Show what detection rules found.",
            "--follow", "--since 1h --where 'finding.severity >= high and finding.mode == alert'"),
        RecordsCommand.Make(
            runner, "records", null, "Show records of any kind that the workers keep.",
            "--follow", "--kind quic --kind websocket --since 1h",
            "--since 2026-01-31T09:00:00Z --first 1000 -o jsonl"),
    ];
}
