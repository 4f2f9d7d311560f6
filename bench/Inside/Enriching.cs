using System.Diagnostics;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Records;
using NetSniff.Worker.Enrich;

namespace NetSniff.Bench.Inside;

/// <summary>What naming both ends of a record costs, in nanoseconds, on a cluster of 10,000 pods.</summary>
internal static class Enriching
{
    private const int Pods = 10_000;
    private const int Nodes = 100;
    private const int Batch = 4_096;
    private const int Rounds = 400;

    /// <param name="busy">Pods that talk, as if the rest had nothing to say.</param>
    /// <returns>The best of the rounds, for other programs run beside.</returns>
    public static double NanosPerRecord(int busy)
    {
        const long now = 1_769_850_000_000_000_000;
        var book = new IdentityBook();
        book.Replace(
            [
                .. Enumerable.Range(0, Nodes).Select(node => new NodeObject($"node-{node}") { Zone = $"z{node % 3}" }),
                .. Enumerable.Range(0, Pods).Select(pod => new PodObject("bench", $"pod-{pod}")
                {
                    Node = $"node-{pod % Nodes}",
                    Addresses = [AddressOf(pod)],
                    Labels = [new("app", $"app-{pod % 200}")],
                }),
            ],
            now);
        var random = new Random(1);
        var sink = new RecordSink(8 << 20);
        for (var record = 0; record < Batch; record++)
        {
            (sink.Context.Client, sink.Context.Server) = (AddressOf(random.Next(busy)), AddressOf(random.Next(busy)));
            sink.Emit(default(FlowRecord), now);
        }

        var records = sink.Bytes.ToArray();
        var enricher = new Enricher(book);
        var best = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            enricher.Enrich(records);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / Batch);
        }

        return best;
    }

    private static Address AddressOf(int pod) => Address.FromBytes([10, 1, (byte)(pod >> 8), (byte)pod]);
}
